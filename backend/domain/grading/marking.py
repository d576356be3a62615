"""What one answer is worth: pure, one function per kind, each from a key and an answer to a `Part`.

Nothing here knows points; `mark` turns a part into points by the question's worth, penalty and floor.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from backend.domain.assessments import answers as given
from backend.domain.assessments.answers import (
    Answer,
    BlanksAnswer,
    MatchingAnswer,
    MultipleResponseAnswer,
    NumericAnswer,
    OrderingAnswer,
    ShortTextAnswer,
    SingleChoiceAnswer,
    TrueFalseAnswer,
)
from backend.domain.assessments.keys import (
    BY_HAND,
    NOTHING,
    WHOLE,
    AcceptedNumber,
    BlanksKey,
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
    TrueFalseKey,
    UnitUse,
)
from backend.domain.grading import typed

_FRACTION = Decimal("0.0000001")
_POINTS = Decimal("0.0001")
_ALMOST = Decimal("0.99999")
"""From here on a fraction is whole: three thirds that were written with seven places are."""


class Verdict(StrEnum):
    """How an answer is. WAITING: a person must mark it first."""

    RIGHT = "right"
    PARTIAL = "partial"
    WRONG = "wrong"
    UNANSWERED = "unanswered"
    WAITING = "waiting"


class Part(msgspec.Struct, frozen=True):
    """What an answer is worth by itself: -1 to 1, how many parts of it were wrong, and what is said of it."""

    fraction: Decimal
    wrong: int
    feedback: tuple[str, ...] = ()


class Worth(msgspec.Struct, frozen=True):
    """What a question gives: `penalty` goes for each wrong part, and it gives no less than `floor`."""

    points: Decimal
    penalty: Decimal = NOTHING
    floor: Decimal | None = None

    @property
    def least(self) -> Decimal:
        """The fewest points, 0 or less."""
        return -self.points if self.floor is None else self.floor


class Mark(msgspec.Struct, frozen=True):
    """What an answer gives: `points` with four decimals, of `max_points`; `fraction` with seven, before penalties."""

    points: Decimal
    max_points: Decimal
    fraction: Decimal
    verdict: Verdict


def mark(worth: Worth, key: Key, answer: Answer | None) -> Mark:
    """What an answer gives; one that a person must mark is WAITING with 0 points, none at all is UNANSWERED with 0."""
    if answer is None or given.is_empty(answer):
        return Mark(NOTHING, worth.points, NOTHING, Verdict.UNANSWERED)
    if key.KIND in BY_HAND:
        return Mark(NOTHING, worth.points, NOTHING, Verdict.WAITING)
    return of_part(worth, part(key, answer))


def of_part(worth: Worth, made: Part) -> Mark:
    """Points for a part of a question's worth."""
    fraction = WHOLE if made.fraction >= _ALMOST else made.fraction.quantize(_FRACTION, ROUND_HALF_UP)
    points = max(worth.points * fraction - worth.penalty * made.wrong, worth.least)
    return Mark(points.quantize(_POINTS, ROUND_HALF_UP), worth.points, fraction, _verdict(fraction))


def by_hand(worth: Worth, points: Decimal) -> Mark:
    """Points that a person gave, from 0 to what the question is worth."""
    fraction = (points / worth.points).quantize(_FRACTION, ROUND_HALF_UP) if worth.points else WHOLE
    return Mark(points.quantize(_POINTS, ROUND_HALF_UP), worth.points, fraction, _verdict(fraction))


def _verdict(fraction: Decimal) -> Verdict:
    if fraction >= WHOLE:
        return Verdict.RIGHT
    return Verdict.PARTIAL if fraction > 0 else Verdict.WRONG


def part(key: Key, answer: Answer) -> Part:
    """What an answer to a question that a machine marks is worth by itself; one of another kind is wrong."""
    if given.kind_of(answer) != key.KIND or key.KIND in BY_HAND:
        return Part(NOTHING, 1)
    return _PARTS[type(key)](key, answer)


def single_choice(key: SingleChoiceKey | TrueFalseKey, answer: SingleChoiceAnswer | TrueFalseAnswer) -> Part:
    """The fraction of the option that was chosen."""
    return chosen(key, answer.option)


def chosen(key: SingleChoiceKey | TrueFalseKey, option: UUID) -> Part:
    """The fraction of an option; one that the question does not have is wrong."""
    found = next((one for one in key.options if one.uuid == option), None)
    if found is None:
        return Part(NOTHING, 1)
    return Part(found.fraction, int(found.fraction <= 0), _said(found.feedback))


def said_of_option(key: Key, option: UUID) -> tuple[str, ...]:
    """What is said of an option of a question."""
    return chosen(key, option).feedback if isinstance(key, SingleChoiceKey | TrueFalseKey) else ()


def multiple_response(key: MultipleResponseKey, answer: MultipleResponseAnswer) -> Part:
    """By the key's way of scoring; ticking everything gives nothing, unless everything is right."""
    ticked = set(answer.options)
    right = {option.uuid for option in key.options if option.is_correct}
    wrong = {option.uuid for option in key.options} - right
    feedback = _said(*[option.feedback for option in key.options if option.uuid in ticked])
    missed = len(ticked - right)
    if key.scoring is MultipleScoring.ALL_OR_NOTHING:
        return Part(WHOLE if ticked == right else NOTHING, missed, feedback)
    if key.scoring is MultipleScoring.FRACTIONS:
        fraction = sum((option.fraction for option in key.options if option.uuid in ticked), NOTHING)
        if key.is_unguarded:
            fraction -= _share(missed, len(wrong)) * key.surplus
    else:
        fraction = _share(len(ticked & right), len(right)) - _share(missed, len(wrong))
    return Part(min(max(fraction, NOTHING), WHOLE), missed, feedback)


def short_text(key: ShortTextKey, answer: ShortTextAnswer) -> Part:
    """The fraction of the first accepted text that fits."""
    for accepted in key.accepted:
        if typed.matches(accepted.text, answer.text, is_case_sensitive=key.is_case_sensitive):
            return Part(accepted.fraction, int(accepted.fraction <= 0), _said(accepted.feedback))
    return Part(NOTHING, 1)


def numeric(key: NumericKey, answer: NumericAnswer) -> Part:
    """The fraction of the first accepted number that fits, in any reading; less what a missing unit costs."""
    read = typed.number(answer.text, answer.unit)
    if read is None:
        return Part(NOTHING, 1)
    unit = typed.unit_named(key.units, read.unit) if read.unit else None
    if unit is None and (read.unit or key.unit_use is not UnitUse.OPTIONAL) and key.unit_use is not UnitUse.PENALISED:
        return Part(NOTHING, 1)
    factor = unit.factor if unit else WHOLE
    best = max((_read(key, value * factor) for value in read.values), key=lambda made: made.fraction)
    if unit is None and key.unit_use is UnitUse.PENALISED:
        return msgspec.structs.replace(best, fraction=max(best.fraction - key.unit_penalty, NOTHING))
    return best


def _read(key: NumericKey, value: Decimal) -> Part:
    found = next((one for one in key.accepted if _is_near(one, value)), None)
    if found is None:
        return Part(NOTHING, 1)
    return Part(found.fraction, int(found.fraction <= 0), _said(found.feedback))


def _is_near(accepted: AcceptedNumber, value: Decimal) -> bool:
    if accepted.low is not None and accepted.high is not None:
        return accepted.low <= value <= accepted.high
    if accepted.value is None:
        return True
    tolerance = accepted.tolerance * abs(accepted.value) if accepted.is_relative else accepted.tolerance
    return abs(value - accepted.value) <= tolerance


def matching(key: MatchingKey, answer: MatchingAnswer) -> Part:
    """The share of stems that were matched rightly, or nothing unless all were; targets that read the same are one."""
    reads = {target.uuid: target.text for target in key.targets}
    right = sum(reads.get(answer.pairs.get(stem.uuid, stem.uuid)) == reads[stem.target] for stem in key.stems)
    return _of_parts(right, len(key.stems), len(answer.pairs) - right, is_all_or_nothing=key.is_all_or_nothing)


def ordering(key: OrderingKey, answer: OrderingAnswer) -> Part:
    """By the key's way of scoring: items in their places, items that follow the right one, or all or nothing.

    Items that read the same are as good as each other.
    """
    reads = {item.uuid: item.text for item in key.items}
    right, made = [item.text for item in key.items], [reads.get(uuid, "") for uuid in answer.items]
    if key.scoring is OrderingScoring.NEIGHBOURS:
        kept = (Counter(pairwise(right)) & Counter(pairwise(made))).total()
        return _of_parts(kept, len(right) - 1, len(right) - 1 - kept, is_all_or_nothing=False)
    kept = sum(one == other for one, other in zip(right, made, strict=False))
    is_whole = key.scoring is OrderingScoring.ALL_OR_NOTHING
    return _of_parts(kept, len(right), len(right) - kept, is_all_or_nothing=is_whole)


def blanks(key: BlanksKey, answer: BlanksAnswer) -> Part:
    """The mean of the gaps by their weights; a gap that was left empty is not right and not wrong."""
    total = sum((gap.weight for gap in key.gaps), NOTHING)
    parts = [(gap, _gap(gap, answer.gaps.get(gap.uuid, ""))) for gap in key.gaps]
    fraction = sum((gap.weight * made.fraction for gap, made in parts), NOTHING) / total if total else NOTHING
    said = tuple([text for _, made in parts for text in made.feedback])
    return Part(fraction, sum(made.wrong for _, made in parts), said)


def _gap(gap: Gap, text: str) -> Part:
    if not text.strip():
        return Part(NOTHING, 0)
    if isinstance(gap.key, SingleChoiceKey):
        found = next((option.uuid for option in gap.key.options if str(option.uuid) == text), gap.uuid)
        return chosen(gap.key, found)
    if isinstance(gap.key, NumericKey):
        return numeric(gap.key, NumericAnswer(text=text))
    return short_text(gap.key, ShortTextAnswer(text=text))


def _of_parts(right: int, all_of_them: int, wrong: int, *, is_all_or_nothing: bool) -> Part:
    if is_all_or_nothing:
        return Part(WHOLE if right == all_of_them else NOTHING, wrong)
    return Part(_share(right, all_of_them), wrong)


def _share(number: int, of: int) -> Decimal:
    return Decimal(number) / of if of else NOTHING


def _said(*texts: str) -> tuple[str, ...]:
    return tuple([text for text in texts if text])


def rubric_points(worth: Worth, chosen_points: Sequence[Decimal], most: Decimal) -> Decimal:
    """What the levels chosen give: their sum over the most there is, of the question's points, with four decimals."""
    if not most:
        return NOTHING
    return (worth.points * sum(chosen_points, NOTHING) / most).quantize(_POINTS, ROUND_HALF_UP)


_PARTS: dict[type, Callable[[Any, Any], Part]] = {
    SingleChoiceKey: single_choice,
    TrueFalseKey: single_choice,
    MultipleResponseKey: multiple_response,
    ShortTextKey: short_text,
    NumericKey: numeric,
    MatchingKey: matching,
    OrderingKey: ordering,
    BlanksKey: blanks,
}
