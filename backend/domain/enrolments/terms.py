"""Words of this feature, without any import of ours."""

from enum import StrEnum


class EnrolmentState(StrEnum):
    """Whether a person is in a batch now."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class ActivityKind(StrEnum):
    """What counts to progress."""

    MEETING = "meeting"
    ASSIGNMENT = "assignment"
    QUIZ = "quiz"
