"""Words of this feature, without any import of ours."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import UNSET, Struct, UnsetType


class QuizType(StrEnum):
    """What the contract calls the type of a quiz: the kind that a question has if none is said."""

    MULTIPLE_CHOICE = "mc"
    TRUE_FALSE = "tf"


class QuestionKind(StrEnum):
    """How a question is answered and scored."""

    SINGLE_CHOICE = "single_choice"
    TRUE_FALSE = "true_false"
    MULTIPLE_RESPONSE = "multiple_response"
    SHORT_TEXT = "short_text"
    NUMERIC = "numeric"
    MATCHING = "matching"
    ORDERING = "ordering"
    BLANKS = "blanks"
    ESSAY = "essay"
    SPEAKING = "speaking"


class TextFormat(StrEnum):
    """How the texts of a question are to be read."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    HTML = "html"


class Counts(StrEnum):
    """Which attempt counts, of those that have a result; the average is that of all."""

    BEST = "best"
    LAST = "last"
    FIRST = "first"
    AVERAGE = "average"


class Shown(StrEnum):
    """From when on something of an attempt that is over is shown to who took it."""

    AFTER_SUBMIT = "after_submit"
    AFTER_CLOSE = "after_close"
    NEVER = "never"


class Review(Struct, frozen=True, kw_only=True):
    """What is shown of an attempt that is over, and from when on; what is left out is as it always was.

    `score` is the result as a whole; `verdicts` are right, partly right, wrong; `points` those of each question;
    `key` is what would have been right.
    """

    score: Shown = Shown.AFTER_SUBMIT
    answers: Shown = Shown.AFTER_SUBMIT
    verdicts: Shown = Shown.NEVER
    points: Shown = Shown.NEVER
    key: Shown = Shown.NEVER
    feedback: Shown = Shown.NEVER


class QuizPlan(Struct, frozen=True, kw_only=True):
    """What a quiz is to be. `max_attempts` 0 means unlimited; `pause_s` lies between the end of one and the next.

    `grace_s`: how long after the deadline an answer that was on its way is taken. `is_sequential`: the questions come
    one after the other, and `shows_answered`: with those that came before, which can be answered no more.
    `must_pass`: for progress, the gate and the certificate it is done once the score that counts has the pass mark.
    """

    title: str
    quiz_type: QuizType
    duration_s: int
    max_attempts: int
    is_open: bool
    description: str | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    shuffles_questions: bool = False
    shuffles_options: bool = False
    is_sequential: bool = False
    shows_answered: bool = False
    pause_s: int = 0
    grace_s: int = 5
    counts: Counts = Counts.BEST
    pass_percent: Decimal | None = None
    must_pass: bool = False
    review: Review = Review()


class QuizChange(Struct, frozen=True, kw_only=True):
    """What is to change about a quiz. `review` is changed as a whole."""

    title: str | UnsetType = UNSET
    quiz_type: QuizType | UnsetType = UNSET
    duration_s: int | UnsetType = UNSET
    max_attempts: int | UnsetType = UNSET
    is_open: bool | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    opens_at: datetime | UnsetType | None = UNSET
    closes_at: datetime | UnsetType | None = UNSET
    shuffles_questions: bool | UnsetType = UNSET
    shuffles_options: bool | UnsetType = UNSET
    is_sequential: bool | UnsetType = UNSET
    shows_answered: bool | UnsetType = UNSET
    pause_s: int | UnsetType = UNSET
    grace_s: int | UnsetType = UNSET
    counts: Counts | UnsetType = UNSET
    pass_percent: Decimal | UnsetType | None = UNSET
    must_pass: bool | UnsetType = UNSET
    review: Review | UnsetType = UNSET
