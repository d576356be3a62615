"""What there is to tell, as it stands when it is told: much may have happened since the event."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from backend.core import db
from backend.core.settings import settings
from backend.domain.attempts import sql
from backend.domain.attempts.terms import AttemptState
from backend.domain.grading.sights import SCORE_IS_SHOWN
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.commands import Wanted
from backend.domain.notifications.terms import NoticeKind
from backend.domain.purchases.terms import PaymentState, WaitState


class PaymentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase, for its buyer. `rejections` counts how often it was refused; amounts are whole rupiah."""

    purchase_id: int
    account_id: int
    state: PaymentState
    is_overdue: bool
    is_own_doing: bool
    amount: int
    expires_at: datetime
    reason: str | None
    rejections: int
    refunded: int | None
    batch: str


class SeatFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A seat that is held for somebody."""

    place_id: int
    account_id: int
    state: WaitState
    offered_at: datetime
    offer_ends_at: datetime
    batch: str


class GradeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A grade for handed-in work; `version` counts how often it was given."""

    grade_id: int
    account_id: int
    version: int
    grade: Decimal
    task: str
    batch: str


class ResultFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A quiz that was graded. The score is not among it: when it is shown, the quiz decides (`shows_score`: now)."""

    attempt_id: int
    account_id: int
    state: AttemptState
    shows_score: bool
    quiz: str
    batch: str


class DueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody has not handed in yet, with the end that it has for them.

    Of a quiz that they have not begun it is the last moment to begin, after which `extra_s` come on top of the time.
    """

    is_quiz: bool
    title: str
    batch: str
    at: datetime
    extra_s: int


class GradeToTell(msgspec.Struct, frozen=True):
    """The body of a mail about one grade."""

    grade_id: int


class RegradeToTell(msgspec.Struct, frozen=True):
    """The body of a mail about a result that a regrade has changed."""

    regrade_id: int
    attempt_id: int


class DayToTell(msgspec.Struct, frozen=True):
    """The body of a mail about what is due on a day."""

    account_id: int
    day: date


async def payment(purchase_id: int) -> PaymentFacts:
    """A purchase as it stands."""
    found = await db.row(
        "SELECT p.id AS purchase_id, p.account_id, p.state, p.expires_at <= now() AS is_overdue, p.expires_at,"
        " p.transfer_amount AS amount, p.reason, r.amount AS refunded, b.title AS batch,"
        " (SELECT count(*) FROM purchase_change c WHERE c.purchase_id = p.id AND c.after = 'rejected') AS rejections,"
        " coalesce((SELECT c.actor_id FROM purchase_change c WHERE c.purchase_id = p.id ORDER BY c.id DESC LIMIT 1)"
        "  = p.account_id, false) AS is_own_doing"
        " FROM purchase p JOIN batch b ON b.id = p.batch_id LEFT JOIN refund r ON r.purchase_id = p.id"
        " WHERE p.id = $1",
        purchase_id,
    )
    assert found is not None  # noqa: S101 - purchases are never deleted
    return db.view(PaymentFacts, found)


async def seat(place_id: int) -> SeatFacts | None:
    """A place in a line, if a seat was ever held for it."""
    found = await db.row(
        "SELECT w.id AS place_id, w.account_id, w.state, w.offered_at, w.offer_ends_at, b.title AS batch"
        " FROM wait_place w JOIN batch b ON b.id = w.batch_id WHERE w.id = $1 AND w.offered_at IS NOT NULL",
        place_id,
    )
    return db.view(SeatFacts, found) if found else None


async def grade(grade_id: int) -> GradeFacts | None:
    """A grade as it stands; None when work and grade were removed, or the grade was taken back."""
    found = await db.row(
        "SELECT g.id AS grade_id, g.account_id, g.version, g.grade, t.title AS task, b.title AS batch FROM grade g"
        " JOIN assignment t ON t.id = g.assignment_id JOIN meeting m ON m.id = t.meeting_id"
        " JOIN batch b ON b.id = m.batch_id WHERE g.id = $1 AND g.grade IS NOT NULL",
        grade_id,
    )
    return db.view(GradeFacts, found) if found else None


async def result(attempt_id: int) -> ResultFacts | None:
    """A quiz that somebody took; None for what is no quiz of a batch."""
    found = await db.row(
        f"SELECT x.id AS attempt_id, x.account_id, x.state, {SCORE_IS_SHOWN} AS shows_score, a.title AS quiz,"  # noqa: S608 - our names
        " b.title AS batch FROM attempt x"
        " JOIN assessment a ON a.id = x.assessment_id JOIN meeting m ON m.id = a.meeting_id"
        " JOIN batch b ON b.id = m.batch_id WHERE x.id = $1",
        attempt_id,
    )
    return db.view(ResultFacts, found) if found else None


_DUE = f"""
SELECT e.account_id, false AS is_quiz, t.title, b.title AS batch, t.end_at AS at, 0 AS extra_s
FROM assignment t JOIN meeting m ON m.id = t.meeting_id JOIN batch b ON b.id = m.batch_id
JOIN enrolment e ON e.batch_id = b.id AND e.state = 'active'
WHERE NOT EXISTS (SELECT FROM submission s WHERE s.assignment_id = t.id AND s.account_id = e.account_id)
UNION ALL
SELECT e.account_id, true, a.title, b.title, coalesce(x.deadline_at, v.closes_at, a.closes_at),
    CASE WHEN x.id IS NULL THEN {sql.EXTRA_S} ELSE 0 END
FROM assessment a JOIN meeting m ON m.id = a.meeting_id JOIN batch b ON b.id = m.batch_id
JOIN enrolment e ON e.batch_id = b.id AND e.state = 'active'
LEFT JOIN quiz_override v ON v.assessment_id = a.id AND v.account_id = e.account_id
LEFT JOIN attempt x ON x.assessment_id = a.id AND x.account_id = e.account_id AND x.state = 'open'
WHERE (a.is_open OR x.id IS NOT NULL) AND NOT EXISTS (SELECT FROM attempt o WHERE o.assessment_id = a.id
    AND o.account_id = e.account_id AND o.state <> 'open')
"""  # noqa: S608 - our names
_ON_DAY = "at >= ($1::date)::timestamp AT TIME ZONE $2 AND at < ($1::date + 1)::timestamp AT TIME ZONE $2"


async def due(account_id: int, day: date) -> list[DueFacts]:
    """What a person has not handed in that ends for them on a day, the school's, and has not ended yet."""
    found = await db.fetch(
        f"SELECT is_quiz, title, batch, at, extra_s FROM ({_DUE}) AS d"  # noqa: S608 - our own text
        f" WHERE {_ON_DAY} AND at > now() AND account_id = $3 ORDER BY at, is_quiz, title",
        day,
        settings().school_timezone,
        account_id,
    )
    return db.views(DueFacts, found)


async def announce_deadlines() -> int:
    """Write a mail for each person who has not handed in something that ends tomorrow; says how many.

    One for a person and a day, however often this is called.
    """
    day = await db.value("SELECT (now() AT TIME ZONE $1)::date + 1", settings().school_timezone)
    found = await db.fetch(
        f"SELECT DISTINCT d.account_id FROM ({_DUE}) AS d LEFT JOIN notice_choice c ON c.account_id = d.account_id"  # noqa: S608 - our own text
        f" WHERE {_ON_DAY} AND (c.account_id IS NULL OR $3 <> ALL(c.muted)) ORDER BY 1",
        day,
        settings().school_timezone,
        str(NoticeKind.DEADLINE),
    )
    people = [row["account_id"] for row in found]
    return await jobs.enqueue_each(
        "mail_deadlines", [Wanted(f"mail_deadlines:{day}:{one}", DayToTell(one, day)) for one in people]
    )


async def announce_grades(assignment_id: int, job_id: int) -> int:
    """Write a mail for each grade that a sheet has brought; says how many. Safe to repeat."""
    found = await db.fetch(
        "SELECT c.grade_id, max(c.id) AS change_id FROM grade_change c JOIN grade g ON g.id = c.grade_id"
        " WHERE c.job_id = $2 AND c.source = 'sheet' AND g.assignment_id = $1 GROUP BY c.grade_id ORDER BY c.grade_id",
        assignment_id,
        job_id,
    )
    return await jobs.enqueue_each(
        "mail_grade", [Wanted(f"mail_grade:{row['change_id']}", GradeToTell(row["grade_id"])) for row in found]
    )


async def announce_regrade(regrade_id: int) -> int:
    """Write a mail for each person whose score a regrade has changed; says how many. Safe to repeat.

    Who took the quiz more than once hears of it once.
    """
    found = await db.fetch(
        "SELECT max(x.id) AS attempt_id FROM regrade_entry e JOIN attempt x ON x.id = e.attempt_id"
        " WHERE e.regrade_id = $1 AND e.percent_after <> e.percent_before GROUP BY x.account_id ORDER BY 1",
        regrade_id,
    )
    return await jobs.enqueue_each(
        "mail_regraded",
        [
            Wanted(f"mail_regraded:{regrade_id}:{row['attempt_id']}", RegradeToTell(regrade_id, row["attempt_id"]))
            for row in found
        ],
    )
