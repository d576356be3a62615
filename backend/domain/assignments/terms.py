"""Words of this feature, without any import of ours."""

from enum import StrEnum


class AssignmentType(StrEnum):
    """What is handed in: a text, or files."""

    ESSAY = "essay"
    FILE = "file"
