"""Questions on the wire. Source: contract 2.16 and section 3, Quiz: questions with options, one of which is right.

All else is ours: position, points, explanation, and for kinds that the contract does not know the `key`, whose form is
that of `domain.assessments.keys` (a student gets a `body` without what is right in its place).
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from backend.core.errors import Broken, Invalid
from backend.core.ids import unordered_uuid
from backend.domain.assessments.drafts import KeyOrOptions, QuestionChange, QuestionDraft
from backend.domain.assessments.keys import NOTHING, WHOLE, Choice, Key
from backend.domain.assessments.papers import UNMIXED, PaperBody, PaperPart, PaperQuestion, body_of
from backend.domain.assessments.queries import QuestionView, SectionView
from backend.domain.assessments.question_commands import SectionPlan
from backend.domain.assessments.terms import QuestionKind, TextFormat

Long = Annotated[str, Meta(max_length=20_000)]
Text = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"\S")]
OptionText = Annotated[str, Meta(min_length=1, max_length=5000, pattern=r"\S")]
Feedback = Annotated[str, Meta(max_length=5000)]
Points = Annotated[float, Meta(ge=0.01, le=1000)]
Penalty = Annotated[float, Meta(ge=0, le=1000)]
Floor = Annotated[float, Meta(ge=-1000, le=0)]
FileName = Annotated[str, Meta(min_length=1, max_length=500)]
Files = Annotated[list[FileName], Meta(max_length=20)]
Draw = Annotated[int, Meta(ge=1, le=500)]
SectionTitle = Annotated[str, Meta(max_length=255)]

_CONTRACT = (QuestionKind.SINGLE_CHOICE, QuestionKind.TRUE_FALSE)


class OptionIn(Struct):
    """A possible answer; with the `id` that it has it stays the same one."""

    option_text: OptionText
    is_correct: bool
    id: UUID | UnsetType = UNSET
    feedback: Feedback = ""

    def choice(self) -> Choice:
        """In the domain's terms."""
        return Choice(
            uuid=unordered_uuid() if self.id is UNSET else self.id,
            text=self.option_text,
            fraction=WHOLE if self.is_correct else NOTHING,
            feedback=self.feedback,
        )


Options = Annotated[list[OptionIn], Meta(max_length=26)]


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))


class QuestionIn(Struct):
    """A question with its options in order, or with a key of whatever kind."""

    question: Text
    options: Options | UnsetType = UNSET
    key: Key | UnsetType = UNSET
    points: Points = 1.0
    explanation: Long | None = None
    format: TextFormat = TextFormat.PLAIN
    penalty: Penalty = 0.0
    floor: Floor | None = None
    feedback_right: Feedback = ""
    feedback_wrong: Feedback = ""
    attachments: Files = field(default_factory=list)
    section_id: UUID | None = None

    def draft(self) -> QuestionDraft:
        """In the domain's terms. Raises: Invalid unless it has either options or a key."""
        return QuestionDraft(
            text=self.question,
            key=_key(self.options, self.key),
            text_format=self.format,
            points=_decimal(self.points),
            penalty=_decimal(self.penalty),
            floor=None if self.floor is None else _decimal(self.floor),
            explanation=self.explanation,
            feedback_right=self.feedback_right,
            feedback_wrong=self.feedback_wrong,
            files=self.attachments,
            section=self.section_id,
        )


def _key(options: list[OptionIn] | UnsetType, key: Key | UnsetType) -> KeyOrOptions:
    if options is not UNSET and key is not UNSET:
        raise Invalid(fields={"key": Broken("unexpected")})
    if key is not UNSET:
        return key
    if options is UNSET:
        raise Invalid(fields={"options": Broken("required")})
    return tuple([option.choice() for option in options])


class QuestionUpdateIn(Struct):
    """What to change of a question; options, key and files are replaced as a whole."""

    question: Text | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    key: Key | UnsetType = UNSET
    points: Points | UnsetType = UNSET
    explanation: Long | UnsetType | None = UNSET
    format: TextFormat | UnsetType = UNSET
    penalty: Penalty | UnsetType = UNSET
    floor: Floor | UnsetType | None = UNSET
    feedback_right: Feedback | UnsetType = UNSET
    feedback_wrong: Feedback | UnsetType = UNSET
    attachments: Files | UnsetType = UNSET

    def change(self) -> QuestionChange:
        """In the domain's terms. Raises: Invalid when it has both options and a key."""
        return QuestionChange(
            text=self.question,
            key=UNSET if self.options is UNSET and self.key is UNSET else _key(self.options, self.key),
            text_format=self.format,
            points=UNSET if self.points is UNSET else _decimal(self.points),
            penalty=UNSET if self.penalty is UNSET else _decimal(self.penalty),
            floor=_decimal(self.floor) if isinstance(self.floor, int | float) else self.floor,
            explanation=self.explanation,
            feedback_right=self.feedback_right,
            feedback_wrong=self.feedback_wrong,
            files=self.attachments,
        )


class OrderIn(Struct):
    """Every question of the quiz, in the order to be."""

    question_ids: Annotated[list[UUID], Meta(max_length=1000)]


class SectionIn(Struct):
    """A section; without `id` it is a new one. `draw`: each attempt gets so many of its questions, by lot."""

    title: SectionTitle = ""
    draw: Draw | None = None
    id: UUID | None = None

    def plan(self) -> SectionPlan:
        """In the domain's terms."""
        return SectionPlan(title=self.title, draw=self.draw, uuid=self.id)


class SectionsIn(Struct):
    """All sections of a quiz, in order."""

    sections: Annotated[list[SectionIn], Meta(min_length=1, max_length=50)]


class SectionOut(Struct, kw_only=True):
    """A part of a quiz."""

    id: UUID
    position: int
    title: str
    draw: int | None
    question_count: int

    @classmethod
    def of(cls, view: SectionView) -> "SectionOut":
        """What staff see of it."""
        return cls(
            id=view.uuid,
            position=view.position,
            title=view.title,
            draw=view.draw,
            question_count=view.question_count,
        )


class StudentOptionOut(Struct):
    """A possible answer, for students."""

    id: UUID
    question_id: UUID
    option_text: str

    @classmethod
    def of(cls, question_id: UUID, view: PaperPart) -> "StudentOptionOut":
        """What a student sees of an option."""
        return cls(view.uuid, question_id, view.text)


class StudentQuestionOut(Struct):
    """A question, for students: nothing in it tells what is right.

    Ours: what only kinds have that the contract does not know, a format that is not plain, and files.
    """

    id: UUID
    quiz_id: UUID
    position: int
    question: str
    points: float
    options: list[StudentOptionOut]
    kind: QuestionKind | UnsetType = UNSET
    body: PaperBody | UnsetType = UNSET
    format: TextFormat | UnsetType = UNSET
    attachments: list[str] | UnsetType = UNSET

    @classmethod
    def of(
        cls, quiz_id: UUID, view: PaperQuestion, *, position: int | None = None, seed: int = UNMIXED
    ) -> "StudentQuestionOut":
        """What a student sees of a question, mixed by the attempt's seed, at its place in the attempt."""
        body = view.body if seed == UNMIXED else body_of(view.key, view.uuid, seed)
        known = view.kind in _CONTRACT
        return cls(
            id=view.uuid,
            quiz_id=quiz_id,
            position=view.position if position is None else position,
            question=view.text,
            points=float(view.points),
            options=[StudentOptionOut.of(view.uuid, option) for option in body.options],
            kind=UNSET if known else view.kind,
            body=UNSET if known else body,
            format=UNSET if view.text_format is TextFormat.PLAIN else view.text_format,
            attachments=list(view.files) or UNSET,
        )


class OptionOut(Struct):
    """A possible answer, for staff."""

    id: UUID
    question_id: UUID
    option_text: str
    is_correct: bool

    @classmethod
    def of(cls, question_id: UUID, view: Choice) -> "OptionOut":
        """What staff see of an option."""
        return cls(view.uuid, question_id, view.text, view.is_correct)


class QuestionOut(Struct, kw_only=True):
    """A question with its key, for staff."""

    id: UUID
    quiz_id: UUID
    section_id: UUID
    position: int
    question: str
    points: float
    explanation: str | None
    options: list[OptionOut]
    kind: QuestionKind
    key: Key
    key_version: int
    format: TextFormat
    penalty: float
    floor: float | None
    feedback_right: str
    feedback_wrong: str
    attachments: list[str]
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: QuestionView) -> "QuestionOut":
        """What staff see of a question."""
        return cls(
            id=view.uuid,
            quiz_id=view.quiz_uuid,
            section_id=view.section_uuid,
            position=view.position,
            question=view.text,
            points=float(view.points),
            explanation=view.explanation,
            options=[OptionOut.of(view.uuid, option) for option in view.options],
            kind=view.kind,
            key=view.key,
            key_version=view.key_version,
            format=view.text_format,
            penalty=float(view.penalty),
            floor=None if view.floor is None else float(view.floor),
            feedback_right=view.feedback_right,
            feedback_wrong=view.feedback_wrong,
            attachments=list(view.files),
            created_at=view.created_at,
            updated_at=view.updated_at,
        )
