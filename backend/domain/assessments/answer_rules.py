"""Whether an answer can be one to a question: pure, from the key alone, so that nothing is asked for it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from backend.domain.assessments.answers import (
    Answer,
    BlanksAnswer,
    EssayAnswer,
    MatchingAnswer,
    MultipleResponseAnswer,
    NumericAnswer,
    OrderingAnswer,
    ShortTextAnswer,
    SingleChoiceAnswer,
    TrueFalseAnswer,
    kind_of,
)
from backend.domain.assessments.keys import (
    BlanksKey,
    ChoiceKey,
    Key,
    MatchingKey,
    OrderingKey,
    SingleChoiceKey,
)

MOST_TYPED = 1000
"""Characters of a short answer, and of each gap."""
MOST_WRITTEN = 50_000
"""Characters of an essay."""


def why_unfit(key: Key, answer: Answer) -> str | None:
    """The field of an answer that does not belong to the question; None: the answer fits.

    A recording's file is looked at where it is attached.
    """
    if kind_of(answer) != key.KIND:
        return "kind"
    check = _CHECKS.get(type(answer))
    return check(key, answer) if check else None


def _why_option_unfit(key: Key, answer: SingleChoiceAnswer | TrueFalseAnswer) -> str | None:
    return None if answer.option in _options(key) else "option"


def _why_ticks_unfit(key: Key, answer: MultipleResponseAnswer) -> str | None:
    return None if _once(answer.options) and set(answer.options) <= _options(key) else "options"


def _why_text_unfit(_: Key, answer: ShortTextAnswer | EssayAnswer) -> str | None:
    most = MOST_WRITTEN if isinstance(answer, EssayAnswer) else MOST_TYPED
    return None if len(answer.text) <= most else "text"


def _why_number_unfit(_: Key, answer: NumericAnswer) -> str | None:
    return None if len(answer.text) <= MOST_TYPED and len(answer.unit) <= MOST_TYPED else "text"


def _why_order_unfit(key: Key, answer: OrderingAnswer) -> str | None:
    known = {item.uuid for item in key.items} if isinstance(key, OrderingKey) else set()
    return None if _once(answer.items) and set(answer.items) == known else "items"


def _options(key: Key) -> set[UUID]:
    return {option.uuid for option in key.options} if isinstance(key, ChoiceKey) else set()


def _once(uuids: tuple[UUID, ...]) -> bool:
    return len(set(uuids)) == len(uuids)


def _why_pairs_unfit(key: Key, answer: MatchingAnswer) -> str | None:
    if not isinstance(key, MatchingKey):
        return "kind"
    stems, targets = {stem.uuid for stem in key.stems}, {target.uuid for target in key.targets}
    return None if answer.pairs.keys() <= stems and set(answer.pairs.values()) <= targets else "pairs"


def _why_gaps_unfit(key: Key, answer: BlanksAnswer) -> str | None:
    if not isinstance(key, BlanksKey):
        return "kind"
    gaps = {gap.uuid: gap.key for gap in key.gaps}
    for uuid, text in answer.gaps.items():
        gap = gaps.get(uuid)
        if gap is None or len(text) > MOST_TYPED:
            return "gaps"
        if isinstance(gap, SingleChoiceKey) and text and text not in {str(option.uuid) for option in gap.options}:
            return "gaps"
    return None


_CHECKS: dict[type, Callable[[Key, Any], str | None]] = {
    SingleChoiceAnswer: _why_option_unfit,
    TrueFalseAnswer: _why_option_unfit,
    MultipleResponseAnswer: _why_ticks_unfit,
    ShortTextAnswer: _why_text_unfit,
    EssayAnswer: _why_text_unfit,
    NumericAnswer: _why_number_unfit,
    MatchingAnswer: _why_pairs_unfit,
    OrderingAnswer: _why_order_unfit,
    BlanksAnswer: _why_gaps_unfit,
}
