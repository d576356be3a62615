"""Jobs of grading."""

from backend.domain.attempts.events import AttemptSubmitted
from backend.domain.grading import commands as grading
from workers.registry import job


@job()
async def grade_attempt(event: AttemptSubmitted) -> None:
    """Score a submitted attempt.

    Safe to repeat: a graded attempt is left alone.
    """
    await grading.grade_attempt(event.attempt_id)
