"""Words of this feature, without any import of ours."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType


class QuizType(StrEnum):
    """What the questions of a quiz look like."""

    MULTIPLE_CHOICE = "mc"
    TRUE_FALSE = "tf"


class QuestionKind(StrEnum):
    """How a question is answered and scored."""

    SINGLE_CHOICE = "single_choice"
    TRUE_FALSE = "true_false"


class QuizPlan(Struct, frozen=True, kw_only=True):
    """What a quiz is to be. `max_attempts` 0 means unlimited."""

    title: str
    quiz_type: QuizType
    duration_s: int
    max_attempts: int
    is_open: bool
    description: str | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None


class QuizChange(Struct, frozen=True, kw_only=True):
    """What is to change about a quiz."""

    title: str | UnsetType = UNSET
    quiz_type: QuizType | UnsetType = UNSET
    duration_s: int | UnsetType = UNSET
    max_attempts: int | UnsetType = UNSET
    is_open: bool | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    opens_at: datetime | UnsetType | None = UNSET
    closes_at: datetime | UnsetType | None = UNSET


class OptionDraft(Struct, frozen=True):
    """A possible answer."""

    text: str
    is_correct: bool


class QuestionDraft(Struct, frozen=True, kw_only=True):
    """A question with its options, in order."""

    text: str
    options: Sequence[OptionDraft]
    points: Decimal = Decimal(1)
    explanation: str | None = None


class QuestionChange(Struct, frozen=True, kw_only=True):
    """What is to change about a question; options are replaced as a whole."""

    text: str | UnsetType = UNSET
    options: Sequence[OptionDraft] | UnsetType = UNSET
    points: Decimal | UnsetType = UNSET
    explanation: str | UnsetType | None = UNSET
