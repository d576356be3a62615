"""What makes a question: per kind its parts and what is right. Kept as JSON, with the kind as its tag.

Each part has a uuid of its own, which stays; it is random, so that it tells no order. Texts are in the format of the
question. Nothing in here reads or writes: `key_rules` says what fits, `papers` what a student sees of it,
`grading.marking` what an answer is worth.
"""

from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

import msgspec
from msgspec import Struct, field

from backend.core.ids import unordered_uuid
from backend.domain.assessments.terms import QuestionKind

WHOLE = Decimal(1)
NOTHING = Decimal(0)
LARGEST_NUMBER = Decimal(10) ** 15
"""No number is larger, neither right nor typed: comparing stays cheap."""


class _Part(Struct, frozen=True, kw_only=True):
    uuid: UUID = field(default_factory=unordered_uuid)


class Choice(_Part, frozen=True, kw_only=True):
    """A possible answer. `fraction` of the points, -1 to 1; below 0 it costs points."""

    text: str
    fraction: Decimal = NOTHING
    feedback: str = ""

    @property
    def is_correct(self) -> bool:
        """Whether it is (also partly) right."""
        return self.fraction > 0


class _Key(Struct, frozen=True, kw_only=True, tag_field="kind"):
    pass


class SingleChoiceKey(_Key, frozen=True, kw_only=True, tag="single_choice"):
    """One of several. `shuffles`: the options may be mixed (an "all of the above" must stay last)."""

    KIND: ClassVar = QuestionKind.SINGLE_CHOICE

    options: tuple[Choice, ...]
    shuffles: bool = True


class TrueFalseKey(_Key, frozen=True, kw_only=True, tag="true_false"):
    """One of two, which are never mixed."""

    KIND: ClassVar = QuestionKind.TRUE_FALSE

    options: tuple[Choice, ...]


class MultipleScoring(StrEnum):
    """What ticks are worth.

    ALL_OR_NOTHING: exactly the right ones. BALANCED: the share of the right ones that were ticked, less the share of
    the wrong ones that were. FRACTIONS: the sum of the options' own fractions; where the
    wrong ones take less together than the right ones give, each takes an equal share of what is missing on top, so
    that nobody gains by ticking everything. Never below 0 or above 1.
    """

    ALL_OR_NOTHING = "all_or_nothing"
    BALANCED = "balanced"
    FRACTIONS = "fractions"


class MultipleResponseKey(_Key, frozen=True, kw_only=True, tag="multiple_response"):
    """Any number of several; an option is right when its fraction is above 0."""

    KIND: ClassVar = QuestionKind.MULTIPLE_RESPONSE

    options: tuple[Choice, ...]
    scoring: MultipleScoring = MultipleScoring.ALL_OR_NOTHING
    shuffles: bool = True

    @property
    def is_unguarded(self) -> bool:
        """Whether its fractions alone would give points to who ticks everything, although some options are wrong."""
        return (
            self.scoring is MultipleScoring.FRACTIONS
            and self.surplus > 0
            and not all(option.is_correct for option in self.options)
        )

    @property
    def surplus(self) -> Decimal:
        """What ticking everything would give by the fractions alone."""
        return sum((option.fraction for option in self.options), NOTHING)


class AcceptedText(Struct, frozen=True, kw_only=True):
    r"""A text and the fraction of the points for it. `*` stands for any text, `\*` for a star, `\\` for `\`."""

    text: str
    fraction: Decimal = WHOLE
    feedback: str = ""


class ShortTextKey(_Key, frozen=True, kw_only=True, tag="short_text"):
    """A text that is typed; the first that fits counts. Compared in Unicode's NFKC, with single inner spaces."""

    KIND: ClassVar = QuestionKind.SHORT_TEXT

    accepted: tuple[AcceptedText, ...]
    is_case_sensitive: bool = False


class AcceptedNumber(Struct, frozen=True, kw_only=True):
    """A number and the fraction of the points for it: around `value`, or from `low` to `high`, both included.

    `is_relative`: the tolerance is a fraction of the value. With none of the three it is whatever else was answered.
    """

    value: Decimal | None = None
    tolerance: Decimal = NOTHING
    is_relative: bool = False
    low: Decimal | None = None
    high: Decimal | None = None
    fraction: Decimal = WHOLE
    feedback: str = ""


class Unit(Struct, frozen=True, kw_only=True):
    """A unit that may be given. `factor`: one of it is so many of what the accepted numbers are in."""

    name: str
    factor: Decimal = WHOLE


class UnitUse(StrEnum):
    """Whether a unit must be given. PENALISED: one that is missing or unknown costs `unit_penalty` of the points."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    PENALISED = "penalised"


class NumericKey(_Key, frozen=True, kw_only=True, tag="numeric"):
    """A number that is typed, with a unit if there are units; the first that fits counts."""

    KIND: ClassVar = QuestionKind.NUMERIC

    accepted: tuple[AcceptedNumber, ...]
    units: tuple[Unit, ...] = ()
    unit_use: UnitUse = UnitUse.OPTIONAL
    unit_penalty: Decimal = NOTHING


class Target(_Part, frozen=True, kw_only=True):
    """Something to match with."""

    text: str


class Stem(_Part, frozen=True, kw_only=True):
    """Something to be matched with the target of this uuid."""

    text: str
    target: UUID


class MatchingKey(_Key, frozen=True, kw_only=True, tag="matching"):
    """Stems to be matched with targets; targets of no stem are distractors, and one may belong to several stems."""

    KIND: ClassVar = QuestionKind.MATCHING

    stems: tuple[Stem, ...]
    targets: tuple[Target, ...]
    is_all_or_nothing: bool = False
    shuffles: bool = True


class Item(_Part, frozen=True, kw_only=True):
    """Something to be put in its place."""

    text: str


class OrderingScoring(StrEnum):
    """What an order is worth.

    PLACES: the share of items that are in their place. NEIGHBOURS: of those that follow the item they should follow.
    """

    ALL_OR_NOTHING = "all_or_nothing"
    PLACES = "places"
    NEIGHBOURS = "neighbours"


class OrderingKey(_Key, frozen=True, kw_only=True, tag="ordering"):
    """Items in the right order."""

    KIND: ClassVar = QuestionKind.ORDERING

    items: tuple[Item, ...]
    scoring: OrderingScoring = OrderingScoring.PLACES


GapKey = SingleChoiceKey | ShortTextKey | NumericKey


class Gap(_Part, frozen=True, kw_only=True):
    """A gap, which is a little question of its own; `weight` is its share beside the other gaps."""

    key: GapKey
    weight: Decimal = WHOLE


class BlanksKey(_Key, frozen=True, kw_only=True, tag="blanks"):
    """A text with gaps: `[[1]]` in it is the first gap."""

    KIND: ClassVar = QuestionKind.BLANKS

    gaps: tuple[Gap, ...]


class Level(_Part, frozen=True, kw_only=True):
    """How well a criterion can be met."""

    text: str
    points: Decimal


class Criterion(_Part, frozen=True, kw_only=True):
    """Something that is looked at when marking by hand."""

    text: str
    levels: tuple[Level, ...]


class EssayKey(_Key, frozen=True, kw_only=True, tag="essay"):
    """A long text, marked by hand: by the rubric's levels if there is one, scaled to the question's points."""

    KIND: ClassVar = QuestionKind.ESSAY

    rubric: tuple[Criterion, ...] = ()
    template: str = ""
    notes: str = ""
    min_words: int | None = None
    max_words: int | None = None


class SpeakingKey(_Key, frozen=True, kw_only=True, tag="speaking"):
    """Something said into a recording, marked by hand as an essay is."""

    KIND: ClassVar = QuestionKind.SPEAKING

    rubric: tuple[Criterion, ...] = ()
    notes: str = ""
    max_s: int | None = None


Key = (
    SingleChoiceKey
    | TrueFalseKey
    | MultipleResponseKey
    | ShortTextKey
    | NumericKey
    | MatchingKey
    | OrderingKey
    | BlanksKey
    | EssayKey
    | SpeakingKey
)
ChoiceKey = SingleChoiceKey | TrueFalseKey | MultipleResponseKey
"""Keys with options, which have rows of their own."""

BY_HAND = frozenset({QuestionKind.ESSAY, QuestionKind.SPEAKING})
"""Kinds that a person marks."""

_decoder: msgspec.json.Decoder[Key] = msgspec.json.Decoder(Key)
_encoder = msgspec.json.Encoder()


def from_json(text: str) -> Key:
    """A key as it is kept."""
    return _decoder.decode(text)


def to_json(key: Key) -> str:
    """A key as it is to be kept."""
    return _encoder.encode(key).decode()


def options_of(key: Key) -> tuple[Choice, ...]:
    """The options of a key, () for kinds without."""
    return key.options if isinstance(key, ChoiceKey) else ()


def rubric_of(key: Key) -> tuple[Criterion, ...]:
    """The rubric of a key, () for kinds without."""
    return key.rubric if isinstance(key, EssayKey | SpeakingKey) else ()
