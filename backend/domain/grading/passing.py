"""Quizzes that have to be passed: done is who reaches the pass mark with the score that counts, and nobody else."""

from collections.abc import Collection, Sequence

from asyncpg import Record

from backend.core import db
from backend.core.db import transaction
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments.terms import ActivityKind
from backend.domain.grading import holding
from backend.domain.grading.counting import counting_score

# whoever is noted as done and is not, or the other way round
_OUT_OF_STEP = f"""
SELECT s.account_id, s.assessment_id, s.is_done FROM (
    SELECT t.account_id, a.id AS assessment_id,
        CASE WHEN a.must_pass THEN coalesce({counting_score("a")} >= a.pass_percent, false)
            ELSE bool_or(t.state <> 'open') END AS is_done
    FROM assessment a JOIN attempt t ON t.assessment_id = a.id LEFT JOIN result r ON r.attempt_id = t.id
    WHERE a.id = ANY($1) AND ($2::bigint[] IS NULL OR t.account_id = ANY($2)) GROUP BY a.id, t.account_id
) AS s
JOIN activity y ON y.kind = 'quiz' AND y.item_id = s.assessment_id
JOIN enrolment e ON e.batch_id = y.batch_id AND e.account_id = s.account_id AND e.state = 'active'
LEFT JOIN completion c ON c.activity_id = y.id AND c.enrolment_id = e.id
WHERE (c.id IS NOT NULL) <> s.is_done ORDER BY s.assessment_id, s.account_id
"""  # noqa: S608 - our names

_HOLD = (
    "SELECT count(*) FROM (SELECT e.id FROM enrolment e JOIN activity y ON y.batch_id = e.batch_id AND y.kind = 'quiz'"
    " WHERE y.item_id = ANY($1) AND e.account_id = ANY($2) ORDER BY e.id FOR NO KEY UPDATE OF e) AS held"
)


async def settle_people(quiz_ids: Collection[int], account_ids: Collection[int]) -> None:
    """Note of some people, who have new results, whether they have done some quizzes that have to be passed.

    Holds their enrolments: who has two results at once is looked at with both. Two to five statements.
    """
    async with transaction():
        await db.value(_HOLD, list(quiz_ids), list(account_ids))
        await _note(await db.fetch(_OUT_OF_STEP, list(quiz_ids), list(account_ids)))


async def settle_quiz(quiz_id: int) -> int:
    """Note of everybody who took a quiz whether they have done it by what it asks now; says for how many that is new.

    Waits for who is grading it by what it asked before. Safe to repeat.
    """
    async with transaction():
        await holding.wait_for_graders(quiz_id)
        found = await db.fetch(_OUT_OF_STEP, [quiz_id], None)
        await _note(found)
        return len(found)


async def _note(found: Sequence[Record]) -> None:
    done = [(row["account_id"], row["assessment_id"]) for row in found if row["is_done"]]
    undone = [(row["account_id"], row["assessment_id"]) for row in found if not row["is_done"]]
    if done:
        await enrolments.complete_each(ActivityKind.QUIZ, done)
    if undone:
        await enrolments.uncomplete_each(ActivityKind.QUIZ, undone)
