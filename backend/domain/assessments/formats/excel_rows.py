"""A question as the cells of a row, and of the rows below that belong to it."""

from decimal import Decimal

import msgspec

from backend.domain.assessments.formats.excel_columns import (
    KINDS,
    NO,
    OPTION,
    SCORINGS,
    UNIT_USES,
    WEIGHT,
    YES,
    letter,
)
from backend.domain.assessments.formats.findings import Asked, Findings, Format, Part
from backend.domain.assessments.formats.gift_numbers import written
from backend.domain.assessments.formats.saying import unsaid
from backend.domain.assessments.formats.texts import digits, percent
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    BlanksKey,
    Criterion,
    EssayKey,
    Gap,
    Key,
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
    Unit,
    UnitUse,
    rubric_of,
)
from backend.domain.assessments.terms import TextFormat

_ARROW = "->"


class Line(msgspec.Struct):
    """The cells of a row: by column, and those of the options; and the rows that belong to it."""

    cells: dict[str, str]
    options: list[str]
    feedback: list[str]
    weights: list[str]
    parts: list["Line"] = []

    def at(self, key: str | tuple[str, int]) -> str:
        """What stands in a column."""
        if isinstance(key, str):
            return self.cells.get(key, "")
        series = {OPTION: self.options, WEIGHT: self.weights}.get(key[0], self.feedback)
        return series[key[1]] if key[1] < len(series) else ""

    def texts(self) -> list[str]:
        """All that stands in it, and in those that belong to it."""
        below = [text for part in self.parts for text in part.texts()]
        return [*self.cells.values(), *self.options, *self.feedback, *below]


def line(asked: Asked, found: Findings) -> Line:
    """The row of a question; what it cannot say is found, and left out."""
    for part in unsaid(asked, Format.XLSX):
        found.unsupported(asked.line, part, asked.text)
    if isinstance(asked.key, MatchingKey):
        texts = [target.text.strip() for target in asked.key.targets]
        if len(set(texts)) != len(texts):
            found.unsupported(asked.line, Part.TWICE, asked.text)
    row = _line(asked.key)
    row.cells |= {
        "question": asked.text.strip(),
        "points": digits(asked.points),
        "explanation": (asked.explanation or "").strip(),
        "penalty": digits(asked.penalty) if asked.penalty else "",
        "floor": "" if asked.floor is None else digits(asked.floor),
        "right": asked.feedback_right.strip(),
        "wrong": asked.feedback_wrong.strip(),
        "format": "" if asked.text_format is TextFormat.PLAIN else str(asked.text_format),
        "section": " ".join(asked.category.split()),
        "files": "\n".join(asked.files),
        "draw": "" if asked.draw is None else str(asked.draw),
    }
    row.cells = _filled(row.cells)
    return row


def _line(key: Key) -> Line:
    made = _Maker()
    made.fill(key)
    cells = _filled({"kind": KINDS[key.KIND], **made.cells})
    return Line(cells, made.options, _trimmed(made.feedback), _trimmed(made.weights), made.parts)


class _Maker:
    """The cells that hang on the question's kind."""

    def __init__(self) -> None:
        self.cells: dict[str, str] = {}
        self.options: list[str] = []
        self.feedback: list[str] = []
        self.weights: list[str] = []
        self.parts: list[Line] = []

    def fill(self, key: Key) -> None:
        """By the kind."""
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
        elif isinstance(key, BlanksKey):
            self.parts = [_gap(number, gap) for number, gap in enumerate(key.gaps, 1)]
        else:
            self._by_hand(key)

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
        self.cells["answer"] = ",".join(letter(at) for at, is_right in enumerate(right) if is_right)
        if isinstance(key, SingleChoiceKey):
            self._shuffled(shuffles=key.shuffles)

    def _multiple(self, key: MultipleResponseKey) -> None:
        is_weighed = key.scoring is MultipleScoring.FRACTIONS
        right = [option.fraction == WHOLE if is_weighed else option.is_correct for option in key.options]
        self._take(
            [option.text for option in key.options],
            [option.fraction for option in key.options],
            [WHOLE if is_right else NOTHING for is_right in right],
            [option.feedback for option in key.options],
        )
        self.cells["answer"] = ",".join(letter(at) for at, is_right in enumerate(right) if is_right)
        self._scored(key.scoring, MultipleScoring.ALL_OR_NOTHING)
        self._shuffled(shuffles=key.shuffles)

    def _typed(self, key: ShortTextKey | NumericKey) -> None:
        if isinstance(key, ShortTextKey):
            self.cells["cased"] = YES if key.is_case_sensitive else ""
            texts = [one.text for one in key.accepted]
        else:
            texts = [_number(one) for one in key.accepted]
            self.cells |= {
                "units": "\n".join(_unit(unit) for unit in key.units),
                "unit_use": "" if key.unit_use is UnitUse.OPTIONAL else UNIT_USES[key.unit_use],
                "unit_penalty": percent(key.unit_penalty) if key.unit_penalty else "",
            }
        fractions = [one.fraction for one in key.accepted]
        self._take(texts, fractions, [WHOLE] * len(texts), [one.feedback for one in key.accepted])

    def _matching(self, key: MatchingKey) -> None:
        texts = {target.uuid: target.text.strip() for target in key.targets}
        used = {stem.target for stem in key.stems}
        pairs = [(stem.text.strip().replace(_ARROW, "\\" + _ARROW), texts[stem.target]) for stem in key.stems]
        self.options = [f"{stem} {_ARROW} {target}" for stem, target in pairs]
        self.options += [f"{_ARROW} {text}" for uuid, text in texts.items() if uuid not in used]
        whole = OrderingScoring.ALL_OR_NOTHING if key.is_all_or_nothing else OrderingScoring.PLACES
        self._scored(whole, OrderingScoring.PLACES)
        self._shuffled(shuffles=key.shuffles)

    def _by_hand(self, key: EssayKey | SpeakingKey) -> None:
        self.parts = [_criterion(criterion) for criterion in rubric_of(key)]
        self.cells["notes"] = key.notes.strip()
        if isinstance(key, SpeakingKey):
            self.cells["most_s"] = _whole(key.max_s)
        else:
            self.cells |= {
                "template": key.template.strip(),
                "least_words": _whole(key.min_words),
                "most_words": _whole(key.max_words),
            }


def _gap(number: int, gap: Gap) -> Line:
    """A gap is a question of its own, but for its text."""
    row = _line(gap.key)
    row.cells |= {"gap": str(number)} | ({} if gap.weight == WHOLE else {"gap_weight": digits(gap.weight)})
    return row


def _criterion(criterion: Criterion) -> Line:
    levels = [f"{digits(level.points)}: {level.text.strip()}".strip() for level in criterion.levels]
    return Line({"criterion": criterion.text.strip()}, levels, [], [])


def _number(one: AcceptedNumber) -> str:
    if one.value is not None and one.is_relative:
        return f"{digits(one.value)}:{percent(one.tolerance)}%"
    return written(one)


def _unit(unit: Unit) -> str:
    name = unit.name.strip()
    return name if unit.factor == WHOLE and "=" not in name else f"{name} = {digits(unit.factor)}"


def _whole(number: int | None) -> str:
    return "" if number is None else str(number)


def _filled(cells: dict[str, str]) -> dict[str, str]:
    return {key: text for key, text in cells.items() if text}


def _trimmed(texts: list[str]) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    return texts
