"""Who may read files in questions and answers: asked by `files`, which lies below, at each request."""

from collections.abc import Sequence

from backend.core import db
from backend.core.actor import Actor
from backend.domain.attempts import sql

_TEACHES = (
    "($3 AND EXISTS (SELECT FROM meeting_teacher x JOIN meeting n ON n.id = x.meeting_id"
    " WHERE n.batch_id = m.batch_id AND x.account_id = $1))"
)


async def reads_question(actor: Actor, ids: Sequence[int]) -> bool:
    """Teachers of the batch, and who was asked the question in an attempt while they are in the batch.

    Where questions come one after the other, only those that were reached, until nobody can take the quiz any more.
    """
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM question q JOIN assessment a ON a.id = q.assessment_id"  # noqa: S608 - our own text
            f" JOIN meeting m ON m.id = a.meeting_id WHERE q.id = ANY($2) AND ({_TEACHES}"
            "  OR EXISTS (SELECT FROM attempt t JOIN enrolment e ON e.id = t.enrolment_id AND e.state = 'active'"
            "   WHERE t.assessment_id = a.id AND t.account_id = $1"
            "   AND (t.question_ids IS NULL OR q.id = ANY(t.question_ids))"
            "   AND (NOT t.is_sequential OR q.id = ANY(t.question_ids[1:t.reached])"
            f"    OR (t.state <> 'open' AND {sql.IS_OVER})))))",
            actor.account_id,
            list(ids),
            actor.is_teacher,
        )
    )


async def reads_answer(actor: Actor, ids: Sequence[int]) -> bool:
    """Who took the attempt, and teachers of the batch, hear what was recorded in it."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM attempt t JOIN assessment a ON a.id = t.assessment_id"  # noqa: S608 - our own text
            f" JOIN meeting m ON m.id = a.meeting_id WHERE t.id = ANY($2) AND (t.account_id = $1 OR {_TEACHES}))",
            actor.account_id,
            list(ids),
            actor.is_teacher,
        )
    )
