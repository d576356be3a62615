"""Words of this feature, without any import of ours."""

from enum import StrEnum


class EnrolmentState(StrEnum):
    """Whether a person is in a batch now."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


class AttendanceStatus(StrEnum):
    """How somebody was at a meeting. Excused counts neither as attended nor as missing."""

    PRESENT = "present"
    LATE = "late"
    EXCUSED = "excused"
    ABSENT = "absent"

    @property
    def is_present(self) -> bool:
        """The boolean of those who know no more than that."""
        return self in (AttendanceStatus.PRESENT, AttendanceStatus.LATE)


class MarkSource(StrEnum):
    """Who has noted that somebody was there."""

    STAFF = "staff"
    SELF = "self"


class ActivityKind(StrEnum):
    """What counts to progress."""

    MEETING = "meeting"
    ASSIGNMENT = "assignment"
    QUIZ = "quiz"
