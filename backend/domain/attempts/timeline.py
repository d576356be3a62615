"""What happened in one attempt, in order, by the server's clock: proof for who must decide about it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.paging import Listing, Paged
from backend.domain.assessments import answers
from backend.domain.assessments.answers import Answer
from backend.domain.attempts import queries
from backend.domain.attempts.terms import ClosedBy, Refusal


class Happening(StrEnum):
    """What can happen to an attempt."""

    STARTED = "started"
    ANSWERED = "answered"
    REFUSED = "refused"
    CLEARED = "cleared"
    MOVED_ON = "moved_on"
    RETIMED = "retimed"
    """It was given another deadline while it ran: extra time, or the quiz's own time was changed."""
    CLOSED = "closed"


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `address` and `user_agent` are those of the session that sent an answer.

    `by`: who or what closed the attempt; `by_uuid`: who of the staff closed it, or gave it another deadline;
    `deadline_at`: the one that held from then on, where it started or was retimed; `refusal`: why an answer was only
    noted.
    """

    at: datetime
    what: Happening
    question_uuid: UUID | None
    option_uuid: UUID | None
    answer: Answer | None
    refusal: Refusal | None
    by: ClosedBy | None
    by_uuid: UUID | None
    deadline_at: datetime | None
    session_uuid: UUID | None
    address: str | None
    user_agent: str | None


_HAPPENED = """(
    SELECT 'started' AS what, started_at AS at, 0::bigint AS turn, NULL::bigint AS question_id,
        NULL::bigint AS option_id, NULL::text AS answer, NULL::text AS refusal, NULL::text AS by,
        NULL::bigint AS by_id, NULL::bigint AS session_id, coalesce((SELECT deadline_before FROM attempt_time
            WHERE attempt_id = $1 ORDER BY id LIMIT 1), deadline_at) AS deadline_at FROM attempt WHERE id = $1
    UNION ALL SELECT CASE WHEN refusal IS NOT NULL THEN 'refused' WHEN num_nonnulls(option_id, value) = 0
        THEN 'moved_on' WHEN value = 'null' THEN 'cleared' ELSE 'answered' END, saved_at, id, question_id,
        option_id, nullif(value, 'null')::text, refusal, NULL, NULL, session_id, NULL FROM answer_log
        WHERE attempt_id = $1
    UNION ALL SELECT 'retimed', changed_at, id, NULL, NULL, NULL, NULL, NULL, changed_by, NULL, deadline_after
        FROM attempt_time WHERE attempt_id = $1
    UNION ALL SELECT 'closed', submitted_at, 9223372036854775807, NULL, NULL, NULL, NULL, closed_by, closed_by_id, NULL,
        NULL FROM attempt WHERE id = $1 AND submitted_at IS NOT NULL
)"""
_PAGE = f"""
SELECT h.at, h.what, q.uuid AS question_uuid, o.uuid AS option_uuid, h.answer, h.refusal, h.by, c.uuid AS by_uuid,
    h.deadline_at, s.uuid AS session_uuid, s.address, s.user_agent
FROM (SELECT * FROM {_HAPPENED} AS all_of_it ORDER BY at, turn LIMIT $2 OFFSET $3) AS h
LEFT JOIN question q ON q.id = h.question_id LEFT JOIN option o ON o.id = h.option_id
LEFT JOIN account c ON c.id = h.by_id LEFT JOIN session s ON s.id = h.session_id ORDER BY h.at, h.turn
"""  # noqa: S608 - our names


async def timeline(actor: Actor, ref: Ref, listing: Listing) -> Paged[TimelineEntry]:
    """What happened in an attempt, the first first, for who teaches its batch.

    Raises: AttemptNotFound, AttemptHidden.
    """
    attempt = await queries.attempt_to_mark(actor, ref)
    total: int = await db.value(f"SELECT count(*) FROM {_HAPPENED} AS h", attempt.id)  # noqa: S608 - our names
    rows = await db.fetch(_PAGE, attempt.id, listing.limit, listing.offset)
    return Paged([_entry(row) for row in rows], total)


def _entry(row: Record) -> TimelineEntry:
    answer = answers.from_json(row["answer"]) if row["answer"] else None
    return msgspec.convert({**row, "answer": answer}, TimelineEntry, strict=False)
