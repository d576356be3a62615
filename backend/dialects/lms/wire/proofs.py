"""What staff see and grant around attempts, and the review of an attempt, on the wire. All of it is ours."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.dialects.lms.wire.text import Moment
from backend.dialects.lms.wire.users import UserOut
from backend.domain.assessments.answers import Answer
from backend.domain.assessments.keys import Key
from backend.domain.assessments.paper_queries import KeyVersion
from backend.domain.assessments.terms import QuestionKind
from backend.domain.attempts.overrides import OverridePlan, OverrideView
from backend.domain.attempts.terms import ClosedBy, Refusal
from backend.domain.attempts.timeline import Happening, TimelineEntry
from backend.domain.grading.hand_marking import HandMarkDraft, HandMarkView, WaitingAnswer
from backend.domain.grading.marking import Verdict
from backend.domain.grading.reviews import ReviewedQuestion

Note = Annotated[str, Meta(max_length=2000)]
ExtraMinutes = Annotated[int, Meta(ge=0, le=10_080)]
Factor = Annotated[float, Meta(ge=1, le=10)]
ExtraAttempts = Annotated[int, Meta(ge=0, le=1000)]
HandPoints = Annotated[float, Meta(ge=0, le=1000)]
Levels = Annotated[list[UUID], Meta(min_length=1, max_length=50)]


class OverrideIn(Struct):
    """What somebody is granted at a quiz; what is left out is as for everybody."""

    extra_minute: ExtraMinutes = 0
    time_factor: Factor = 1.0
    extra_attempts: ExtraAttempts = 0
    start_time: Moment | None = None
    end_time: Moment | None = None
    note: Note = ""

    def plan(self) -> OverridePlan:
        """In the domain's terms; the factor has two decimals."""
        return OverridePlan(
            extra_s=self.extra_minute * 60,
            time_factor=Decimal(str(self.time_factor)).quantize(Decimal("0.01")),
            extra_attempts=self.extra_attempts,
            opens_at=self.start_time,
            closes_at=self.end_time,
            note=self.note,
        )


class OverrideOut(Struct, kw_only=True):
    """What somebody is granted at a quiz."""

    id: UUID
    user: UserOut | None
    extra_minute: int
    time_factor: float
    extra_attempts: int
    start_time: datetime | None
    end_time: datetime | None
    note: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: OverrideView) -> "OverrideOut":
        """What staff see of it."""
        return cls(
            id=view.uuid,
            user=None if view.person is None else UserOut.of(view.person),
            extra_minute=view.extra_s // 60,
            time_factor=float(view.time_factor),
            extra_attempts=view.extra_attempts,
            start_time=view.opens_at,
            end_time=view.closes_at,
            note=view.note,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )


class TimelineOut(Struct, kw_only=True):
    """One thing that happened in an attempt. `address` and `user_agent` are those of the session that sent it.

    `deadline_at`: the one that held from then on, where the attempt started or was given another one (`retimed`).
    """

    at: datetime
    what: Happening
    question_id: UUID | None
    selected_option_id: UUID | None
    answer: Answer | None
    refusal: Refusal | None
    by: ClosedBy | None
    by_id: UUID | None
    deadline_at: datetime | None
    session_id: UUID | None
    address: str | None
    user_agent: str | None

    @classmethod
    def of(cls, view: TimelineEntry) -> "TimelineOut":
        """What staff see of it."""
        return cls(
            at=view.at,
            what=view.what,
            question_id=view.question_uuid,
            selected_option_id=view.option_uuid,
            answer=view.answer,
            refusal=view.refusal,
            by=view.by,
            by_id=view.by_uuid,
            deadline_at=view.deadline_at,
            session_id=view.session_uuid,
            address=view.address,
            user_agent=view.user_agent,
        )


class WaitingOut(Struct, kw_only=True):
    """An answer that waits to be marked by hand.

    `recorded_s`: how long a recording is, null until it was looked into; `too_long`: by more than a second longer than
    `max_s`.
    """

    attempt_id: UUID
    question_id: UUID
    kind: QuestionKind
    question: str
    points: float
    answer: Answer
    submitted_at: datetime
    recorded_s: float | None
    max_s: int | None
    too_long: bool | None
    user: UserOut | None

    @classmethod
    def of(cls, view: WaitingAnswer) -> "WaitingOut":
        """What staff see of it."""
        return cls(
            attempt_id=view.attempt_uuid,
            question_id=view.question_uuid,
            kind=view.kind,
            question=view.text,
            points=float(view.points),
            answer=view.answer,
            submitted_at=view.submitted_at,
            recorded_s=view.recorded_s,
            max_s=view.max_s,
            too_long=view.is_too_long,
            user=None if view.person is None else UserOut.of(view.person),
        )


class HandMarkIn(Struct):
    """Points for an answer, or the level of each criterion of the rubric, and something to say."""

    points: HandPoints | None = None
    levels: Levels | None = None
    feedback: Note = ""

    def draft(self) -> HandMarkDraft:
        """In the domain's terms."""
        return HandMarkDraft(
            points=None if self.points is None else Decimal(str(self.points)).quantize(Decimal("0.0001")),
            levels=self.levels,
            feedback=self.feedback,
        )


class HandMarkOut(Struct, kw_only=True):
    """What a person gave for an answer."""

    points: float
    levels: list[UUID] | None
    feedback: str
    created_at: datetime

    @classmethod
    def of(cls, view: HandMarkView) -> "HandMarkOut":
        """What staff see of it."""
        return cls(points=float(view.points), levels=view.levels, feedback=view.feedback, created_at=view.created_at)


class ReviewOut(Struct, kw_only=True):
    """How one question went; what may not be seen is not there."""

    question_id: UUID
    max_points: float
    verdict: Verdict | UnsetType = UNSET
    points: float | UnsetType = UNSET
    right_answer: dict[str, Any] | UnsetType = UNSET
    feedback: list[str] | UnsetType = UNSET
    comment: str | UnsetType = UNSET

    @classmethod
    def of(cls, view: ReviewedQuestion) -> "ReviewOut":
        """What is shown of it."""
        return cls(
            question_id=view.question_uuid,
            max_points=float(view.max_points),
            verdict=UNSET if view.verdict is None else view.verdict,
            points=UNSET if view.points is None else float(view.points),
            right_answer=UNSET if view.right is None else dict(view.right),
            feedback=UNSET if view.feedback is None else view.feedback,
            comment=UNSET if view.comment is None else view.comment,
        )


class KeyVersionOut(Struct, kw_only=True):
    """A key that a question has, or had, from a version of the quiz's keys on."""

    version: int
    key: Key
    points: float
    penalty: float
    floor: float | None
    explanation: str | None
    feedback_right: str
    feedback_wrong: str
    changed_by: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, view: KeyVersion) -> "KeyVersionOut":
        """What staff see of it."""
        return cls(
            version=view.version,
            key=view.key,
            points=float(view.points),
            penalty=float(view.penalty),
            floor=None if view.floor is None else float(view.floor),
            explanation=view.explanation,
            feedback_right=view.feedback_right,
            feedback_wrong=view.feedback_wrong,
            changed_by=view.changed_by_uuid,
            created_at=view.created_at,
        )
