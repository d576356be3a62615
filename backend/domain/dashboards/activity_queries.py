"""What people did lately, as the outbox has it: who, what, about whom or what, in which batch."""

from datetime import datetime

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.settings import settings
from backend.domain.dashboards.admin_queries import SINCE, must_be_admin


class ActivityView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done. `event` is the event's name, `deed` what became of the thing, if it says so.

    `actor` is None for the system, and for who was not signed in. What is gone has no name any more, but for a title
    that the event itself kept. `amount` is in rupiah, `score` a grade or a percentage.
    """

    id: int
    event: str
    deed: str | None
    actor: str | None
    person: str | None
    title: str | None
    batch: str | None
    amount: int | None
    score: str | None
    created_at: datetime


_ID = "(s.body ->> '{name}')::bigint"

_LATEST = f"""
WITH shown AS MATERIALIZED (
    SELECT id, name, body, actor_id, created_at FROM outbox
    WHERE is_activity AND created_at >= {SINCE} ORDER BY created_at DESC, id DESC LIMIT $3
)
SELECT s.id, s.name AS event, s.body ->> 'deed' AS deed, actor.name AS actor, person.name AS person,
    coalesce(s.body ->> 'title', k.title, q.title, m.title, g.title, c.title, cert.number) AS title, b.title AS batch,
    coalesce(p.price, (s.body ->> 'price')::bigint) AS amount,
    coalesce(s.body ->> 'grade', mark.grade::text, r.score_percent::text) AS score, s.created_at,
    (SELECT count(*) FROM outbox WHERE is_activity AND created_at >= {SINCE}) AS total
FROM shown s
LEFT JOIN account actor ON actor.id = s.actor_id
LEFT JOIN purchase p ON p.id = {_ID.format(name="purchase_id")}
LEFT JOIN submission w ON w.id = {_ID.format(name="submission_id")}
LEFT JOIN attempt t ON t.id = {_ID.format(name="attempt_id")}
LEFT JOIN result r ON r.attempt_id = t.id
LEFT JOIN grade mark ON mark.id = {_ID.format(name="grade_id")}
LEFT JOIN wait_place place ON place.id = {_ID.format(name="place_id")}
LEFT JOIN certificate cert ON cert.id = {_ID.format(name="certificate_id")}
LEFT JOIN enrolment e ON e.id = {_ID.format(name="enrolment_id")}
LEFT JOIN blog g ON g.id = {_ID.format(name="blog_id")}
LEFT JOIN course c ON c.id = {_ID.format(name="course_id")}
LEFT JOIN assignment k ON k.id = coalesce(w.assignment_id, mark.assignment_id, {_ID.format(name="assignment_id")})
LEFT JOIN assessment q ON q.id = coalesce(t.assessment_id, {_ID.format(name="quiz_id")})
LEFT JOIN meeting m ON m.id = coalesce(k.meeting_id, q.meeting_id, {_ID.format(name="meeting_id")})
LEFT JOIN batch b ON b.id = coalesce(p.batch_id, place.batch_id, cert.batch_id, e.batch_id, m.batch_id,
    {_ID.format(name="batch_id")})
LEFT JOIN account person ON person.id = coalesce(p.account_id, place.account_id, w.account_id, t.account_id,
    mark.account_id, cert.account_id, e.account_id, {_ID.format(name="account_id")})
ORDER BY s.created_at DESC, s.id DESC
"""  # noqa: S608 - our own text


async def activities(actor: Actor, days: int, limit: int) -> tuple[list[ActivityView], int]:
    """What was done in the window, the latest first, and how much there was in all. One statement.

    Raises: NotYourDashboard.
    """
    must_be_admin(actor)
    rows = await db.fetch(_LATEST, settings().school_timezone, days, limit)
    return db.views(ActivityView, rows), rows[0]["total"] if rows else 0
