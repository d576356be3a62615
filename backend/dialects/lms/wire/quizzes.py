"""Quizzes and their questions on the wire. Source: contract 2.16 and section 3, Quiz.

Ours: question_count, total_points, attempts_used, can_start, reason, and a question's position, points, explanation.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from backend.core.errors import Broken, Invalid
from backend.dialects.lms.envelope import WORDS, tell
from backend.dialects.lms.wire.text import Moment, Title
from backend.domain.assessments.queries import (
    OptionView,
    PaperOption,
    PaperQuestion,
    QuestionView,
    QuizQuestions,
    QuizView,
)
from backend.domain.assessments.terms import (
    OptionDraft,
    QuestionChange,
    QuestionDraft,
    QuizChange,
    QuizPlan,
    QuizType,
)
from backend.domain.attempts.queries import StandingView, UpcomingQuizView

Description = Annotated[str, Meta(max_length=20_000)]
Minutes = Annotated[int, Meta(ge=1, le=525_600)]
MaxAttempts = Annotated[int, Meta(ge=1, le=1000)]
Text = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"\S")]
OptionText = Annotated[str, Meta(min_length=1, max_length=5000, pattern=r"\S")]
Points = Annotated[float, Meta(ge=0.01, le=1000)]


class QuizIn(Struct):
    """What a quiz begins with; its type goes by either of its names."""

    OTHER_NAMES: ClassVar = {"quiz_type": "type"}

    title: Title
    duration_minute: Minutes
    max_attempts: MaxAttempts
    is_open: bool
    quiz_type: QuizType | UnsetType = UNSET
    type: QuizType | UnsetType = UNSET
    description: Description | None = None
    start_time: Moment | None = None
    end_time: Moment | None = None

    def plan(self) -> QuizPlan:
        """In the domain's terms. Raises: Invalid when no type was sent."""
        quiz_type = self.type if self.quiz_type is UNSET else self.quiz_type
        if quiz_type is UNSET:
            raise Invalid(fields={"quiz_type": Broken("required")})
        return QuizPlan(
            title=self.title,
            quiz_type=quiz_type,
            duration_s=self.duration_minute * 60,
            max_attempts=self.max_attempts,
            is_open=self.is_open,
            description=self.description,
            opens_at=self.start_time,
            closes_at=self.end_time,
        )


class QuizUpdateIn(Struct):
    """What to change of a quiz. The contract calls the type `type` here and `quiz_type` above: both are taken."""

    title: Title | UnsetType = UNSET
    type: QuizType | UnsetType = UNSET
    quiz_type: QuizType | UnsetType = UNSET
    duration_minute: Minutes | UnsetType = UNSET
    max_attempts: MaxAttempts | UnsetType = UNSET
    is_open: bool | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    start_time: Moment | UnsetType | None = UNSET
    end_time: Moment | UnsetType | None = UNSET

    def change(self) -> QuizChange:
        """In the domain's terms."""
        return QuizChange(
            title=self.title,
            quiz_type=self.quiz_type if self.type is UNSET else self.type,
            duration_s=UNSET if self.duration_minute is UNSET else self.duration_minute * 60,
            max_attempts=self.max_attempts,
            is_open=self.is_open,
            description=self.description,
            opens_at=self.start_time,
            closes_at=self.end_time,
        )


class OptionIn(Struct):
    """A possible answer."""

    option_text: OptionText
    is_correct: bool

    def draft(self) -> OptionDraft:
        """In the domain's terms."""
        return OptionDraft(self.option_text, self.is_correct)


Options = Annotated[list[OptionIn], Meta(max_length=26)]


class QuestionIn(Struct):
    """A question with its options, in order."""

    question: Text
    options: Options
    points: Points = 1.0
    explanation: Description | None = None

    def draft(self) -> QuestionDraft:
        """In the domain's terms."""
        return QuestionDraft(
            text=self.question,
            options=[option.draft() for option in self.options],
            points=Decimal(str(self.points)),
            explanation=self.explanation,
        )


class QuestionUpdateIn(Struct):
    """What to change of a question; options are replaced as a whole."""

    question: Text | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    explanation: Description | UnsetType | None = UNSET

    def change(self) -> QuestionChange:
        """In the domain's terms."""
        return QuestionChange(
            text=self.question,
            options=UNSET if self.options is UNSET else [option.draft() for option in self.options],
            points=UNSET if self.points is UNSET else Decimal(str(self.points)),
            explanation=self.explanation,
        )


class OrderIn(Struct):
    """Every question of the quiz, in the order to be."""

    question_ids: Annotated[list[UUID], Meta(max_length=1000)]


class StudentOptionOut(Struct):
    """A possible answer, for students."""

    id: UUID
    question_id: UUID
    option_text: str

    @classmethod
    def of(cls, question_id: UUID, view: PaperOption) -> "StudentOptionOut":
        """What a student sees of an option."""
        return cls(view.uuid, question_id, view.text)


class StudentQuestionOut(Struct):
    """A question, for students: nothing in it tells what is right."""

    id: UUID
    quiz_id: UUID
    position: int
    question: str
    points: float
    options: list[StudentOptionOut]

    @classmethod
    def of(cls, quiz_id: UUID, view: PaperQuestion) -> "StudentQuestionOut":
        """What a student sees of a question."""
        options = [StudentOptionOut.of(view.uuid, option) for option in view.options]
        return cls(view.uuid, quiz_id, view.position, view.text, float(view.points), options)


class OptionOut(Struct):
    """A possible answer, for staff."""

    id: UUID
    question_id: UUID
    option_text: str
    is_correct: bool

    @classmethod
    def of(cls, question_id: UUID, view: OptionView) -> "OptionOut":
        """What staff see of an option."""
        return cls(view.uuid, question_id, view.text, view.is_correct)


class QuestionOut(Struct, kw_only=True):
    """A question with its key, for staff."""

    id: UUID
    quiz_id: UUID
    position: int
    question: str
    points: float
    explanation: str | None
    options: list[OptionOut]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: QuestionView) -> "QuestionOut":
        """What staff see of a question."""
        return cls(
            id=view.uuid,
            quiz_id=view.quiz_uuid,
            position=view.position,
            question=view.text,
            points=float(view.points),
            explanation=view.explanation,
            options=[OptionOut.of(view.uuid, option) for option in view.options],
            created_at=view.created_at,
            updated_at=view.updated_at,
        )


class QuizOut(Struct, kw_only=True):
    """Shape: Quiz; `questions` are null but where they are asked for, the last three only for the student who asks.

    A paper that was written before is put in as it is (msgspec.Raw).
    """

    id: UUID
    meeting_id: UUID
    title: str
    description: str | None
    type: QuizType
    is_open: bool
    start_time: datetime | None
    end_time: datetime | None
    duration_minute: int
    max_attempts: int
    question_count: int
    total_points: float
    created_at: datetime
    updated_at: datetime
    questions: list[QuestionOut] | list[StudentQuestionOut] | None = None
    attempts_used: int | UnsetType = UNSET
    can_start: bool | UnsetType = UNSET
    reason: str | UnsetType | None = UNSET

    @classmethod
    def of(cls, view: QuizView) -> "QuizOut":
        """What everybody sees of a quiz."""
        return cls(
            id=view.uuid,
            meeting_id=view.meeting_uuid,
            title=view.title,
            description=view.description,
            type=view.quiz_type,
            is_open=view.is_open,
            start_time=view.opens_at,
            end_time=view.closes_at,
            duration_minute=view.duration_s // 60,
            max_attempts=view.max_attempts,
            question_count=view.question_count,
            total_points=float(view.total_points),
            created_at=view.created_at,
            updated_at=view.updated_at,
        )

    @classmethod
    def of_standing(cls, view: StandingView, *, english: bool) -> "QuizOut":
        """With how the student who asks stands with it."""
        standing = view.standing
        if standing is None:
            return cls.of(view.quiz)
        refusal = standing.refusal
        return msgspec.structs.replace(
            cls.of(view.quiz),
            attempts_used=standing.attempts_used,
            can_start=refusal is None,
            reason=tell(WORDS[refusal.code], refusal.data, english=english) if refusal else None,
        )

    @classmethod
    def of_upcoming(cls, view: UpcomingQuizView) -> "QuizOut":
        """With how often the student who asks has taken it."""
        return msgspec.structs.replace(cls.of(view), attempts_used=view.attempts_used)

    @classmethod
    def with_key(cls, view: QuizQuestions) -> "QuizOut":
        """With its questions and what is right, for staff."""
        return msgspec.structs.replace(
            cls.of(view.quiz), questions=[QuestionOut.of(question) for question in view.questions]
        )
