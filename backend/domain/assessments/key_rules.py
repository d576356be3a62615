"""Which keys fit: pure, one function per kind. A problem names the field and, in lists, the position from 1."""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from backend.domain.assessments.keys import (
    LARGEST_NUMBER,
    NOTHING,
    WHOLE,
    AcceptedNumber,
    BlanksKey,
    Choice,
    Criterion,
    EssayKey,
    Key,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    OrderingKey,
    ShortTextKey,
    SingleChoiceKey,
    SpeakingKey,
    TrueFalseKey,
    UnitUse,
)

MOST_PARTS = 50
"""Options, pairs, items, gaps, accepted answers, criteria: of each at most so many."""
MOST_TEXT = 5000
MOST_DIGITS = 30

GAP = re.compile(r"\[\[(\d{1,3})\]\]")
"""Where a gap stands in the text of a question: `[[1]]`."""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a key: the field with its position ("options[2].fraction"), the rule, and what was found."""

    place: str
    rule: str
    found: str = ""


Problems = Iterator[Problem]


def problems(key: Key, text: str = "") -> list[Problem]:
    """All that is wrong with the key of a question of this text; nothing: it fits."""
    return list(_no_numbers("", key)) or list(_CHECKS[type(key)](key, text))


def _no_numbers(place: str, part: msgspec.Struct) -> Problems:
    """Numbers that are none, or longer than anybody needs; nothing else can be looked at while there are any."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if isinstance(value, Decimal) and not (value.is_finite() and len(value.as_tuple().digits) <= MOST_DIGITS):
            yield Problem(f"{place}{name}", "no_number", str(value)[:60])
        for number, one in enumerate(value if isinstance(value, tuple) else (), 1):
            yield from _no_numbers(f"{place}{name}[{number}].", one)
        if isinstance(value, msgspec.Struct):
            yield from _no_numbers(f"{place}{name}.", value)


def _count(place: str, parts: Sequence[object], *, least: int = 1) -> Problems:
    if len(parts) < least:
        yield Problem(place, "too_few", str(len(parts)))
    if len(parts) > MOST_PARTS:
        yield Problem(place, "too_many", str(len(parts)))


def _texts(place: str, texts: Sequence[str]) -> Problems:
    for number, text in enumerate(texts, 1):
        if not text.strip():
            yield Problem(f"{place}[{number}].text", "empty")
        elif len(text) > MOST_TEXT:
            yield Problem(f"{place}[{number}].text", "too_long", str(len(text)))


def _names(place: str, uuids: Sequence[UUID]) -> Problems:
    seen: set[UUID] = set()
    for number, uuid in enumerate(uuids, 1):
        if uuid in seen:
            yield Problem(f"{place}[{number}].uuid", "twice", str(uuid))
        seen.add(uuid)


def _fractions(place: str, fractions: Sequence[Decimal], *, least: Decimal = NOTHING) -> Problems:
    for number, fraction in enumerate(fractions, 1):
        if not least <= fraction <= WHOLE:
            yield Problem(f"{place}[{number}].fraction", "out_of_range", str(fraction))


def _accepted(place: str, fractions: Sequence[Decimal]) -> Problems:
    yield from _fractions(place, fractions)
    if WHOLE not in fractions:
        yield Problem(place, "none_right")


def _options(options: Sequence[Choice]) -> Problems:
    yield from _count("options", options, least=2)
    yield from _texts("options", [option.text for option in options])
    yield from _names("options", [option.uuid for option in options])
    yield from _fractions("options", [option.fraction for option in options], least=-WHOLE)


def _one_right(options: Sequence[Choice]) -> Problems:
    right = sum(option.fraction == WHOLE for option in options)
    if right != 1:
        yield Problem("options", "not_one_right", str(right))


def _single(key: SingleChoiceKey, _: str) -> Problems:
    yield from _options(key.options)
    yield from _one_right(key.options)


def _true_false(key: TrueFalseKey, _: str) -> Problems:
    if len(key.options) != 2:
        yield Problem("options", "not_two", str(len(key.options)))
    yield from _options(key.options)
    yield from _one_right(key.options)


def _multiple(key: MultipleResponseKey, _: str) -> Problems:
    yield from _options(key.options)
    right = [option.fraction for option in key.options if option.is_correct]
    if not right:
        yield Problem("options", "none_right")
    elif key.scoring is MultipleScoring.FRACTIONS and sum(right) < Decimal("0.99"):  # three thirds in two decimals
        yield Problem("options", "not_whole", str(sum(right)))


def _short_text(key: ShortTextKey, _: str) -> Problems:
    yield from _count("accepted", key.accepted)
    yield from _texts("accepted", [accepted.text for accepted in key.accepted])
    yield from _accepted("accepted", [accepted.fraction for accepted in key.accepted])


def _numeric(key: NumericKey, _: str) -> Problems:
    yield from _count("accepted", key.accepted)
    for number, accepted in enumerate(key.accepted, 1):
        yield from _number(f"accepted[{number}]", accepted)
    yield from _accepted("accepted", [accepted.fraction for accepted in key.accepted])
    yield from _units(key)


def _number(place: str, accepted: AcceptedNumber) -> Problems:
    for name in ("value", "low", "high"):
        value = getattr(accepted, name)
        if value is not None and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            yield Problem(f"{place}.{name}", "out_of_range", str(value))
    if (accepted.low is None) != (accepted.high is None):
        yield Problem(f"{place}.{'low' if accepted.low is None else 'high'}", "missing")
    elif accepted.low is not None and accepted.high is not None and accepted.low > accepted.high:
        yield Problem(f"{place}.high", "below_low", str(accepted.high))
    if accepted.value is not None and accepted.low is not None:
        yield Problem(f"{place}.value", "beside_range", str(accepted.value))
    if accepted.value is None and accepted.low is None and accepted.fraction == WHOLE:
        yield Problem(f"{place}.value", "missing")
    if not 0 <= accepted.tolerance <= LARGEST_NUMBER:
        yield Problem(f"{place}.tolerance", "out_of_range", str(accepted.tolerance))


def _units(key: NumericKey) -> Problems:
    if len(key.units) > MOST_PARTS:
        yield Problem("units", "too_many", str(len(key.units)))
    seen: set[str] = set()
    for number, unit in enumerate(key.units, 1):
        name = unit.name.strip()
        if not name or len(name) > 50 or name[0].isdigit():
            yield Problem(f"units[{number}].name", "unfit", unit.name[:60])
        if name in seen:
            yield Problem(f"units[{number}].name", "twice", name)
        seen.add(name)
        if not 0 <= unit.factor <= LARGEST_NUMBER or unit.factor == 0:
            yield Problem(f"units[{number}].factor", "out_of_range", str(unit.factor))
    if key.unit_use is not UnitUse.OPTIONAL and not key.units:
        yield Problem("units", "missing")
    if not 0 <= key.unit_penalty <= 1:
        yield Problem("unit_penalty", "out_of_range", str(key.unit_penalty))


def _matching(key: MatchingKey, _: str) -> Problems:
    yield from _count("stems", key.stems, least=2)
    yield from _count("targets", key.targets, least=2)
    yield from _texts("stems", [stem.text for stem in key.stems])
    yield from _texts("targets", [target.text for target in key.targets])
    yield from _names("stems", [stem.uuid for stem in key.stems])
    yield from _names("targets", [target.uuid for target in key.targets])
    known = {target.uuid for target in key.targets}
    for number, stem in enumerate(key.stems, 1):
        if stem.target not in known:
            yield Problem(f"stems[{number}].target", "unknown", str(stem.target))


def _ordering(key: OrderingKey, _: str) -> Problems:
    yield from _count("items", key.items, least=2)
    yield from _texts("items", [item.text for item in key.items])
    yield from _names("items", [item.uuid for item in key.items])


def _blanks(key: BlanksKey, text: str) -> Problems:
    yield from _count("gaps", key.gaps)
    yield from _names("gaps", [gap.uuid for gap in key.gaps])
    for number, gap in enumerate(key.gaps, 1):
        if not 0 <= gap.weight <= 1000 or gap.weight == 0:
            yield Problem(f"gaps[{number}].weight", "out_of_range", str(gap.weight))
        for problem in problems(gap.key):
            yield Problem(f"gaps[{number}].{problem.place}", problem.rule, problem.found)
    asked = [int(found) for found in GAP.findall(text)]
    if sorted(asked) != list(range(1, len(key.gaps) + 1)):
        yield Problem("text", "gaps_differ", ", ".join(str(number) for number in asked[:20]))


def _rubric(rubric: Sequence[Criterion]) -> Problems:
    if len(rubric) > MOST_PARTS:
        yield Problem("rubric", "too_many", str(len(rubric)))
    yield from _texts("rubric", [criterion.text for criterion in rubric])
    yield from _names("rubric", [criterion.uuid for criterion in rubric])
    for number, criterion in enumerate(rubric, 1):
        place = f"rubric[{number}].levels"
        yield from _count(place, criterion.levels)
        yield from _names(place, [level.uuid for level in criterion.levels])
        for at, level in enumerate(criterion.levels, 1):
            if not 0 <= level.points <= 1000:
                yield Problem(f"{place}[{at}].points", "out_of_range", str(level.points))
    if rubric and not any(level.points > 0 for criterion in rubric for level in criterion.levels):
        yield Problem("rubric", "worthless")


def _essay(key: EssayKey, _: str) -> Problems:
    yield from _rubric(key.rubric)
    for name, words in (("min_words", key.min_words), ("max_words", key.max_words)):
        if words is not None and not 1 <= words <= 50_000:
            yield Problem(name, "out_of_range", str(words))
    if key.min_words and key.max_words and key.min_words > key.max_words:
        yield Problem("max_words", "below_min", str(key.max_words))


def _speaking(key: SpeakingKey, _: str) -> Problems:
    yield from _rubric(key.rubric)
    if key.max_s is not None and not 1 <= key.max_s <= 3600:
        yield Problem("max_s", "out_of_range", str(key.max_s))


_CHECKS: dict[type, Callable[[Any, str], Problems]] = {
    SingleChoiceKey: _single,
    TrueFalseKey: _true_false,
    MultipleResponseKey: _multiple,
    ShortTextKey: _short_text,
    NumericKey: _numeric,
    MatchingKey: _matching,
    OrderingKey: _ordering,
    BlanksKey: _blanks,
    EssayKey: _essay,
    SpeakingKey: _speaking,
}
