"""What has happened to assignments and submissions."""

from typing import ClassVar

from backend.core.outbox import Event


class AssignmentCreated(Event, frozen=True):
    """A meeting has a new task."""

    name: ClassVar[str] = "assignments.assignment.created.v1"
    assignment_id: int


class WorkHandedIn(Event, frozen=True):
    """A person has handed in work for the first time; later changes say nothing."""

    name: ClassVar[str] = "assignments.submission.created.v1"
    submission_id: int
