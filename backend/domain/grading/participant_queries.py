"""How the people of a batch fare: attendance, progress, tests and feedback, a page of them in three statements."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.listing import length
from backend.core.paging import Paged
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments.queries import Standing
from backend.domain.grading.counting import counting_score


class LastTest(msgspec.Struct, frozen=True):
    """Somebody at the last quiz of a batch. `best_percent` is None until an attempt was graded."""

    attempts: int
    is_open: bool
    """Whether an attempt is under way."""
    is_closed: bool
    """Whether the time for it is over."""
    best_percent: Decimal | None


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is in a batch, or was.

    `student_no` is the number that the person's own institution gave. `done` of `total` are meetings, assignments and
    quizzes; `ended_at` is when the last of them was done, None as long as one is missing. `score_percent` is the mean
    of the result that counts at each quiz that was graded, `spent_s` the time in attempts that are over (seconds).
    `absence_note` is that of the last meeting missed, `feedback` that of the last grade. Without a quiz in the batch
    there is no `last_test`.
    """

    enrolment_id: int
    account_id: int
    uuid: UUID
    name: str
    email: str
    student_no: str | None
    is_gone: bool
    began_at: datetime
    ended_at: datetime | None
    meetings: int
    attended: int
    done: int
    total: int
    absence_note: str | None
    feedback: str | None
    score_percent: Decimal | None
    spent_s: int
    last_test: LastTest | None


_HELD = "FROM enrolment e WHERE e.batch_id = $1 AND ($2 OR e.state = 'active')"

_PAGE = f"""
WITH held AS (SELECT e.id, e.account_id, e.state, e.created_at {_HELD} ORDER BY e.id OFFSET $3 LIMIT $4),
last_quiz AS (
    SELECT s.id, s.closes_at <= now() AS is_closed FROM assessment s JOIN meeting m ON m.id = s.meeting_id
    WHERE m.batch_id = $1 ORDER BY m.start_at DESC, s.id DESC LIMIT 1
)
SELECT h.id AS enrolment_id, h.account_id, a.uuid, a.name, a.email, p.nim AS student_no,
    h.state <> 'active' OR a.removed_at IS NOT NULL AS is_gone, h.created_at AS began_at,
    greatest(
        (SELECT max(c.created_at) FROM completion c WHERE c.enrolment_id = h.id),
        (SELECT max(t.updated_at) FROM attendance t JOIN meeting m ON m.id = t.meeting_id
         WHERE m.batch_id = $1 AND t.account_id = h.account_id AND t.is_present)
    ) AS last_done_at,
    (SELECT t.note FROM attendance t JOIN meeting m ON m.id = t.meeting_id
     WHERE m.batch_id = $1 AND t.account_id = h.account_id AND NOT t.is_present AND t.note <> ''
     ORDER BY m.start_at DESC, m.id DESC LIMIT 1) AS absence_note,
    (SELECT g.feedback FROM grade g JOIN assignment s ON s.id = g.assignment_id JOIN meeting m ON m.id = s.meeting_id
     WHERE m.batch_id = $1 AND g.account_id = h.account_id AND g.feedback <> ''
     ORDER BY g.updated_at DESC, g.id DESC LIMIT 1) AS feedback,
    round(q.score_percent, 2) AS score_percent, coalesce(q.spent_s, 0)::bigint AS spent_s,
    q.last_attempts, q.is_last_open, q.last_best, l.id IS NOT NULL AS has_last,
    coalesce(l.is_closed, false) AS is_closed
FROM held h
JOIN account a ON a.id = h.account_id
LEFT JOIN profile p ON p.account_id = h.account_id
LEFT JOIN last_quiz l ON true
LEFT JOIN LATERAL (
    SELECT avg(best) AS score_percent, sum(spent_s) AS spent_s, max(tries) FILTER (WHERE id = l.id) AS last_attempts,
        bool_or(is_open) FILTER (WHERE id = l.id) AS is_last_open, max(best) FILTER (WHERE id = l.id) AS last_best
    FROM (
        SELECT s.id, {counting_score("s")} AS best, count(*) AS tries,
            bool_or(t.state = 'open') AS is_open, sum(extract(epoch FROM t.submitted_at - t.started_at)) AS spent_s
        FROM attempt t JOIN assessment s ON s.id = t.assessment_id JOIN meeting m ON m.id = s.meeting_id
        LEFT JOIN result r ON r.attempt_id = t.id
        WHERE t.account_id = h.account_id AND m.batch_id = $1 GROUP BY s.id
    ) AS quiz
) q ON true
ORDER BY h.id
"""  # noqa: S608 - our own text


async def participants(batch_id: int, *, offset: int, limit: int, gone: bool = False) -> Paged[Participant]:
    """The people of a batch in order of entry, with `gone` also those who left. Three statements."""
    total = await length(f"SELECT count(*) {_HELD}", [batch_id, gone])
    rows = await db.fetch(_PAGE, batch_id, gone, offset, limit)
    standings = await enrolments.standings([row["enrolment_id"] for row in rows])
    return Paged([_participant(row, standings.get(row["enrolment_id"])) for row in rows], total)


def _participant(row: Record, standing: Standing | None) -> Participant:
    done, total = (standing.done, standing.total) if standing else (0, 0)
    last = LastTest(row["last_attempts"] or 0, bool(row["is_last_open"]), row["is_closed"], row["last_best"])
    return Participant(
        enrolment_id=row["enrolment_id"],
        account_id=row["account_id"],
        uuid=row["uuid"],
        name=row["name"],
        email=row["email"],
        student_no=row["student_no"],
        is_gone=row["is_gone"],
        began_at=row["began_at"],
        ended_at=row["last_done_at"] if total and done == total else None,
        meetings=standing.meetings if standing else 0,
        attended=standing.attended if standing else 0,
        done=done,
        total=total,
        absence_note=row["absence_note"],
        feedback=row["feedback"],
        score_percent=row["score_percent"],
        spent_s=row["spent_s"],
        last_test=last if row["has_last"] else None,
    )
