"""Words of this feature, without any import of ours."""

from enum import StrEnum


class AttemptState(StrEnum):
    """Where an attempt stands; it never goes back."""

    OPEN = "open"
    SUBMITTED = "submitted"
    GRADED = "graded"


class ClosedBy(StrEnum):
    """Who closed an attempt."""

    STUDENT = "student"
    CLOCK = "clock"
