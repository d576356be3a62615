"""What can be asked about regrades: their reports, their history, and each result before and after."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, boolean, page
from backend.core.paging import Listing, Paged
from backend.domain.assessments import queries as assessments
from backend.domain.assessments.errors import NotYourQuiz
from backend.domain.assessments.queries import QuizView
from backend.domain.grading.errors import RegradeNotFound
from backend.domain.grading.terms import RegradePolicy, RegradeState

SHOWN = 100


class RegradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A regrade as it is kept, for commands."""

    id: int
    uuid: UUID
    assessment_id: int
    batch_id: int
    key_version: int
    policy: RegradePolicy
    state: RegradeState
    question_ids: list[int]
    asked_by: int | None
    report: Any


class QuestionShift(msgspec.Struct, frozen=True, kw_only=True):
    """A mended question: its number in the quiz, and of how many attempts its points rise and fall."""

    question_id: UUID
    number: int
    raised: int
    lowered: int


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """A result before and after a regrade, for showing; points have two decimals, as percent has."""

    attempt_id: UUID
    attempt_no: int
    user_id: UUID
    name: str
    old_points: float
    new_points: float
    max_points: float
    old_percent: float
    new_percent: float
    old_correct: int
    new_correct: int


class RegradeReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a regrade does, or would do.

    Of `considered` attempts so many are `changed`; their percent rises, falls, or stays (in questions alone). `waiting`
    have something to be marked by a person first. `passed_…` are None without a pass mark. `changes` are the first of
    them, the largest first.
    """

    regrade_id: UUID
    key_version: int
    policy: RegradePolicy
    is_applied: bool
    considered: int
    changed: int
    raised: int
    lowered: int
    waiting: int
    old_mean_percent: float | None
    new_mean_percent: float | None
    passed_before: int | None
    passed_after: int | None
    questions: list[QuestionShift]
    changes: list[EntryView]


class RegradeView(msgspec.Struct, frozen=True, kw_only=True):
    """A regrade in the history. `certificates` are those of people who have lost the pass mark by it."""

    id: int
    uuid: UUID
    key_version: int
    policy: RegradePolicy
    state: RegradeState
    reason: str
    asked_by: UUID | None
    asked_by_name: str | None
    created_at: datetime
    applied_at: datetime | None
    report: Any
    certificates: Any


_ENTRY = (
    "t.uuid AS attempt_id, t.attempt_no, p.uuid AS user_id, p.name, e.points_before::float8 AS old_points,"
    " e.points_after::float8 AS new_points, e.max_after::float8 AS max_points, e.percent_before::float8 AS old_percent,"
    " e.percent_after::float8 AS new_percent, e.correct_before AS old_correct, e.correct_after AS new_correct"
)
_ENTRIES = "regrade_entry e JOIN attempt t ON t.id = e.attempt_id JOIN account p ON p.id = t.account_id"
_LARGEST = "abs(e.percent_after - e.percent_before) DESC"
_CHANGES = Lens(
    key="e.attempt_id",
    order=_LARGEST,
    sorts={
        "name": "p.name",
        "change": "e.percent_after - e.percent_before",
        "old_percent": "e.percent_before",
        "new_percent": "e.percent_after",
    },
    filters={"changed": ("e.is_changed", boolean)},
    search=("p.name", "p.email"),
)
_HISTORY = Lens(key="g.id", order="g.id DESC", sorts={"applied_at": "g.applied_at", "created_at": "g.created_at"})
_VIEW = (
    "g.id, g.uuid, g.key_version, g.policy, g.state, g.reason, p.uuid AS asked_by, p.name AS asked_by_name,"
    " g.created_at, g.applied_at, g.report::text AS report, g.certificates::text AS certificates"
)
_ROW = (
    "SELECT g.id, g.uuid, g.assessment_id, m.batch_id, g.key_version, g.policy, g.state, g.question_ids, g.asked_by,"
    " g.report::text AS report FROM regrade g JOIN assessment a ON a.id = g.assessment_id"
    " JOIN meeting m ON m.id = a.meeting_id"
)


async def quiz_to_regrade(actor: Actor, ref: Ref) -> QuizView:
    """A quiz, for those who teach there.

    Raises: QuizNotFound, NotYourQuiz.
    """
    quiz = await assessments.quiz_by_id(ref)
    if not await assessments.may_teach(actor, quiz.batch_id):
        raise NotYourQuiz(quiz=quiz.id)
    return quiz


async def version_before(assessment_id: int, version: int) -> int | None:
    """The version of a quiz's keys that its results stand on, as far as a regrade to this one is concerned.

    That of the last regrade to an earlier one, or else the first that an attempt was begun with; None without any.
    """
    found: int | None = await db.value(
        "SELECT coalesce((SELECT max(key_version) FROM regrade WHERE assessment_id = $1 AND state = 'applied'"
        "  AND key_version < $2), (SELECT min(t.key_version) FROM attempt t WHERE t.assessment_id = $1"
        "  AND t.state <> 'open'))",
        assessment_id,
        version,
    )
    return found


async def row(regrade_id: int) -> RegradeRow:
    """A regrade, whoever asks.

    Raises: RegradeNotFound.
    """
    found = await db.row(f"{_ROW} WHERE g.id = $1", regrade_id)
    if found is None:
        raise RegradeNotFound(ref=str(regrade_id))
    return _row(found)


async def of_job(job_id: int, assessment_id: int) -> RegradeRow | None:
    """The regrade of a quiz that a preview's job has looked at, locked."""
    found = await db.row(f"{_ROW} WHERE g.job_id = $1 AND g.assessment_id = $2 FOR UPDATE OF g", job_id, assessment_id)
    return _row(found) if found else None


async def last(assessment_id: int) -> RegradeRow | None:
    """The regrade of a quiz that is under way, or else the last one that was applied."""
    found = await db.row(
        f"{_ROW} WHERE g.assessment_id = $1 AND g.state IN ('ordered', 'applied')"
        " ORDER BY g.applied_at DESC NULLS FIRST, g.id DESC LIMIT 1",
        assessment_id,
    )
    return _row(found) if found else None


def _row(found: Record) -> RegradeRow:
    report = msgspec.json.decode(found["report"]) if found["report"] else None
    return msgspec.convert({**found, "report": report}, RegradeRow, strict=False)


async def report(regrade: RegradeRow) -> RegradeReport:
    """What a regrade's entries come to. Three statements."""
    found = await db.row(
        "SELECT count(e.id) AS considered, count(*) FILTER (WHERE e.is_changed) AS changed,"
        " count(*) FILTER (WHERE e.percent_after > e.percent_before) AS raised,"
        " count(*) FILTER (WHERE e.percent_after < e.percent_before) AS lowered,"
        " round(avg(e.percent_before), 2)::float8 AS old_mean_percent,"
        " round(avg(e.percent_after), 2)::float8 AS new_mean_percent,"
        " CASE WHEN a.pass_percent IS NOT NULL THEN count(*) FILTER (WHERE e.percent_before >= a.pass_percent) END"
        "  AS passed_before,"
        " CASE WHEN a.pass_percent IS NOT NULL THEN count(*) FILTER (WHERE e.percent_after >= a.pass_percent) END"
        "  AS passed_after,"
        " (SELECT count(*) FROM attempt WHERE assessment_id = a.id AND state = 'marking') AS waiting"
        " FROM assessment a LEFT JOIN regrade_entry e ON e.regrade_id = $1 WHERE a.id = $2 GROUP BY a.id",
        regrade.id,
        regrade.assessment_id,
    )
    values = dict(found) if found else {}
    changes = await db.fetch(
        f"SELECT {_ENTRY} FROM {_ENTRIES} WHERE e.regrade_id = $1 AND e.is_changed"  # noqa: S608 - our names
        f" ORDER BY {_LARGEST}, e.attempt_id LIMIT $2",
        regrade.id,
        SHOWN,
    )
    return msgspec.convert(
        {
            **values,
            "regrade_id": regrade.uuid,
            "key_version": regrade.key_version,
            "policy": regrade.policy,
            "is_applied": False,
            "questions": await _shifts(regrade),
            "changes": db.views(EntryView, changes),
        },
        RegradeReport,
        strict=False,
    )


async def _shifts(regrade: RegradeRow) -> list[QuestionShift]:
    rows = await db.fetch(
        "WITH shift AS (SELECT (n.value ->> 'q')::bigint AS id, (n.value ->> 'p')::numeric AS after,"
        "  (o.value ->> 'p')::numeric AS before FROM regrade_entry e"
        "  CROSS JOIN jsonb_array_elements(e.marks_after) AS n (value)"
        "  JOIN jsonb_array_elements(e.marks_before) AS o (value) ON o.value -> 'q' = n.value -> 'q'"
        "  WHERE e.regrade_id = $1 AND e.is_changed)"
        " SELECT q.uuid AS question_id, q.number, (SELECT count(*) FROM shift WHERE id = q.id AND after > before)"
        "  AS raised, (SELECT count(*) FROM shift WHERE id = q.id AND after < before) AS lowered"
        " FROM (SELECT q.id, q.uuid, row_number() OVER (ORDER BY s.position, q.position) AS number FROM question q"
        "  JOIN section s ON s.id = q.section_id WHERE q.assessment_id = $2) AS q"
        " WHERE q.id = ANY($3) ORDER BY q.number",
        regrade.id,
        regrade.assessment_id,
        regrade.question_ids,
    )
    return db.views(QuestionShift, rows)


async def regrades(actor: Actor, quiz_ref: Ref, listing: Listing) -> Paged[RegradeView]:
    """The regrades of a quiz that were asked for, the last one first.

    Raises: QuizNotFound, NotYourQuiz.
    """
    quiz = await quiz_to_regrade(actor, quiz_ref)
    paged = await page(
        RegradeView,
        _HISTORY,
        listing,
        select=_VIEW,
        source="regrade g LEFT JOIN account p ON p.id = g.asked_by",
        where="g.assessment_id = $1 AND g.state IN ('ordered', 'applied')",
        args=[quiz.id],
    )
    return Paged([_read(view) for view in paged.items], paged.total)


async def regrade(actor: Actor, quiz_ref: Ref, ref: Ref) -> RegradeView:
    """One regrade of a quiz, also one that was only looked at.

    Raises: QuizNotFound, NotYourQuiz, RegradeNotFound.
    """
    quiz = await quiz_to_regrade(actor, quiz_ref)
    found = await db.row(
        f"SELECT {_VIEW} FROM regrade g LEFT JOIN account p ON p.id = g.asked_by"  # noqa: S608 - our names
        f" WHERE g.assessment_id = $1 AND g.{db.column_of(ref)} = $2 AND g.report IS NOT NULL",
        quiz.id,
        ref,
    )
    if found is None:
        raise RegradeNotFound(ref=str(ref))
    return _read(db.view(RegradeView, found))


def _read(view: RegradeView) -> RegradeView:
    return msgspec.structs.replace(
        view,
        report=msgspec.json.decode(view.report) if view.report else None,
        certificates=msgspec.json.decode(view.certificates) if view.certificates else None,
    )


async def entries(actor: Actor, quiz_ref: Ref, ref: Ref, listing: Listing) -> Paged[EntryView]:
    """Each result that a regrade has looked at, before and after; the largest change first.

    Raises: QuizNotFound, NotYourQuiz, RegradeNotFound.
    """
    found = await regrade(actor, quiz_ref, ref)
    return await page(
        EntryView, _CHANGES, listing, select=_ENTRY, source=_ENTRIES, where="e.regrade_id = $1", args=[found.id]
    )
