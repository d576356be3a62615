"""What can be done with quizzes; what can be done with their questions is in `question_commands`.

Each locks the quiz's row, which starting an attempt locks too.
`attempts.commands.change_quiz` is how a quiz is changed from outside: it re-times running attempts as well.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import UNSET
from msgspec.structs import asdict

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.assessments import queries, question_files, rules
from backend.domain.assessments.errors import (
    NotYourQuiz,
    QuizHasQuestions,
    QuizNotFound,
    QuizTaken,
)
from backend.domain.assessments.events import PassMarkChanged, QuizChanged
from backend.domain.assessments.queries import QuizView
from backend.domain.assessments.terms import QuizChange, QuizPlan, Review
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments.terms import ActivityKind
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind

_PLAIN = (
    *("title", "description", "quiz_type", "is_open", "opens_at", "closes_at", "duration_s", "max_attempts"),
    *("shuffles_questions", "shuffles_options", "is_sequential", "shows_answered", "pause_s", "grace_s"),
    *("counts", "pass_percent", "must_pass"),
)
_SHOWS = Review.__struct_fields__
_SET = ", ".join((*_PLAIN, *[f"show_{name}" for name in _SHOWS]))
_COUNT = len(_PLAIN) + len(_SHOWS)
_PLACES = ", ".join(f"${number}" for number in range(1, _COUNT + 1))


def _values(quiz: Mapping[str, Any]) -> list[Any]:
    """What a quiz is to be, in the order of `_SET`."""
    values = [quiz[name] for name in _PLAIN] + [getattr(quiz["review"], name) for name in _SHOWS]
    return [str(value) if isinstance(value, StrEnum) else value for value in values]


async def create_quiz(actor: Actor, meeting_ref: Ref, plan: QuizPlan) -> QuizView:
    """Make a quiz without questions; it counts to progress from now on.

    Raises: MeetingNotFound, NotTeachingMeeting, PeriodBackwards, PassMarkMissing.
    Emits: QuizChanged.
    """
    async with transaction():
        meeting = await queries.meeting_to_teach(actor, meeting_ref)
        _raise(rules.why_period_unfit(plan.opens_at, plan.closes_at))
        _raise(rules.why_mark_missing(plan.pass_percent, must_pass=plan.must_pass))
        quiz_id = await db.value(
            f"INSERT INTO assessment ({_SET}, meeting_id, created_by) VALUES ({_PLACES}, ${_COUNT + 1}, ${_COUNT + 2})"  # noqa: S608 - our names
            " RETURNING id",
            *_values(asdict(plan)),
            meeting.id,
            actor.account_id,
        )
        await db.statement("INSERT INTO section (assessment_id, position) VALUES ($1, 1)", quiz_id)
        await enrolments.add_activity(meeting.batch_id, meeting.id, ActivityKind.QUIZ, quiz_id, plan.title)
        await enrolments.ask_to_pass(ActivityKind.QUIZ, quiz_id, must_pass=plan.must_pass)
        await emit(QuizChanged(quiz_id, meeting.batch_id, Deed.CREATED, plan.title))
        return await queries.quiz_by_id(quiz_id)


async def update_quiz(actor: Actor, ref: Ref, change: QuizChange) -> QuizView:
    """Change a quiz. Its type stays while it has questions; running attempts are the caller's to re-time.

    Raises: QuizNotFound, NotYourQuiz, QuizHasQuestions, PeriodBackwards, PassMarkMissing.
    Emits: QuizChanged, PassMarkChanged.
    """
    async with transaction():
        before = await locked(actor, ref)
        changed = {name: value for name, value in asdict(change).items() if value is not UNSET}
        if changed.get("quiz_type", before.quiz_type) != before.quiz_type and before.question_count:
            raise QuizHasQuestions(quiz=before.id)
        after = {**asdict(before), "review": before.review, **changed}
        _raise(rules.why_period_unfit(after["opens_at"], after["closes_at"]))
        _raise(rules.why_mark_missing(after["pass_percent"], must_pass=after["must_pass"]))
        await db.statement(
            f"UPDATE assessment SET ({_SET}, updated_at) = ({_PLACES}, now()) WHERE id = ${_COUNT + 1}",  # noqa: S608 - our names
            *_values(after),
            before.id,
        )
        if after["title"] != before.title:
            await enrolments.rename_activity(ActivityKind.QUIZ, before.id, after["title"])
        await _tell_of_passing(before, after)
        await emit(QuizChanged(before.id, before.batch_id, Deed.UPDATED, after["title"]))
        return await queries.quiz_by_id(before.id)


async def _tell_of_passing(before: QuizView, after: Mapping[str, Any]) -> None:
    """Let progress know when passing is another thing than before; by a job, since it is asked of the whole class."""
    names = ("must_pass", "pass_percent", "counts")
    if not (before.must_pass or after["must_pass"]) or all(getattr(before, name) == after[name] for name in names):
        return
    await enrolments.ask_to_pass(ActivityKind.QUIZ, before.id, must_pass=after["must_pass"])
    await emit(PassMarkChanged(before.id))


async def delete_quiz(actor: Actor, ref: Ref) -> None:
    """Delete a quiz that nobody has taken, with its questions; it counts to progress no longer.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken.
    Emits: QuizChanged.
    """
    async with transaction():
        quiz = await editable(actor, ref)
        for question in await queries.questions_of(quiz.id):
            if question.files:
                await files.detach(OwnerKind.QUESTION, question.id)
        await question_files.let_go(quiz.id)
        await enrolments.remove_activity(ActivityKind.QUIZ, quiz.id)
        await db.statement("DELETE FROM assessment WHERE id = $1", quiz.id)
        await emit(QuizChanged(quiz.id, quiz.batch_id, Deed.REMOVED, quiz.title))


async def mark_taken(quiz_id: int) -> None:
    """Note that a quiz is taken now, so that its questions stay; and keep its row from changing until the commit.

    Many may do so at once. Called by who starts an attempt.

    Raises: QuizNotFound.
    """
    async with transaction():
        await db.statement("UPDATE assessment SET taken_at = now() WHERE id = $1 AND taken_at IS NULL", quiz_id)
        if await db.value("SELECT id FROM assessment WHERE id = $1 FOR SHARE", quiz_id) is None:
            raise QuizNotFound(ref=str(quiz_id))


async def locked(actor: Actor, ref: Ref) -> QuizView:
    """A quiz that the actor may change, locked for the rest of the transaction, in which the caller is.

    Raises: QuizNotFound, NotYourQuiz.
    """
    await db.lock("assessment", ref)
    quiz = await queries.quiz_by_id(ref)
    if not await queries.may_teach(actor, quiz.batch_id):
        raise NotYourQuiz(quiz=quiz.id)
    return quiz


async def editable(actor: Actor, ref: Ref) -> QuizView:
    """As `locked`, of a quiz that nobody has taken yet.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken.
    """
    quiz = await locked(actor, ref)
    if quiz.taken_at is not None:
        raise QuizTaken(quiz=quiz.id)
    return quiz


def _raise(unfit: Exception | None) -> None:
    if unfit is not None:
        raise unfit
