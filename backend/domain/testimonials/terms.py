"""Values of this feature, without any import of ours."""

import msgspec
from msgspec import UNSET, UnsetType


class Opinion(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says; `rating` is 1 to 5."""

    rating: int
    title: str
    description: str | None = None


class OpinionChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says instead."""

    rating: int | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
