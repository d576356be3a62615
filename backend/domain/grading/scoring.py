"""The score of an attempt: correct points over all points. Pure, and the only place where an attempt is scored.

Whoever closed the attempt, and whether it is scored for the first time or anew: it comes here.
"""

from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from backend.domain.assessments.answers import Answer
from backend.domain.assessments.keys import Key, SingleChoiceKey, TrueFalseKey
from backend.domain.grading import marking
from backend.domain.grading.marking import Mark, Verdict, Worth

_CENT = Decimal("0.01")
_NOTHING = Decimal(0)

Given = int | Answer
"""What was answered: the id of the one option that was chosen, or an answer of another kind."""


class Item(msgspec.Struct, frozen=True):
    """A question as scoring sees it. `by_option`: what each of its options gives, by the id of its row."""

    question_id: int
    worth: Worth
    key: Key
    by_option: Mapping[int, Mark]

    @classmethod
    def of(cls, question_id: int, worth: Worth, key: Key, options: Mapping[int, str]) -> "Item":
        """A question with the ids of its options by their uuids' texts: what each gives is found out once."""
        by_option: dict[int, Mark] = {}
        if isinstance(key, SingleChoiceKey | TrueFalseKey):
            parts = {str(option.uuid): marking.chosen(key, option.uuid) for option in key.options}
            by_option = {id_: marking.of_part(worth, parts[uuid]) for id_, uuid in options.items() if uuid in parts}
        return cls(question_id, worth, key, by_option)

    def mark(self, answer: Given | None) -> Mark:
        """What an answer gives; an option of another question is wrong."""
        if isinstance(answer, int):
            found = self.by_option.get(answer)
            return found or marking.of_part(self.worth, marking.Part(_NOTHING, 1))
        return marking.mark(self.worth, self.key, answer)


class Score(msgspec.Struct, frozen=True):
    """An outcome. `correct + wrong = total`: what is not wholly right, or was not answered, counts as wrong.

    `points` are not below 0 and have two decimals as `percent` has. `marks` are by question, in order. `waiting` are
    the questions that a person must mark first: until there are none, the rest is not final.
    """

    total: int
    correct: int
    wrong: int
    points: Decimal
    max_points: Decimal
    percent: Decimal
    marks: Mapping[int, Mark]
    waiting: tuple[int, ...] = ()


def score(
    items: Sequence[Item],
    answers: Mapping[int, Given],
    *,
    asked: Collection[int] | None = None,
    by_hand: Mapping[int, Decimal] | None = None,
) -> Score:
    """Score answers by question id against all questions of the attempt; `asked` None: it has all of them.

    `by_hand` are the points that a person gave, by question. Answers to other questions count for nothing. No
    questions, or only worthless ones: 0 percent. Half a hundredth rounds up, so 2 of 3 are 66.67.
    """
    marks = {
        item.question_id: _mark(item, answers.get(item.question_id), by_hand)
        for item in items
        if asked is None or item.question_id in asked
    }
    return summed(marks)


def summed(marks: Mapping[int, Mark]) -> Score:
    """The outcome of an attempt whose questions have these marks."""
    points = max(sum((made.points for made in marks.values()), _NOTHING), _NOTHING)
    max_points = sum((made.max_points for made in marks.values()), _NOTHING)
    correct = sum(made.verdict is Verdict.RIGHT for made in marks.values())
    return Score(
        total=len(marks),
        correct=correct,
        wrong=len(marks) - correct,
        points=points.quantize(_CENT, ROUND_HALF_UP),
        max_points=max_points,
        percent=percent(points, max_points),
        marks=marks,
        waiting=tuple([name for name, made in marks.items() if made.verdict is Verdict.WAITING]),
    )


def _mark(item: Item, answer: Given | None, by_hand: Mapping[int, Decimal] | None) -> Mark:
    if by_hand and item.question_id in by_hand:
        return marking.by_hand(item.worth, by_hand[item.question_id])
    return item.mark(answer)


def percent(points: Decimal, max_points: Decimal) -> Decimal:
    """Points of all points in percent, with two decimals; 0 where there is nothing to get."""
    if not max_points:
        return Decimal("0.00")
    return (min(points, max_points) * 100 / max_points).quantize(_CENT, ROUND_HALF_UP)
