"""What is true about quizzes and questions."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from backend.core.errors import DomainError
from backend.core.ids import unordered_uuid
from backend.domain.assessments.drafts import KeyOrOptions
from backend.domain.assessments.errors import (
    KeyUnfit,
    NotOneRight,
    NotTwoOptions,
    PassMarkMissing,
    PeriodBackwards,
    TooFewOptions,
)
from backend.domain.assessments.key_rules import problems
from backend.domain.assessments.keys import Choice, ChoiceKey, Key, SingleChoiceKey, TrueFalseKey, options_of
from backend.domain.assessments.terms import QuizType

MAX_QUESTIONS = 1000
MAX_SECTIONS = 50

_OLD = {"not_one_right": NotOneRight, "not_two": NotTwoOptions}
"""What quizzes had errors of their own for before there were other kinds."""


def why_period_unfit(opens_at: datetime | None, closes_at: datetime | None) -> DomainError | None:
    """A quiz that both begins and ends must end later than it begins."""
    if opens_at is not None and closes_at is not None and closes_at <= opens_at:
        return PeriodBackwards(opens_at=opens_at.isoformat(), closes_at=closes_at.isoformat())
    return None


def why_mark_missing(pass_percent: Decimal | None, *, must_pass: bool) -> DomainError | None:
    """What has to be passed says with how much."""
    return PassMarkMissing() if must_pass and pass_percent is None else None


def why_key_unfit(key: Key, text: str) -> DomainError | None:
    """The first thing that is wrong with the key of a question of this text."""
    found = next(iter(problems(key, text)), None)
    if found is None:
        return None
    if isinstance(key, SingleChoiceKey | TrueFalseKey):
        if found.rule in _OLD:
            return _OLD[found.rule](found=int(found.found))
        if (found.place, found.rule) == ("options", "too_few"):
            return TooFewOptions(found=int(found.found))
    return KeyUnfit(place=found.place, rule=found.rule, found=found.found)


def key_for(quiz_type: QuizType, draft: KeyOrOptions) -> Key:
    """The key of a new question: options alone are of the kind that the type of the quiz says."""
    if not isinstance(draft, tuple):
        return draft
    return TrueFalseKey(options=draft) if quiz_type is QuizType.TRUE_FALSE else SingleChoiceKey(options=draft)


def key_after(before: Key, change: KeyOrOptions) -> Key:
    """The key that takes the place of another: options alone change nothing else of it.

    Parts keep their uuids. An option that comes without one it had keeps that of the option with its text.
    """
    if isinstance(change, tuple):
        if not isinstance(before, ChoiceKey):
            return SingleChoiceKey(options=change)
        change = msgspec.structs.replace(before, options=change)
    if isinstance(change, ChoiceKey):
        change = msgspec.structs.replace(change, options=_recognised(options_of(before), change.options))
    return adopted(change, set(_uuids(msgspec.to_builtins(before))))


def _recognised(before: Sequence[Choice], after: Sequence[Choice]) -> tuple[Choice, ...]:
    named = {option.uuid for option in after}
    free = {option.text: option.uuid for option in reversed(before) if option.uuid not in named}
    known = {option.uuid for option in before}
    return tuple(
        [
            option
            if option.uuid in known or option.text not in free
            else msgspec.structs.replace(option, uuid=free.pop(option.text))
            for option in after
        ]
    )


def adopted(key: Key, known: set[str]) -> Key:
    """The same key with uuids of our own for parts that are not known yet, so that nobody can take another's."""
    new = {name: str(unordered_uuid()) for name in _uuids(msgspec.to_builtins(key)) if name not in known}
    return msgspec.convert(_renamed(msgspec.to_builtins(key), new), type(key), strict=False)


def _uuids(part: Any) -> Iterator[str]:  # noqa: ANN401 - what JSON may hold
    if isinstance(part, dict):
        if "uuid" in part:
            yield part["uuid"]
        for value in part.values():
            yield from _uuids(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _uuids(value)


def _renamed(part: Any, new: dict[str, str]) -> Any:  # noqa: ANN401 - as above
    if isinstance(part, dict):
        return {
            name: new.get(value, value) if name in ("uuid", "target") else _renamed(value, new)
            for name, value in part.items()
        }
    if isinstance(part, list | tuple):
        return [_renamed(value, new) for value in part]
    return part


def option_uuids(key: Key) -> list[UUID]:
    """The uuids for which a question has rows."""
    return [option.uuid for option in options_of(key)]
