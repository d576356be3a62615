"""Quizzes for tests: made by commands, taken through them."""

from datetime import timedelta
from decimal import Decimal

import msgspec

from backend.core import db
from backend.core.actor import SYSTEM, Actor
from backend.domain.assessments import commands as assessments
from backend.domain.assessments import question_commands as questions_
from backend.domain.assessments.drafts import QuestionDraft
from backend.domain.assessments.keys import NOTHING, WHOLE, Choice
from backend.domain.assessments.queries import QuestionView, QuizView
from backend.domain.assessments.terms import QuizPlan, QuizType
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import saving
from backend.domain.attempts.queries import AttemptView
from tests.school import BatchRow, MeetingRow, a_batch, a_meeting, enrol

CANARY = "canary-of-the-key"


class QuizRow(msgspec.Struct):
    """A quiz in a batch, with its questions; the first option of each question is right."""

    view: QuizView
    batch: BatchRow
    meeting: MeetingRow
    questions: list[QuestionView]

    @property
    def path(self) -> str:
        return f"/api/v1/quizzes/{self.view.uuid}"

    def answer(self, number: int, *, right: bool = True) -> dict[str, str]:
        """What is sent to answer question `number`, counted from 0."""
        question = self.questions[number]
        option = next(option for option in question.options if option.is_correct is right)
        return {"question_id": str(question.uuid), "selected_option_id": str(option.uuid)}


def choices(letters: str, right: str = "A") -> tuple[Choice, ...]:
    """Options of these letters."""
    return tuple(Choice(text=f"Option {letter}", fraction=WHOLE if letter in right else NOTHING) for letter in letters)


def a_draft(number: int = 1, *, points: str = "1", options: int = 3) -> QuestionDraft:
    """A question whose first option is right; its explanation is a canary."""
    return QuestionDraft(
        text=f"Question {number}",
        key=choices("ABCDEFGH"[:options]),
        points=Decimal(points),
        explanation=CANARY,
    )


async def a_quiz(
    *,
    points: tuple[str, ...] = ("1", "1", "1"),
    batch: BatchRow | None = None,
    meeting: MeetingRow | None = None,
    **plan: object,
) -> QuizRow:
    """An open quiz of half an hour that may be taken once."""
    batch = batch or await a_batch()
    meeting = meeting or await a_meeting(batch)
    values = {
        "title": "Quiz",
        "quiz_type": QuizType.MULTIPLE_CHOICE,
        "duration_s": 1800,
        "max_attempts": 1,
        "is_open": True,
    }
    view = await assessments.create_quiz(SYSTEM, meeting.id, QuizPlan(**{**values, **plan}))
    count = 2 if view.quiz_type is QuizType.TRUE_FALSE else 3
    questions = [
        await questions_.add_question(SYSTEM, view.id, a_draft(number, points=worth, options=count))
        for number, worth in enumerate(points, 1)
    ]
    return QuizRow(view, batch, meeting, questions)


async def an_attempt(quiz: QuizRow, actor: Actor, *, enrolled: bool = False) -> AttemptView:
    """An open attempt of a student, who is enrolled for it unless they are."""
    if not enrolled:
        await enrol(quiz.batch, actor.person_id)
    return await attempts.start_attempt(actor, quiz.view.id)


async def move_deadline(attempt_id: int, by: timedelta) -> None:
    """Set an attempt's deadline to now and so much."""
    await db.statement("UPDATE attempt SET deadline_at = now() + $2 WHERE id = $1", attempt_id, by)


async def save(quiz: QuizRow, attempt: AttemptView, actor: Actor, number: int, *, right: bool = True) -> None:
    """Answer question `number` of an attempt, counted from 0."""
    question = quiz.questions[number]
    option = next(option for option in question.options if option.is_correct is right)
    await saving.save_answer(actor, attempt.uuid, question.uuid, option.uuid)
