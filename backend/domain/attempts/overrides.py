"""What single people are granted at single quizzes: more time, more attempts, another window."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.outbox import Deed, emit
from backend.core.paging import Listing, Paged
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.queries import PersonView
from backend.domain.assessments import queries as assessments
from backend.domain.assessments.errors import NotYourQuiz
from backend.domain.assessments.queries import QuizView
from backend.domain.assessments.rules import why_period_unfit
from backend.domain.attempts.commands import retime
from backend.domain.attempts.errors import OverrideNotFound
from backend.domain.attempts.events import OverrideChanged
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments.errors import PersonNotOfBatch


class OverridePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is granted. The time is the quiz's times `time_factor` plus `extra_s`; it outlasts the end, too."""

    extra_s: int = 0
    time_factor: Decimal = Decimal(1)
    extra_attempts: int = 0
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    note: str = ""


class OverrideView(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is granted at a quiz."""

    uuid: UUID
    account_id: int
    extra_s: int
    time_factor: Decimal
    extra_attempts: int
    opens_at: datetime | None
    closes_at: datetime | None
    note: str
    created_at: datetime
    updated_at: datetime
    person: PersonView | None = None


_COLUMNS = (
    "v.uuid, v.account_id, v.extra_s, v.time_factor, v.extra_attempts, v.opens_at, v.closes_at, v.note, v.created_at,"
    " v.updated_at"
)
_LENS = Lens(
    key="v.id",
    sorts={"name": "p.name", "created_at": "v.created_at", "updated_at": "v.updated_at"},
    search=("p.name", "p.email"),
)


async def overrides(actor: Actor, quiz_ref: Ref, listing: Listing) -> Paged[OverrideView]:
    """The overrides of a quiz, for who teaches its batch.

    Raises: QuizNotFound, NotYourQuiz.
    """
    quiz = await _quiz(actor, quiz_ref)
    paged = await page(
        OverrideView,
        _LENS,
        listing,
        select=_COLUMNS,
        source="quiz_override v LEFT JOIN account p ON p.id = v.account_id",
        where="v.assessment_id = $1",
        args=[quiz.id],
    )
    people = await accounts.people([row.account_id for row in paged.items])
    return Paged([msgspec.structs.replace(row, person=people[row.account_id]) for row in paged.items], paged.total)


async def put_override(actor: Actor, quiz_ref: Ref, person_ref: Ref, plan: OverridePlan) -> OverrideView:
    """Grant somebody of the batch exactly this at a quiz; an attempt that is running gets its time at once.

    Raises: QuizNotFound, NotYourQuiz, PersonNotFound, PersonNotOfBatch, PeriodBackwards.
    Emits: OverrideChanged.
    """
    async with transaction():
        quiz = await _quiz(actor, quiz_ref)
        person = await accounts.person(person_ref)
        if await enrolments.enrolment(person.id, quiz.batch_id) is None:
            raise PersonNotOfBatch(people=str(person.uuid))
        unfit = why_period_unfit(plan.opens_at, plan.closes_at)
        if unfit is not None:
            raise unfit
        rows = await db.fetch(
            "INSERT INTO quiz_override AS v (assessment_id, account_id, extra_s, time_factor, extra_attempts, opens_at,"  # noqa: S608 - our names
            " closes_at, note, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            " ON CONFLICT (assessment_id, account_id) DO UPDATE SET extra_s = excluded.extra_s,"
            " time_factor = excluded.time_factor, extra_attempts = excluded.extra_attempts,"
            " opens_at = excluded.opens_at, closes_at = excluded.closes_at, note = excluded.note, updated_at = now()"
            f" RETURNING {_COLUMNS}",
            quiz.id,
            person.id,
            *(plan.extra_s, plan.time_factor, plan.extra_attempts, plan.opens_at, plan.closes_at, plan.note),
            actor.account_id,
        )
        await retime(quiz.id, person.id, by=actor)
        await emit(OverrideChanged(quiz.id, quiz.batch_id, person.id, Deed.UPDATED, quiz.title))
        return msgspec.structs.replace(db.view(OverrideView, rows[0]), person=person)


async def delete_override(actor: Actor, quiz_ref: Ref, person_ref: Ref) -> None:
    """Take back what somebody was granted; an attempt that is running has the quiz's time again.

    Raises: QuizNotFound, NotYourQuiz, PersonNotFound, OverrideNotFound.
    Emits: OverrideChanged.
    """
    async with transaction():
        quiz = await _quiz(actor, quiz_ref)
        person = await accounts.person(person_ref)
        gone = await db.statement(
            "DELETE FROM quiz_override WHERE assessment_id = $1 AND account_id = $2", quiz.id, person.id
        )
        if not gone:
            raise OverrideNotFound(person=person.id)
        await retime(quiz.id, person.id, by=actor)
        await emit(OverrideChanged(quiz.id, quiz.batch_id, person.id, Deed.REMOVED, quiz.title))


async def _quiz(actor: Actor, ref: Ref) -> QuizView:
    quiz = await assessments.quiz_by_id(ref)
    if not await assessments.may_teach(actor, quiz.batch_id):
        raise NotYourQuiz(quiz=quiz.id)
    return quiz
