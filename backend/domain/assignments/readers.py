"""Who may read files of assignments and submissions: asked by `files`, which lies below, at each request."""

from collections.abc import Sequence

from backend.core import db
from backend.core.actor import Actor

_TEACHES = (
    "($3 AND EXISTS (SELECT FROM meeting_teacher t JOIN meeting n ON n.id = t.meeting_id"
    " WHERE n.batch_id = m.batch_id AND t.account_id = $1))"
)


async def reads_assignment(actor: Actor, ids: Sequence[int]) -> bool:
    """Teachers of the batch and who is in it read what belongs to a task."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM assignment a JOIN meeting m ON m.id = a.meeting_id WHERE a.id = ANY($2)"  # noqa: S608 - our own text
            f" AND ({_TEACHES} OR EXISTS (SELECT FROM enrolment e"
            "  WHERE e.batch_id = m.batch_id AND e.account_id = $1 AND e.state = 'active')))",
            actor.account_id,
            list(ids),
            actor.is_teacher,
        )
    )


async def reads_submission(actor: Actor, ids: Sequence[int]) -> bool:
    """Who handed it in and teachers of the batch read what belongs to a submission."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM submission s JOIN assignment a ON a.id = s.assignment_id"  # noqa: S608 - our own text
            " JOIN meeting m ON m.id = a.meeting_id"
            f" WHERE s.id = ANY($2) AND (s.account_id = $1 OR {_TEACHES}))",
            actor.account_id,
            list(ids),
            actor.is_teacher,
        )
    )
