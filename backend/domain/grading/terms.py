"""Words of this feature, without any import of ours."""

from enum import StrEnum


class GradeSource(StrEnum):
    """How a grade came about."""

    HAND = "hand"
    SHEET = "sheet"
