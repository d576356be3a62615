"""The score of an attempt: correct points over all points. Pure, and the only place where a quiz is scored."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

_CENT = Decimal("0.01")


class Item(msgspec.Struct, frozen=True):
    """A question as scoring sees it: what it is worth, and the option that is right (None: none is)."""

    question_id: int
    points: Decimal
    right_option_id: int | None


class Score(msgspec.Struct, frozen=True):
    """An outcome. `correct + wrong = total`: what was not answered counts as wrong. `percent` has two decimals."""

    total: int
    correct: int
    wrong: int
    points: Decimal
    max_points: Decimal
    percent: Decimal


def score(items: Sequence[Item], answers: Mapping[int, int]) -> Score:
    """Score answers (question id to option id) against all questions of the attempt.

    Answers to other questions count for nothing. No questions, or only worthless ones: 0 percent. Half a hundredth
    rounds up, so 2 of 3 are 66.67.
    """
    right = [item for item in items if item.right_option_id is not None and _is_right(item, answers)]
    points = sum((item.points for item in right), Decimal(0))
    max_points = sum((item.points for item in items), Decimal(0))
    return Score(
        total=len(items),
        correct=len(right),
        wrong=len(items) - len(right),
        points=points,
        max_points=max_points,
        percent=_percent(points, max_points),
    )


def _is_right(item: Item, answers: Mapping[int, int]) -> bool:
    return answers.get(item.question_id) == item.right_option_id


def _percent(points: Decimal, max_points: Decimal) -> Decimal:
    if not max_points:
        return Decimal("0.00")
    return (points * 100 / max_points).quantize(_CENT, ROUND_HALF_UP)
