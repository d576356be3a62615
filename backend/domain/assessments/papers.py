"""What a student sees of a question: its parts without what is right. Pure.

What is mixed is mixed by the attempt's seed, so it is the same after each reload. Items to be ordered and targets to
be matched are always mixed: as they stand in the key they would be the answer.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, Protocol, TypeVar
from uuid import UUID

import msgspec

from backend.domain.assessments.keys import (
    BlanksKey,
    EssayKey,
    Key,
    MatchingKey,
    MultipleResponseKey,
    NumericKey,
    OrderingKey,
    SingleChoiceKey,
    SpeakingKey,
    TrueFalseKey,
)
from backend.domain.assessments.terms import QuestionKind, TextFormat


class _Named(Protocol):
    @property
    def uuid(self) -> UUID: ...

    @property
    def text(self) -> str: ...


N = TypeVar("N", bound=_Named)

UNMIXED = 0
"""The seed of an attempt whose options stand as they were written."""


class PaperPart(msgspec.Struct, frozen=True):
    """A possible answer, a stem, a target or an item, as a student sees it."""

    uuid: UUID
    text: str


class PaperGap(msgspec.Struct, frozen=True, kw_only=True):
    """A gap as a student sees it, in the order of the text's `[[1]]`, `[[2]]` and so on."""

    uuid: UUID
    kind: QuestionKind
    options: tuple[PaperPart, ...] = ()
    units: tuple[str, ...] = ()


class PaperBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a question consists of beside its text; of each kind its own."""

    options: tuple[PaperPart, ...] = ()
    stems: tuple[PaperPart, ...] = ()
    targets: tuple[PaperPart, ...] = ()
    items: tuple[PaperPart, ...] = ()
    gaps: tuple[PaperGap, ...] = ()
    units: tuple[str, ...] = ()
    template: str = ""
    min_words: int | None = None
    max_words: int | None = None
    max_s: int | None = None


class PaperQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question as a student sees it: without what is right, and without the feedback.

    `id` is for us alone. `key` makes the body of one attempt and never leaves.
    """

    id: int
    uuid: UUID
    position: int
    kind: QuestionKind
    text: str
    text_format: TextFormat
    points: Decimal
    files: tuple[str, ...]
    key: Key
    body: PaperBody

    @property
    def options(self) -> tuple[PaperPart, ...]:
        """Its options, as they were written."""
        return self.body.options


def body_of(key: Key, question: UUID, seed: int = UNMIXED) -> PaperBody:
    """The parts of a question without what is right; `seed` mixes what may be mixed, `UNMIXED` leaves it."""
    make = _BODIES.get(type(key))
    return make(key, question, seed) if make else PaperBody()


def _choices(key: SingleChoiceKey | MultipleResponseKey, question: UUID, seed: int) -> PaperBody:
    return PaperBody(options=_parts(_perhaps(key.options, question, seed if key.shuffles else UNMIXED)))


def _pair(key: TrueFalseKey, _: UUID, __: int) -> PaperBody:
    return PaperBody(options=_parts(key.options))


def _units(key: NumericKey, _: UUID, __: int) -> PaperBody:
    return PaperBody(units=tuple([unit.name for unit in key.units]))


def _matches(key: MatchingKey, question: UUID, seed: int) -> PaperBody:
    stems = _perhaps(key.stems, question, seed if key.shuffles else UNMIXED)
    return PaperBody(stems=_parts(stems), targets=_parts(mixed(key.targets, question, seed)))


def _items(key: OrderingKey, question: UUID, seed: int) -> PaperBody:
    return PaperBody(items=_parts(mixed(key.items, question, seed)))


def _essay(key: EssayKey, _: UUID, __: int) -> PaperBody:
    return PaperBody(template=key.template, min_words=key.min_words, max_words=key.max_words)


def _speech(key: SpeakingKey, _: UUID, __: int) -> PaperBody:
    return PaperBody(max_s=key.max_s)


def mixed(parts: Sequence[N], question: UUID, seed: int) -> list[N]:
    """Parts in an order that only question and seed decide, and that tells nothing of the order they were in."""
    salt = seed.to_bytes(8, signed=True) + question.bytes
    return sorted(parts, key=lambda part: hashlib.blake2b(part.uuid.bytes, digest_size=8, key=salt).digest())


def _perhaps(parts: Sequence[N], question: UUID, seed: int) -> Sequence[N]:
    return parts if seed == UNMIXED else mixed(parts, question, seed)


def _parts(parts: Iterable[_Named]) -> tuple[PaperPart, ...]:
    return tuple([PaperPart(part.uuid, part.text) for part in parts])


def _gaps(key: BlanksKey, _: UUID, seed: int) -> PaperBody:
    gaps = []
    for gap in key.gaps:
        body = body_of(gap.key, gap.uuid, seed)
        gaps.append(PaperGap(uuid=gap.uuid, kind=gap.key.KIND, options=body.options, units=body.units))
    return PaperBody(gaps=tuple(gaps))


def right_of(key: Key) -> dict[str, Any]:
    """What would have been right, for who may see it: the key without feedback, and without notes for who marks."""
    found: dict[str, Any] = _without(msgspec.to_builtins(key), ("feedback", "notes"))
    return found


def _without(part: Any, names: Collection[str]) -> Any:  # noqa: ANN401 - what JSON may hold
    if isinstance(part, dict):
        return {name: _without(value, names) for name, value in part.items() if name not in names}
    if isinstance(part, list | tuple):
        return [_without(value, names) for value in part]
    return part


def looks_the_same(one: Key, other: Key) -> bool:
    """Whether a student sees the same parts, so that an answer to one is an answer to the other."""
    return type(one) is type(other) and _seen(one) == _seen(other)


def _seen(key: Key) -> object:
    body = body_of(key, UUID(int=0))
    if isinstance(key, OrderingKey):  # another right order of the same items
        return frozenset(body.items)
    return body if not isinstance(key, MatchingKey) else (body.stems, frozenset(body.targets))


_BODIES: dict[type, Callable[[Any, UUID, int], PaperBody]] = {
    SingleChoiceKey: _choices,
    TrueFalseKey: _pair,
    MultipleResponseKey: _choices,
    NumericKey: _units,
    MatchingKey: _matches,
    OrderingKey: _items,
    BlanksKey: _gaps,
    EssayKey: _essay,
    SpeakingKey: _speech,
}
