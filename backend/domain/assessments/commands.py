"""What can be done with quizzes and their questions.

Each locks the quiz's row, which starting an attempt locks too: a question is never changed under a running attempt.
`attempts.commands.change_quiz` is how a quiz is changed from outside: it re-times running attempts as well.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import asdict

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.assessments import queries, rules
from backend.domain.assessments.errors import (
    NotYourQuiz,
    OrderIncomplete,
    QuizHasQuestions,
    QuizNotFound,
    QuizTaken,
    TooManyQuestions,
)
from backend.domain.assessments.events import QuestionsChanged, QuizChanged
from backend.domain.assessments.queries import QuestionView, QuizView
from backend.domain.assessments.terms import OptionDraft, QuestionChange, QuestionDraft, QuizChange, QuizPlan
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments.terms import ActivityKind


async def create_quiz(actor: Actor, meeting_ref: Ref, plan: QuizPlan) -> QuizView:
    """Make a quiz without questions; it counts to progress from now on.

    Raises: MeetingNotFound, NotTeachingMeeting, PeriodBackwards.
    Emits: QuizChanged.
    """
    async with transaction():
        meeting = await queries.meeting_to_teach(actor, meeting_ref)
        _raise(rules.why_period_unfit(plan.opens_at, plan.closes_at))
        quiz_id = await db.value(
            "INSERT INTO assessment (meeting_id, title, description, quiz_type, is_open, opens_at, closes_at,"
            " duration_s, max_attempts, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
            meeting.id,
            plan.title,
            plan.description,
            str(plan.quiz_type),
            plan.is_open,
            plan.opens_at,
            plan.closes_at,
            plan.duration_s,
            plan.max_attempts,
            actor.account_id,
        )
        await db.statement("INSERT INTO section (assessment_id, position) VALUES ($1, 1)", quiz_id)
        await enrolments.add_activity(meeting.batch_id, meeting.id, ActivityKind.QUIZ, quiz_id, plan.title)
        await emit(QuizChanged(quiz_id, meeting.batch_id, Deed.CREATED, plan.title))
        return await queries.quiz_by_id(quiz_id)


async def update_quiz(actor: Actor, ref: Ref, change: QuizChange) -> QuizView:
    """Change a quiz. Its type stays while it has questions; running attempts are the caller's to re-time.

    Raises: QuizNotFound, NotYourQuiz, QuizHasQuestions, PeriodBackwards.
    Emits: QuizChanged.
    """
    async with transaction():
        before = await _locked(actor, ref)
        changed = {name: value for name, value in asdict(change).items() if value is not UNSET}
        if changed.get("quiz_type", before.quiz_type) != before.quiz_type and before.question_count:
            raise QuizHasQuestions(quiz=before.id)
        after = {**asdict(before), **changed}
        _raise(rules.why_period_unfit(after["opens_at"], after["closes_at"]))
        await db.statement(
            "UPDATE assessment SET title = $2, description = $3, quiz_type = $4, is_open = $5, opens_at = $6,"
            " closes_at = $7, duration_s = $8, max_attempts = $9, updated_at = now() WHERE id = $1",
            before.id,
            after["title"],
            after["description"],
            str(after["quiz_type"]),
            after["is_open"],
            after["opens_at"],
            after["closes_at"],
            after["duration_s"],
            after["max_attempts"],
        )
        if after["title"] != before.title:
            await enrolments.rename_activity(ActivityKind.QUIZ, before.id, after["title"])
        await emit(QuizChanged(before.id, before.batch_id, Deed.UPDATED, after["title"]))
        return await queries.quiz_by_id(before.id)


async def delete_quiz(actor: Actor, ref: Ref) -> None:
    """Delete a quiz that nobody has taken, with its questions; it counts to progress no longer.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken.
    Emits: QuizChanged.
    """
    async with transaction():
        quiz = await _editable(actor, ref)
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


async def add_question(actor: Actor, quiz_ref: Ref, draft: QuestionDraft) -> QuestionView:
    """Put a question at the end of a quiz.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, TooManyQuestions, NotOneRight, TooFewOptions, NotTwoOptions.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await _editable(actor, quiz_ref)
        if quiz.question_count >= rules.MAX_QUESTIONS:
            raise TooManyQuestions(limit=rules.MAX_QUESTIONS)
        kind = rules.KIND_OF_TYPE[quiz.quiz_type]
        _raise(rules.why_options_unfit(kind, draft.options))
        question_id = await db.value(
            "INSERT INTO question (assessment_id, section_id, position, kind, text, explanation, points)"
            " SELECT s.assessment_id, s.id, 1 + coalesce((SELECT max(position) FROM question WHERE section_id = s.id),"
            " 0), $2, $3, $4, $5 FROM section s WHERE s.assessment_id = $1 ORDER BY s.position DESC LIMIT 1"
            " RETURNING id",
            quiz.id,
            str(kind),
            draft.text,
            draft.explanation,
            draft.points,
        )
        await _put_options(question_id, draft.options)
        await _key_changed(quiz.id)
        return await queries.question_by_id(quiz.id, question_id)


async def update_question(actor: Actor, quiz_ref: Ref, ref: Ref, change: QuestionChange) -> QuestionView:
    """Change a question; if options are given they replace all it had.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, QuestionNotFound, NotOneRight, TooFewOptions, NotTwoOptions.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await _editable(actor, quiz_ref)
        before = await queries.question_by_id(quiz.id, ref)
        await db.statement(
            "UPDATE question SET text = $2, explanation = $3, points = $4, updated_at = now() WHERE id = $1",
            before.id,
            before.text if change.text is UNSET else change.text,
            before.explanation if change.explanation is UNSET else change.explanation,
            before.points if change.points is UNSET else change.points,
        )
        if change.options is not UNSET:
            _raise(rules.why_options_unfit(before.kind, change.options))
            await db.statement("DELETE FROM option WHERE question_id = $1", before.id)
            await _put_options(before.id, change.options)
        await _key_changed(quiz.id)
        return await queries.question_by_id(quiz.id, before.id)


async def remove_question(actor: Actor, quiz_ref: Ref, ref: Ref) -> None:
    """Take a question out of a quiz; those after it move up.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, QuestionNotFound.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await _editable(actor, quiz_ref)
        question = await queries.question_by_id(quiz.id, ref)
        await db.statement(
            "WITH gone AS (DELETE FROM question WHERE id = $1 RETURNING id, section_id, position)"
            " UPDATE question q SET position = q.position - 1 FROM gone"
            " WHERE q.section_id = gone.section_id AND q.position > gone.position",
            question.id,
        )
        await _key_changed(quiz.id)


async def reorder_questions(actor: Actor, quiz_ref: Ref, order: Sequence[UUID]) -> list[QuestionView]:
    """Put the questions of a quiz into an order that names each of them once.

    Raises: QuizNotFound, NotYourQuiz, QuizTaken, OrderIncomplete, QuestionsHidden.
    Emits: QuestionsChanged.
    """
    async with transaction():
        quiz = await _editable(actor, quiz_ref)
        placed = await db.statement(
            "UPDATE question q SET position = e.position, updated_at = now()"
            " FROM unnest($2::uuid[]) WITH ORDINALITY AS e (uuid, position)"
            " WHERE q.assessment_id = $1 AND q.uuid = e.uuid",
            quiz.id,
            list(order),
        )
        if not placed == len(order) == len(set(order)) == quiz.question_count:
            raise OrderIncomplete(expected=quiz.question_count, found=placed)
        await emit(QuestionsChanged(quiz.id))
        return (await queries.questions(actor, quiz.id)).questions


async def _locked(actor: Actor, ref: Ref) -> QuizView:
    await db.lock("assessment", ref)
    quiz = await queries.quiz_by_id(ref)
    if not await queries.may_teach(actor, quiz.batch_id):
        raise NotYourQuiz(quiz=quiz.id)
    return quiz


async def _editable(actor: Actor, ref: Ref) -> QuizView:
    quiz = await _locked(actor, ref)
    if quiz.taken_at is not None:
        raise QuizTaken(quiz=quiz.id)
    return quiz


async def _put_options(question_id: int, options: Sequence[OptionDraft]) -> None:
    await db.statement(
        "INSERT INTO option (question_id, position, text, is_correct)"
        " SELECT $1, e.position, e.text, e.is_correct"
        " FROM unnest($2::text[], $3::bool[]) WITH ORDINALITY AS e (text, is_correct, position)",
        question_id,
        [option.text for option in options],
        [option.is_correct for option in options],
    )


async def _key_changed(quiz_id: int) -> None:
    await db.statement("UPDATE assessment SET key_version = key_version + 1, updated_at = now() WHERE id = $1", quiz_id)
    await emit(QuestionsChanged(quiz_id))


def _raise(unfit: Exception | None) -> None:
    if unfit is not None:
        raise unfit
