"""Who may read what hangs on a meeting: asked by `files`, which lies below, at each request for a file."""

from collections.abc import Sequence

from backend.core import db
from backend.core.actor import Actor


async def reads_material(actor: Actor, ids: Sequence[int]) -> bool:
    """Teachers of the batch read its materials; who is in the batch does, once the meeting is open."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM material x JOIN meeting m ON m.id = x.meeting_id WHERE x.id = ANY($2)"
            " AND ($3 AND EXISTS (SELECT FROM meeting_teacher t JOIN meeting n ON n.id = t.meeting_id"
            "   WHERE n.batch_id = m.batch_id AND t.account_id = $1)"
            "  OR m.is_open AND EXISTS (SELECT FROM enrolment e"
            "   WHERE e.batch_id = m.batch_id AND e.account_id = $1 AND e.state = 'active')))",
            actor.account_id,
            list(ids),
            actor.is_teacher,
        )
    )
