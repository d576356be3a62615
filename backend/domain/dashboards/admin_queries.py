"""What admins see of the whole school. Each panel is one statement, and none reads more than its window of time.

A window of so many days ends now and begins with a day of the school, so that sums and charts agree.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.settings import settings
from backend.domain.certificates.terms import Outcome
from backend.domain.dashboards import rules
from backend.domain.dashboards.errors import NotYourDashboard
from backend.domain.enrolments.queries import items_of
from backend.domain.enrolments.rules import percent
from backend.domain.enrolments.terms import ActivityKind
from backend.domain.purchases.terms import PaymentState

LATEST_CHECKS = 10
MOST_TEACHERS = 10

SINCE = "((date_trunc('day', now() AT TIME ZONE $1) - make_interval(days => $2 - 1)) AT TIME ZONE $1)"
"""SQL: when a window begins. Shape: $1 the school's zone, $2 days, today among them."""


class SummaryView(msgspec.Struct, frozen=True, kw_only=True):
    """The school in numbers: revenue (rupiah) and purchases of the window, all else as it stands now."""

    total_revenue: int
    active_participants: int
    active_batches: int
    new_purchases: int
    completion_rate: Decimal
    total_certificates: int


class RevenueDay(msgspec.Struct, frozen=True):
    """What was paid on a day of the school, in rupiah."""

    date: date
    revenue: int


class WaitingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that somebody says they made, and that nobody has looked at."""

    uuid: UUID
    invoice_number: int
    user_name: str
    user_email: str
    batch_slug: str
    batch_title: str
    amount: int
    state: PaymentState
    payment_proof: str | None
    transfer_amount: int
    bank_account_name: str | None
    bank_account_number: str | None
    created_at: datetime


class RunningBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that is being held, how far its people are on average, and what comes next in it."""

    batch_slug: str
    batch_title: str
    course_title: str
    quota: int
    enrolled: int
    avg_progress: Decimal
    next_kind: ActivityKind | None
    next_title: str | None
    next_at: datetime | None


class TeacherLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher has to do."""

    uuid: UUID
    name: str
    meetings: int
    hours: float
    pending_grading: int


class CheckView(msgspec.Struct, frozen=True):
    """Somebody asked whether a certificate is genuine; `number` is its number, or what they typed."""

    number: str
    checked_at: datetime
    result: Outcome


class CertificateStats(msgspec.Struct, frozen=True, kw_only=True):
    """How many certificates were issued and checked in a window, and the latest checks of all."""

    issued: int
    checks: int
    latest: list[CheckView]


# what stays of a price that was given back in part is revenue, too
_KEPT = f"""
    SELECT paid_at, price AS revenue FROM purchase WHERE state = 'paid' AND paid_at >= {SINCE}
    UNION ALL
    SELECT p.paid_at, greatest(p.price - r.amount, 0) FROM refund r JOIN purchase p ON p.id = r.purchase_id
    WHERE p.paid_at >= {SINCE}
"""  # noqa: S608 - our own text

_SUMMARY = f"""
SELECT
    (SELECT coalesce(sum(revenue), 0)::bigint FROM ({_KEPT}) AS kept) AS total_revenue,
    (SELECT count(DISTINCT account_id) FROM enrolment WHERE state = 'active') AS active_participants,
    (SELECT count(*) FROM batch WHERE archived_at IS NULL AND end_at >= now()) AS active_batches,
    (SELECT count(*) FROM purchase WHERE created_at >= {SINCE}) AS new_purchases,
    (SELECT count(DISTINCT account_id) FROM certificate WHERE state = 'issued') AS holders,
    (SELECT count(*) FROM certificate WHERE state = 'issued') AS total_certificates
"""  # noqa: S608 - our own text

_REVENUE = f"""
SELECT day::date AS date, coalesce(revenue, 0)::bigint AS revenue
FROM generate_series({SINCE} AT TIME ZONE $1, now() AT TIME ZONE $1, interval '1 day') AS day
LEFT JOIN (
    SELECT date_trunc('day', paid_at AT TIME ZONE $1) AS day, sum(revenue) AS revenue
    FROM ({_KEPT}) AS kept GROUP BY 1
) AS paid USING (day) ORDER BY day
"""  # noqa: S608 - our own text

_WAITING = """
SELECT p.uuid, p.id AS invoice_number, a.name AS user_name, a.email AS user_email, b.slug AS batch_slug,
    b.title AS batch_title, p.price AS amount, p.state, p.payment_proof, p.transfer_amount,
    p.buyer_bank_account_name AS bank_account_name, p.buyer_bank_account_number AS bank_account_number, p.created_at,
    (SELECT count(*) FROM purchase WHERE state = 'waiting_confirmation') AS total
FROM purchase p JOIN account a ON a.id = p.account_id JOIN batch b ON b.id = p.batch_id
WHERE p.state = 'waiting_confirmation' ORDER BY p.id LIMIT $1
"""

_RUNNING = f"""
WITH running AS MATERIALIZED (
    SELECT b.id, b.slug, b.title, c.title AS course_title, b.quota, count(*) OVER () AS total,
        (SELECT count(*) FROM enrolment e WHERE e.batch_id = b.id AND e.state = 'active') AS enrolled
    FROM batch b JOIN course c ON c.id = b.course_id
    WHERE b.archived_at IS NULL AND b.end_at >= now() AND b.start_at <= now()
    ORDER BY enrolled DESC, b.id LIMIT $1
), member AS MATERIALIZED (
    SELECT e.* FROM running r JOIN enrolment e ON e.batch_id = r.id AND e.state = 'active'
), standing AS (
    SELECT enrolment_id, count(*) FILTER (WHERE is_done) AS done, count(*) AS items
    FROM ({items_of("member")}) AS item GROUP BY 1
), progress AS (
    SELECT member.batch_id, array_agg(coalesce(done, 0)) AS done, array_agg(coalesce(items, 0)) AS items
    FROM member LEFT JOIN standing ON standing.enrolment_id = member.id GROUP BY 1
)
SELECT r.slug AS batch_slug, r.title AS batch_title, r.course_title, r.quota, r.enrolled, r.total,
    coalesce(p.done, '{{}}') AS done, coalesce(p.items, '{{}}') AS items, n.kind AS next_kind, n.title AS next_title,
    n.at AS next_at
FROM running r LEFT JOIN progress p ON p.batch_id = r.id
LEFT JOIN LATERAL (
    (SELECT 'meeting' AS kind, m.title, m.start_at AS at FROM meeting m
     WHERE m.batch_id = r.id AND m.start_at > now() ORDER BY m.start_at LIMIT 1)
    UNION ALL (SELECT 'assignment', k.title, k.end_at FROM meeting m JOIN assignment k ON k.meeting_id = m.id
     WHERE m.batch_id = r.id AND k.end_at > now() ORDER BY k.end_at LIMIT 1)
    UNION ALL (SELECT 'quiz', q.title, q.opens_at FROM meeting m JOIN assessment q ON q.meeting_id = m.id
     WHERE m.batch_id = r.id AND q.opens_at > now() ORDER BY q.opens_at LIMIT 1)
    ORDER BY at LIMIT 1
) AS n ON true
ORDER BY r.enrolled DESC, r.id
"""  # noqa: S608 - our own text

PENDING = """
SELECT count(*) FROM meeting_teacher t JOIN assignment k ON k.meeting_id = t.meeting_id
JOIN submission s ON s.assignment_id = k.id
WHERE t.account_id = {teacher} AND NOT EXISTS (
    SELECT FROM grade g WHERE g.assignment_id = s.assignment_id AND g.account_id = s.account_id
    AND g.grade IS NOT NULL)
"""
"""SQL: how much handed-in work waits for a grade of a teacher; `teacher` is the SQL of the account's id."""

_TEACHERS = f"""
WITH busy AS (
    SELECT t.account_id, count(*) AS meetings, sum(extract(epoch FROM m.end_at - m.start_at)) / 3600 AS hours
    FROM meeting m JOIN meeting_teacher t ON t.meeting_id = m.id
    WHERE m.start_at >= now() - make_interval(days => $1) GROUP BY 1
), most AS MATERIALIZED (
    SELECT a.id, a.uuid, a.name, busy.meetings, busy.hours, count(*) OVER () AS total
    FROM busy JOIN account a ON a.id = busy.account_id AND a.removed_at IS NULL
    ORDER BY busy.meetings DESC, busy.hours DESC, a.id LIMIT $2
)
SELECT most.*, ({PENDING.format(teacher="most.id")}) AS pending_grading FROM most
ORDER BY meetings DESC, hours DESC, id
"""  # noqa: S608 - our own text

_CERTIFICATES = f"""
SELECT
    (SELECT count(*) FROM certificate WHERE state = 'issued' AND issued_at >= {SINCE}) AS issued,
    (SELECT count(*) FROM certificate_check WHERE created_at >= {SINCE}) AS checks,
    (SELECT coalesce(json_agg(json_build_array(number, created_at, outcome)), '[]')::text FROM (
        SELECT coalesce(c.number, k.reference) AS number, k.created_at, k.outcome FROM certificate_check k
        LEFT JOIN certificate c ON c.id = k.certificate_id ORDER BY k.created_at DESC, k.id DESC LIMIT $3
    ) AS checked) AS latest
"""  # noqa: S608 - our own text


async def summary(actor: Actor, days: int) -> SummaryView:
    """The school in numbers. One statement.

    Revenue is what was paid in the window, at the price each purchase was made at. Participants are the people who
    are in a batch, each once; the completion rate is how many people hold a certificate, of the participants.

    Raises: NotYourDashboard.
    """
    must_be_admin(actor)
    found = await db.row(_SUMMARY, settings().school_timezone, days)
    values = dict(found or {})
    rate = percent(values.pop("holders"), values["active_participants"])
    return SummaryView(**values, completion_rate=rate)


async def revenue(actor: Actor, days: int) -> list[RevenueDay]:
    """What was paid on each day of the window, also where that is nothing, oldest first. One statement.

    Raises: NotYourDashboard.
    """
    must_be_admin(actor)
    return db.views(RevenueDay, await db.fetch(_REVENUE, settings().school_timezone, days))


async def waiting_payments(actor: Actor, limit: int) -> tuple[list[WaitingPayment], int]:
    """Payments that wait for a decision, the oldest first, and how many there are in all. One statement.

    Raises: NotYourDashboard.
    """
    must_be_admin(actor)
    rows = await db.fetch(_WAITING, limit)
    return db.views(WaitingPayment, rows), rows[0]["total"] if rows else 0


async def running_batches(actor: Actor, limit: int) -> tuple[list[RunningBatch], int]:
    """Batches that are being held, those with most people first, and how many there are in all. One statement.

    Progress is counted as everywhere, and is the mean of its people's.

    Raises: NotYourDashboard.
    """
    must_be_admin(actor)
    rows = [dict(row) for row in await db.fetch(_RUNNING, limit)]
    views = [
        msgspec.convert({**row, "avg_progress": rules.mean_progress(_standings(row))}, RunningBatch, strict=False)
        for row in rows
    ]
    return views, rows[0]["total"] if rows else 0


async def teacher_loads(actor: Actor, days: int) -> tuple[list[TeacherLoad], int]:
    """The teachers with most meetings from so many days ago on, and how many teach at all. One statement.

    Raises: NotYourDashboard.
    """
    must_be_admin(actor)
    rows = await db.fetch(_TEACHERS, days, MOST_TEACHERS)
    return db.views(TeacherLoad, rows), rows[0]["total"] if rows else 0


async def certificate_stats(actor: Actor, days: int) -> CertificateStats:
    """What became of certificates in the window. One statement.

    Raises: NotYourDashboard.
    """
    must_be_admin(actor)
    found = await db.row(_CERTIFICATES, settings().school_timezone, days, LATEST_CHECKS)
    values = dict(found or {})
    checks: list[tuple[str, datetime, Outcome]] = msgspec.json.decode(
        values.pop("latest"), type=list[tuple[str, datetime, Outcome]]
    )
    return CertificateStats(**values, latest=[CheckView(*check) for check in checks])


def _standings(row: dict[str, Any]) -> list[tuple[int, int]]:
    return list(zip(row["done"], row["items"], strict=True))


def must_be_admin(actor: Actor) -> None:
    """Let admins pass.

    Raises: NotYourDashboard.
    """
    if not actor.is_admin:
        raise NotYourDashboard
