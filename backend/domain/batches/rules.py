"""What is true of times and teachers."""

from datetime import datetime, time
from enum import StrEnum
from typing import Protocol


class Times(Protocol):
    """Whatever has the times of a batch."""

    @property
    def start_at(self) -> datetime:
        """When the batch begins."""

    @property
    def end_at(self) -> datetime:
        """When it ends."""

    @property
    def registration_start_at(self) -> datetime:
        """From when on it can be bought."""

    @property
    def registration_end_at(self) -> datetime:
        """Until when it can be bought."""

    @property
    def start_time(self) -> time:
        """When a class begins, on the clock."""

    @property
    def end_time(self) -> time:
        """When a class ends, on the clock."""

    @property
    def post_start_at(self) -> datetime | None:
        """From when on what follows the classes may be done."""

    @property
    def post_end_at(self) -> datetime | None:
        """Until when it may be done."""


class Fault(StrEnum):
    """Why times cannot be."""

    ENDS_TOO_EARLY = "ends_too_early"
    REGISTRATION_ENDS_TOO_EARLY = "registration_ends_too_early"
    REGISTRATION_OUTLASTS_BATCH = "registration_outlasts_batch"
    CLASS_ENDS_TOO_EARLY = "class_ends_too_early"
    POST_UNFIT = "post_unfit"


def fault_of(batch: Times) -> Fault | None:
    """The first thing that is wrong with the times of a batch. Source: contract 2.6, create batch."""
    if batch.end_at <= batch.start_at:
        return Fault.ENDS_TOO_EARLY
    if batch.registration_end_at <= batch.registration_start_at:
        return Fault.REGISTRATION_ENDS_TOO_EARLY
    if batch.end_time <= batch.start_time:
        return Fault.CLASS_ENDS_TOO_EARLY
    if not _is_span(batch.post_start_at, batch.post_end_at):
        return Fault.POST_UNFIT
    if batch.registration_end_at > batch.end_at:
        return Fault.REGISTRATION_OUTLASTS_BATCH
    return None


def _is_span(start: datetime | None, end: datetime | None) -> bool:
    """Whether both are there, the end after the start, or neither is."""
    return start is end is None or (start is not None and end is not None and start < end)
