"""Jobs of grading."""

from collections.abc import Sequence

from backend.domain.attempts.events import AttemptSubmitted
from backend.domain.grading import commands as grading
from workers.registry import job


@job(together=250)
async def grade_attempt(events: Sequence[AttemptSubmitted]) -> None:
    """Score submitted attempts.

    Safe to repeat: a graded attempt is left alone.
    """
    await grading.grade_attempts([event.attempt_id for event in events])
