"""Fixtures of this folder."""

from tests.dialects.ruangkerja.partner import partner

__all__ = ["partner"]
