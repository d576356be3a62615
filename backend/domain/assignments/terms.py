"""Words of this feature, without any import of ours."""

from enum import StrEnum


class AssignmentType(StrEnum):
    """What is handed in: files, or a text."""

    FILE = "file"
    ESSAY = "essay"
