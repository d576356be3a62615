"""What a regrade makes of a result: pure. Scoring itself is `scoring.score`, as for every attempt."""

from collections.abc import Collection, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from backend.domain.assessments.keys import Key
from backend.domain.assessments.paper_queries import KeyView
from backend.domain.grading import marking
from backend.domain.grading.marking import Mark, Verdict, Worth
from backend.domain.grading.scoring import Given, Item, Score, score, summed
from backend.domain.grading.terms import KeptMark, RegradePolicy

_POINTS = Decimal("0.0001")
_SAID_ONLY = frozenset({"feedback", "notes", "template", "rubric"})
"""Parts of a key that no machine marks by."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt with its result as regrading sees it. `marks` None: the result is of before there were marks.

    `sat_version`: the version of the keys when it was begun. `by_hand`: points that a person gave, by question.
    """

    attempt_id: int
    sat_version: int
    answers: Mapping[int, Given]
    asked: Collection[int] | None
    by_hand: Mapping[int, Decimal]
    marks: Mapping[int, Mark] | None


class Keys(msgspec.Struct, frozen=True):
    """What a regrade marks by: the questions as they are now, and as they were at each version they were sat with."""

    now: Mapping[int, Item]
    then: Mapping[int, Mapping[int, Item]]


def mended(before: Sequence[KeyView], now: Sequence[KeyView]) -> list[int]:
    """The questions that are marked otherwise now, in order; other words about them do not count.

    One of which nothing is known before (of before there was a history) is as it was.
    """
    old = {one.question_id: one for one in before}
    return [one.question_id for one in now if _sense(old.get(one.question_id, one)) != _sense(one)]


def _sense(entry: KeyView) -> tuple[Any, ...]:
    return (entry.points, entry.penalty, entry.floor, type(entry.key).__name__, _bare(entry.key))


def _bare(part: Key | Any) -> Any:  # noqa: ANN401 - any part of a key
    if isinstance(part, msgspec.Struct):
        return {name: _bare(getattr(part, name)) for name in part.__struct_fields__ if name not in _SAID_ONLY}
    return [_bare(one) for one in part] if isinstance(part, tuple) else part


def regraded(policy: RegradePolicy, keys: Keys, questions: Collection[int], standing: Standing) -> Score:
    """The score of an attempt once `questions`, whose keys were mended, are marked by the policy.

    What was not mended keeps its marks, and what a person marked keeps its points, as far as the question still has
    so many. A question that was not asked gives nothing, whatever the policy.
    """
    wanted = [id_ for id_ in questions if id_ in keys.now] if standing.marks is not None else keys.now
    fresh = score([keys.now[id_] for id_ in wanted], standing.answers, asked=standing.asked).marks
    decided = {
        id_: _full(keys.now[id_].worth)
        if policy is RegradePolicy.FULL_CREDIT and id_ in questions
        else _decided(policy, keys, standing, id_, mark)
        for id_, mark in fresh.items()
    }
    return summed({**(standing.marks or {}), **decided})


def _decided(policy: RegradePolicy, keys: Keys, standing: Standing, id_: int, fresh: Mark) -> Mark:
    if id_ in standing.by_hand:
        return _by_hand(keys.now[id_].worth, standing.by_hand[id_])
    if fresh.verdict is Verdict.WAITING and standing.marks and id_ in standing.marks:
        return standing.marks[id_]
    old = keys.then.get(standing.sat_version, {}).get(id_) if policy is RegradePolicy.BETTER else None
    return better(fresh, old.mark(standing.answers.get(id_))) if old else fresh


def _full(worth: Worth) -> Mark:
    return marking.by_hand(worth, worth.points)


def _by_hand(worth: Worth, points: Decimal) -> Mark:
    return marking.by_hand(worth, min(points, worth.points))


def better(now: Mark, then: Mark) -> Mark:
    """The mark that gives more, of the points that the question has now."""
    points = then.points
    if then.max_points != now.max_points:
        points = then.points * now.max_points / then.max_points if then.max_points else Decimal(0)
    if points <= now.points:
        return now
    return Mark(points.quantize(_POINTS, ROUND_HALF_UP), now.max_points, then.fraction, then.verdict)


def from_kept(kept: Sequence[KeptMark]) -> dict[int, Mark]:
    """Marks as they are kept, by question."""
    return {one.question_id: Mark(one.points, one.max_points, one.fraction, Verdict(one.verdict)) for one in kept}


def differing(before: Mapping[int, Mark], after: Mapping[int, Mark]) -> list[int]:
    """The questions whose marks are not what they were, in order."""
    return [id_ for id_, mark in after.items() if before.get(id_) != mark]
