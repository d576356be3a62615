"""What has happened to enrolments."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class StudentEnrolled(Event, frozen=True):
    """A person is in a batch now."""

    name: ClassVar[str] = "enrolments.student.enrolled.v1"
    enrolment_id: int


class StudentWithdrawn(Event, frozen=True):
    """A person is no longer in a batch."""

    name: ClassVar[str] = "enrolments.student.withdrawn.v1"
    enrolment_id: int


class ProgressMade(Event, frozen=True):
    """Something of a batch was newly done."""

    name: ClassVar[str] = "enrolments.progress.made.v1"
    is_activity: ClassVar[bool] = False
    enrolment_id: int


class ProgressLost(Event, frozen=True):
    """Something counts as done no longer (a presence taken back, a submission deleted)."""

    name: ClassVar[str] = "enrolments.progress.lost.v1"
    is_activity: ClassVar[bool] = False
    enrolment_id: int


class AttendanceTaken(Event, frozen=True):
    """What is noted of the presence of so many people of a batch is new, or other than it was."""

    name: ClassVar[str] = "enrolments.attendance.taken.v1"
    batch_id: int
    people: int


class ExcuseChanged(Event, frozen=True):
    """The gate between meetings no longer asks a student for something, or asks again."""

    name: ClassVar[str] = "enrolments.excuse.changed.v1"
    excuse_id: int
    enrolment_id: int
    meeting_id: int
    deed: Deed
