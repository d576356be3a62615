"""What has happened to batches, their meetings and materials."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class BatchChanged(Event, frozen=True):
    """Something became of a batch."""

    name: ClassVar[str] = "batches.batch.changed.v1"
    batch_id: int
    deed: Deed
    title: str


class MeetingChanged(Event, frozen=True):
    """Something became of a meeting."""

    name: ClassVar[str] = "batches.meeting.changed.v1"
    meeting_id: int
    batch_id: int
    deed: Deed
    title: str


class TeachersChanged(Event, frozen=True):
    """Others teach a meeting now."""

    name: ClassVar[str] = "batches.teachers.changed.v1"
    meeting_id: int
    batch_id: int
    title: str


class MaterialChanged(Event, frozen=True):
    """Something became of a material."""

    name: ClassVar[str] = "batches.material.changed.v1"
    material_id: int
    meeting_id: int
    deed: Deed
    title: str
