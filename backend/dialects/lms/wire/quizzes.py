"""Quizzes and their questions on the wire. Source: contract 2.16 and section 3, Quiz.

Ours: question_count, total_points, attempts_used, can_start, reason, settings.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from backend.core.errors import Broken, Invalid
from backend.dialects.lms.envelope import WORDS, tell
from backend.dialects.lms.wire.questions import QuestionOut, StudentQuestionOut
from backend.dialects.lms.wire.text import Moment, Title
from backend.domain.assessments.queries import QuizQuestions, QuizView
from backend.domain.assessments.terms import Counts, QuizChange, QuizPlan, QuizType, Review, Shown
from backend.domain.attempts.queries import StandingView, UpcomingQuizView

Description = Annotated[str, Meta(max_length=20_000)]
Minutes = Annotated[int, Meta(ge=1, le=525_600)]
MaxAttempts = Annotated[int, Meta(ge=1, le=1000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Pause = Annotated[int, Meta(ge=0, le=525_600)]
Grace = Annotated[int, Meta(ge=0, le=3600)]


class Navigation(StrEnum):
    """Whether one has all questions at hand, or one after the other, without a way back."""

    FREE = "free"
    SEQUENTIAL = "sequential"


class ReviewShape(Struct, frozen=True, kw_only=True):
    """What is shown of an attempt that is over, and from when on; what is left out is as it always was."""

    score: Shown = Shown.AFTER_SUBMIT
    own_answers: Shown = Shown.AFTER_SUBMIT
    verdicts: Shown = Shown.NEVER
    points: Shown = Shown.NEVER
    right_answers: Shown = Shown.NEVER
    feedback: Shown = Shown.NEVER

    def review(self) -> Review:
        """In the domain's terms."""
        return Review(
            score=self.score,
            answers=self.own_answers,
            verdicts=self.verdicts,
            points=self.points,
            key=self.right_answers,
            feedback=self.feedback,
        )

    @classmethod
    def of(cls, review: Review) -> "ReviewShape":
        """On the wire."""
        return cls(
            score=review.score,
            own_answers=review.answers,
            verdicts=review.verdicts,
            points=review.points,
            right_answers=review.key,
            feedback=review.feedback,
        )


class SettingsIn(Struct):
    """What a quiz is set to beyond the contract; what is left out stays as it is."""

    shuffle_questions: bool | UnsetType = UNSET
    shuffle_options: bool | UnsetType = UNSET
    navigation: Navigation | UnsetType = UNSET
    show_answered: bool | UnsetType = UNSET
    pause_minute: Pause | UnsetType = UNSET
    grace_second: Grace | UnsetType = UNSET
    counts: Counts | UnsetType = UNSET
    pass_percent: Percent | UnsetType | None = UNSET
    must_pass: bool | UnsetType = UNSET
    review: ReviewShape | UnsetType = UNSET

    def values(self) -> dict[str, Any]:
        """In the domain's terms, by the names of its fields."""
        given = {
            "shuffles_questions": self.shuffle_questions,
            "shuffles_options": self.shuffle_options,
            "is_sequential": UNSET if self.navigation is UNSET else self.navigation is Navigation.SEQUENTIAL,
            "shows_answered": self.show_answered,
            "pause_s": UNSET if self.pause_minute is UNSET else self.pause_minute * 60,
            "grace_s": self.grace_second,
            "counts": self.counts,
            "pass_percent": Decimal(str(self.pass_percent))
            if isinstance(self.pass_percent, int | float)
            else self.pass_percent,
            "must_pass": self.must_pass,
            "review": UNSET if self.review is UNSET else self.review.review(),
        }
        return {name: value for name, value in given.items() if value is not UNSET}


class SettingsOut(Struct, kw_only=True):
    """What a quiz is set to beyond the contract."""

    shuffle_questions: bool
    shuffle_options: bool
    navigation: Navigation
    show_answered: bool
    pause_minute: int
    grace_second: int
    counts: Counts
    pass_percent: float | None
    must_pass: bool
    review: ReviewShape

    @classmethod
    def of(cls, view: QuizView) -> "SettingsOut":
        """What is shown of it."""
        return cls(
            shuffle_questions=view.shuffles_questions,
            shuffle_options=view.shuffles_options,
            navigation=Navigation.SEQUENTIAL if view.is_sequential else Navigation.FREE,
            show_answered=view.shows_answered,
            pause_minute=view.pause_s // 60,
            grace_second=view.grace_s,
            counts=view.counts,
            pass_percent=None if view.pass_percent is None else float(view.pass_percent),
            must_pass=view.must_pass,
            review=ReviewShape.of(view.review),
        )


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
    settings: SettingsIn | UnsetType = UNSET

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
            **({} if self.settings is UNSET else self.settings.values()),
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
    settings: SettingsIn | UnsetType = UNSET

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
            **({} if self.settings is UNSET else self.settings.values()),
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
    settings: SettingsOut | UnsetType = UNSET

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
    def whole(cls, view: QuizView) -> "QuizOut":
        """With what it is set to."""
        return msgspec.structs.replace(cls.of(view), settings=SettingsOut.of(view))

    @classmethod
    def of_standing(cls, view: StandingView, *, english: bool) -> "QuizOut":
        """With how the student who asks stands with it."""
        standing = view.standing
        if standing is None:
            return cls.whole(view.quiz)
        refusal = standing.refusal
        return msgspec.structs.replace(
            cls.whole(view.quiz),
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
            cls.whole(view.quiz), questions=[QuestionOut.of(question) for question in view.questions]
        )
