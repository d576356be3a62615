"""What can be done with results and grades."""

from collections.abc import Collection, Sequence

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


async def grade_attempts(attempt_ids: Collection[int]) -> int:
    """Score those of these attempts that are submitted, in five statements however many they are.

    Locks them; graded ones are left alone. All or none. Says how many were graded.

    Raises: AttemptNotFinal, which names the first of them.
    Emits: AttemptGraded.
    """
    async with transaction():
        graded = await _grade(attempt_ids)
        if graded < len(set(attempt_ids)):
            states = await attempt_queries.states_of(attempt_ids)
            still_open = [attempt_id for attempt_id, state in states.items() if state is AttemptState.OPEN]
            if still_open:
                raise AttemptNotFinal(attempt=still_open[0])
        return graded


async def _grade(attempt_ids: Collection[int]) -> int:
    answered = await attempt_queries.final_answers(attempt_ids)
    if not answered:
        return 0
    keys = await assessments.answer_keys({attempt.assessment_id for attempt in answered})
    items = {
        assessment_id: [Item(entry.question_id, entry.points, entry.right_option_id) for entry in key]
        for assessment_id, key in keys.items()
    }
    await _record(answered, [score(items[attempt.assessment_id], attempt.answers) for attempt in answered])
    await attempts.mark_graded([attempt.id for attempt in answered])
    await emit(*[AttemptGraded(attempt.id) for attempt in answered])
    return len(answered)


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
