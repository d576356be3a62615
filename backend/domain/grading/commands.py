"""What can be done with results and grades."""

from collections.abc import Sequence

from backend.core import db
from backend.core.db import transaction
from backend.core.outbox import emit
from backend.domain.assessments import queries as assessments
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import queries as attempt_queries
from backend.domain.attempts.queries import FinalAnswers
from backend.domain.attempts.terms import AttemptState
from backend.domain.grading.errors import AttemptNotFinal
from backend.domain.grading.events import AttemptGraded
from backend.domain.grading.scoring import Item, Score, score


async def grade_attempt(attempt_id: int) -> None:
    """Score a submitted attempt. A graded one is left alone.

    Raises: AttemptNotFinal.
    Emits: AttemptGraded.
    """
    async with transaction():
        if not await _grade([attempt_id]):
            state = await attempt_queries.state_of(attempt_id)
            if state is AttemptState.OPEN:
                raise AttemptNotFinal(attempt=attempt_id)


async def grade_attempts(attempt_ids: Sequence[int]) -> int:
    """Score those of these attempts that are submitted and not graded, in six statements however many they are.

    Locks them; the others are left alone. Says how many were graded.

    Emits: AttemptGraded.
    """
    async with transaction():
        return await _grade(attempt_ids)


async def _grade(attempt_ids: Sequence[int]) -> int:
    answered = await attempt_queries.final_answers(attempt_ids)
    if not answered:
        return 0
    keys = await assessments.answer_keys({attempt.assessment_id for attempt in answered})
    await _record(answered, [_score(keys[attempt.assessment_id], attempt) for attempt in answered])
    await attempts.mark_graded([attempt.id for attempt in answered])
    await emit(*[AttemptGraded(attempt.id) for attempt in answered])
    return len(answered)


def _score(key: Sequence[assessments.KeyView], attempt: FinalAnswers) -> Score:
    items = [Item(entry.question_id, entry.points, entry.right_option_id) for entry in key]
    return score(items, attempt.answers)


async def _record(answered: Sequence[FinalAnswers], scores: Sequence[Score]) -> None:
    await db.statement(
        "INSERT INTO result (attempt_id, key_version, total_questions, correct_answers, wrong_answers, points,"
        " max_points, score_percent, created_at, updated_at)"
        " SELECT e.*, now(), now() FROM unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::int[],"
        " $6::numeric[], $7::numeric[], $8::numeric[]) AS e"
        " ON CONFLICT (attempt_id) DO UPDATE SET key_version = excluded.key_version,"
        " total_questions = excluded.total_questions, correct_answers = excluded.correct_answers,"
        " wrong_answers = excluded.wrong_answers, points = excluded.points, max_points = excluded.max_points,"
        " score_percent = excluded.score_percent, updated_at = now()",
        [attempt.id for attempt in answered],
        [attempt.key_version for attempt in answered],
        [made.total for made in scores],
        [made.correct for made in scores],
        [made.wrong for made in scores],
        [made.points for made in scores],
        [made.max_points for made in scores],
        [made.percent for made in scores],
    )
