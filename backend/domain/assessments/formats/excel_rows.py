"""A question as the cells of a row."""

from decimal import Decimal

import msgspec

from backend.domain.assessments.formats.excel_columns import KINDS, LETTERS, NO, OPTION, SCORINGS, WEIGHT
from backend.domain.assessments.formats.findings import Asked, Code, Findings, Format, Part, QuestionUnfit, Severity
from backend.domain.assessments.formats.gift_numbers import written
from backend.domain.assessments.formats.saying import unsaid
from backend.domain.assessments.formats.texts import digits, percent
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    EssayKey,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    OrderingKey,
    OrderingScoring,
    ShortTextKey,
    SingleChoiceKey,
    SpeakingKey,
    TrueFalseKey,
    options_of,
)
from backend.domain.assessments.terms import TextFormat

_ARROW = "->"


class Line(msgspec.Struct):
    """The cells of a row: by column, and those of the options."""

    cells: dict[str, str]
    options: list[str]
    feedback: list[str]
    weights: list[str]

    def at(self, key: str | tuple[str, int], number: int) -> str:
        """What stands in a column; `number` is the row's own."""
        if key == "no":
            return str(number)
        if isinstance(key, str):
            return self.cells.get(key, "")
        series = {OPTION: self.options, WEIGHT: self.weights}.get(key[0], self.feedback)
        return series[key[1]] if key[1] < len(series) else ""

    def texts(self) -> list[str]:
        """All that stands in it."""
        return [*self.cells.values(), *self.options, *self.feedback]


def line(asked: Asked, found: Findings) -> Line:
    """The row of a question; what it cannot say is found, and left out.

    Raises: QuestionUnfit for a question that a row cannot say at all.
    """
    kind = KINDS.get(asked.kind)
    if kind is None:
        raise _not_sayable(str(asked.kind))
    for part in unsaid(asked, Format.XLSX):
        found.unsupported(asked.line, part, asked.text)
    made = _Maker(asked, found)
    made.fill()
    if len(made.options) > len(LETTERS):
        raise _not_sayable(asked.text)
    cells = {
        "kind": kind,
        "question": asked.text.strip(),
        "points": digits(asked.points),
        "explanation": (asked.explanation or "").strip(),
        "penalty": digits(asked.penalty) if asked.penalty else "",
        "floor": "" if asked.floor is None else digits(asked.floor),
        "right": asked.feedback_right.strip(),
        "wrong": asked.feedback_wrong.strip(),
        "format": "" if asked.text_format is TextFormat.PLAIN else str(asked.text_format),
        "section": " ".join(asked.category.split()),
        **made.cells,
    }
    used = {key: text for key, text in cells.items() if text}
    return Line(used, made.options, _trimmed(made.feedback), _trimmed(made.weights))


class _Maker:
    """The cells that hang on the question's kind."""

    def __init__(self, asked: Asked, found: Findings) -> None:
        self.asked, self.found = asked, found
        self.cells: dict[str, str] = {}
        self.options: list[str] = []
        self.feedback: list[str] = []
        self.weights: list[str] = []

    def fill(self) -> None:
        """By the kind."""
        key = self.asked.key
        if isinstance(key, SingleChoiceKey | TrueFalseKey):
            self._choice(key)
        elif isinstance(key, MultipleResponseKey):
            self._multiple(key)
        elif isinstance(key, ShortTextKey | NumericKey):
            self._typed(key)
        elif isinstance(key, MatchingKey):
            self._matching(key)
        elif isinstance(key, OrderingKey):
            self.options = [item.text.strip() for item in key.items]
            self._scored(key.scoring, OrderingScoring.PLACES)
        elif isinstance(key, EssayKey | SpeakingKey):
            self._by_hand(key)

    def _unless(self, is_sayable: bool, part: Part) -> None:  # noqa: FBT001 - reads as a sentence
        if not is_sayable:
            self.found.unsupported(self.asked.line, part, self.asked.text)

    def _scored(self, scoring: str, usual: str) -> None:
        if scoring != usual:
            self.cells["scoring"] = SCORINGS[scoring]

    def _shuffled(self, *, shuffles: bool) -> None:
        if not shuffles:
            self.cells["shuffle"] = NO

    def _take(self, texts: list[str], fractions: list[Decimal], usual: list[Decimal], feedback: list[str]) -> None:
        self.options = [text.strip() for text in texts]
        self.feedback = [text.strip() for text in feedback]
        self.weights = ["" if one == other else percent(one) for one, other in zip(fractions, usual, strict=True)]

    def _choice(self, key: SingleChoiceKey | TrueFalseKey) -> None:
        right = [option.fraction == WHOLE for option in key.options]
        self._take(
            [option.text for option in key.options],
            [option.fraction for option in key.options],
            [WHOLE if is_right else NOTHING for is_right in right],
            [option.feedback for option in key.options],
        )
        self.cells["answer"] = "".join(letter for letter, is_right in zip(LETTERS, right, strict=False) if is_right)
        if isinstance(key, SingleChoiceKey):
            self._shuffled(shuffles=key.shuffles)

    def _multiple(self, key: MultipleResponseKey) -> None:
        is_weighed = key.scoring is MultipleScoring.FRACTIONS
        right = [option.fraction == WHOLE if is_weighed else option.is_correct for option in options_of(key)]
        self._take(
            [option.text for option in key.options],
            [option.fraction for option in key.options],
            [WHOLE if is_right else NOTHING for is_right in right],
            [option.feedback for option in key.options],
        )
        letters = [letter for letter, is_right in zip(LETTERS, right, strict=False) if is_right]
        self.cells["answer"] = ",".join(letters)
        self._scored(key.scoring, MultipleScoring.ALL_OR_NOTHING)
        self._shuffled(shuffles=key.shuffles)

    def _typed(self, key: ShortTextKey | NumericKey) -> None:
        if isinstance(key, ShortTextKey):
            self._unless(not key.is_case_sensitive, Part.CASE)
            texts = [one.text for one in key.accepted]
        else:
            self._unless(not key.units, Part.UNITS)
            self._unless(not any(one.is_relative and one.tolerance for one in key.accepted), Part.TOLERANCE)
            texts = [written(one) for one in key.accepted]
        fractions = [one.fraction for one in key.accepted]
        self._take(texts, fractions, [WHOLE] * len(texts), [one.feedback for one in key.accepted])

    def _matching(self, key: MatchingKey) -> None:
        texts = {target.uuid: target.text.strip() for target in key.targets}
        self._unless(len(set(texts.values())) == len(texts), Part.TWICE)
        if any(_ARROW in stem.text for stem in key.stems):
            raise _not_sayable(_ARROW)
        used = {stem.target for stem in key.stems}
        self.options = [f"{stem.text.strip()} {_ARROW} {texts[stem.target]}" for stem in key.stems]
        self.options += [f"{_ARROW} {text}" for uuid, text in texts.items() if uuid not in used]
        whole = OrderingScoring.ALL_OR_NOTHING if key.is_all_or_nothing else OrderingScoring.PLACES
        self._scored(whole, OrderingScoring.PLACES)
        self._shuffled(shuffles=key.shuffles)

    def _by_hand(self, key: EssayKey | SpeakingKey) -> None:
        self._unless(not key.rubric, Part.RUBRIC)
        self._unless(not (key.notes or getattr(key, "template", "")), Part.TEMPLATE)
        limits = [getattr(key, name, None) for name in ("min_words", "max_words", "max_s")]
        self._unless(limits == [None] * 3, Part.WORDS)


def _trimmed(texts: list[str]) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _not_sayable(what: str) -> QuestionUnfit:
    return QuestionUnfit(Code.KIND_UNSUPPORTED, what, severity=Severity.UNSUPPORTED)
