"""A job that does nothing, and the event it follows from: what the machinery itself costs."""

from typing import ClassVar

from backend.core.outbox import Event
from workers.registry import job


class Nothing(Event, frozen=True):
    """Nothing has happened, for the n-th time."""

    name: ClassVar[str] = "bench.nothing.happened.v1"
    number: int


@job()
async def do_nothing(event: Nothing) -> None:
    """Do nothing. Safe to repeat."""
