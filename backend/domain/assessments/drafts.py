"""A question as it is to be: what a person, a sheet or a file of questions says of it."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from backend.domain.assessments.keys import Choice, Key
from backend.domain.assessments.terms import TextFormat

KeyOrOptions = Key | tuple[Choice, ...]
"""A key, or options alone: then the kind is what the type of the quiz says, or what the question is."""


class QuestionDraft(Struct, frozen=True, kw_only=True):
    """A question with its key.

    `penalty`: points taken for each wrong answer (for a question with several parts: for each wrong part). `floor`:
    the least that the question can give, None: as much below 0 as it is worth. `explanation` is the feedback whatever
    was answered; the other two go with a right and a wrong answer. `files`: uuids or addresses of pictures and audio.
    `section`: None is the last one.
    """

    text: str
    key: KeyOrOptions
    text_format: TextFormat = TextFormat.PLAIN
    points: Decimal = Decimal(1)
    penalty: Decimal = Decimal(0)
    floor: Decimal | None = None
    explanation: str | None = None
    feedback_right: str = ""
    feedback_wrong: str = ""
    files: Sequence[UUID | str] = ()
    section: UUID | None = None


class QuestionChange(Struct, frozen=True, kw_only=True):
    """What is to change about a question; the key and the files are replaced as a whole."""

    text: str | UnsetType = UNSET
    key: KeyOrOptions | UnsetType = UNSET
    text_format: TextFormat | UnsetType = UNSET
    points: Decimal | UnsetType = UNSET
    penalty: Decimal | UnsetType = UNSET
    floor: Decimal | UnsetType | None = UNSET
    explanation: str | UnsetType | None = UNSET
    feedback_right: str | UnsetType = UNSET
    feedback_wrong: str | UnsetType = UNSET
    files: Sequence[UUID | str] | UnsetType = UNSET


class KeyChange(Struct, frozen=True, kw_only=True):
    """What may change about a question that was taken: what is right, what it is worth, and what is said of it."""

    key: KeyOrOptions | UnsetType = UNSET
    points: Decimal | UnsetType = UNSET
    penalty: Decimal | UnsetType = UNSET
    floor: Decimal | UnsetType | None = UNSET
    explanation: str | UnsetType | None = UNSET
    feedback_right: str | UnsetType = UNSET
    feedback_wrong: str | UnsetType = UNSET
