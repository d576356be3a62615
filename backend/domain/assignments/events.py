"""What has happened to assignments and submissions."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class AssignmentCreated(Event, frozen=True):
    """A meeting has a new task."""

    name: ClassVar[str] = "assignments.assignment.created.v1"
    assignment_id: int


class WorkHandedIn(Event, frozen=True):
    """A person has handed in work for the first time; later changes say nothing."""

    name: ClassVar[str] = "assignments.submission.created.v1"
    submission_id: int


class AssignmentChanged(Event, frozen=True):
    """A task was changed or taken away."""

    name: ClassVar[str] = "assignments.assignment.changed.v1"
    assignment_id: int
    meeting_id: int
    deed: Deed
    title: str


class WorkChanged(Event, frozen=True):
    """A person has changed what they handed in, or taken it back."""

    name: ClassVar[str] = "assignments.submission.changed.v1"
    submission_id: int
    assignment_id: int
    account_id: int
    deed: Deed
