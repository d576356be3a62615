"""Words of this feature, without any import of ours."""

from enum import StrEnum


class AttemptState(StrEnum):
    """Where an attempt stands; it never goes back."""

    OPEN = "open"
    SUBMITTED = "submitted"
    MARKING = "marking"
    """Something in it waits to be marked by a person."""
    GRADED = "graded"


class ClosedBy(StrEnum):
    """Who closed an attempt."""

    STUDENT = "student"
    CLOCK = "clock"
    STAFF = "staff"


class Refusal(StrEnum):
    """Why an answer that was sent is only noted: after the deadline, or after the attempt was closed."""

    LATE = "late"
    CLOSED = "closed"
