"""Jobs of grading."""

from collections.abc import Sequence

from backend.domain.assessments.events import PassMarkChanged
from backend.domain.attempts.events import AttemptSubmitted
from backend.domain.grading import commands as grading
from backend.domain.grading import passing
from workers.registry import job


@job(together=250)
async def grade_attempt(events: Sequence[AttemptSubmitted]) -> None:
    """Score submitted attempts.

    Safe to repeat: a graded attempt is left alone.
    """
    await grading.grade_attempts([event.attempt_id for event in events])


@job()
async def settle_passing(event: PassMarkChanged) -> dict[str, int]:
    """Let progress be by what a quiz asks for now.

    Safe to repeat: who stands right is left alone.
    """
    return {"people": await passing.settle_quiz(event.quiz_id)}
