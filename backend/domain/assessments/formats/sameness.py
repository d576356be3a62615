"""Whether two questions ask, accept, score and say the same, however they are spelled."""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Any
from uuid import UUID

import msgspec

from backend.domain.assessments.formats.findings import Asked
from backend.domain.assessments.formats.texts import several
from backend.domain.assessments.key_rules import GAP
from backend.domain.assessments.keys import (
    NOTHING,
    WHOLE,
    AcceptedNumber,
    BlanksKey,
    Choice,
    Key,
    MatchingKey,
    MultipleResponseKey,
    MultipleScoring,
    NumericKey,
    UnitUse,
)

_LONG = Context(prec=100)


def is_same(one: Asked, other: Asked) -> bool:
    """Parts have other uuids, white space at the ends does not count; what is drawn is not looked at."""
    return meaning(one) == meaning(other)


def meaning(asked: Asked) -> list[Any]:
    """What a question says, to be compared."""
    text, key = _in_order(asked.text, asked.key)
    return [
        *(_said(text), asked.text_format, _key(key)),
        *(asked.points, asked.penalty, asked.floor),
        *(_said(asked.explanation or ""), _said(asked.feedback_right), _said(asked.feedback_wrong)),
        " ".join(asked.category.split()),
        sorted(asked.files),
    ]


def _in_order(text: str, key: Key) -> tuple[str, Key]:
    """Gaps are numbered as they stand in the text."""
    numbers = [int(number) for number in GAP.findall(text)]
    if not isinstance(key, BlanksKey) or sorted(numbers) != list(range(1, len(key.gaps) + 1)):
        return text, key
    text = GAP.sub(lambda match: f"[[{numbers.index(int(match[1])) + 1}]]", text)
    return text, msgspec.structs.replace(key, gaps=tuple([key.gaps[number - 1] for number in numbers]))


def _key(key: Key) -> Any:  # noqa: ANN401 - nested as the key is
    if isinstance(key, MatchingKey):
        named = {target.uuid: _said(target.text) for target in key.targets}
        stems = [(_said(stem.text), named.get(stem.target)) for stem in key.stems]
        return [key.KIND, stems, sorted(named.values()), key.is_all_or_nothing, key.shuffles]
    if isinstance(key, MultipleResponseKey):
        return [key.KIND, *_ticks(key)]
    return [key.KIND, *_parts(key)]


def _ticks(key: MultipleResponseKey) -> list[Any]:
    """Fractions count only where they are what is scored."""
    if key.scoring is MultipleScoring.FRACTIONS:
        key = several(key.options, shuffles=key.shuffles)
    if key.scoring is MultipleScoring.FRACTIONS:
        return _parts(key)
    options = [_plain(option) for option in key.options]
    return _parts(MultipleResponseKey(options=tuple(options), scoring=key.scoring, shuffles=key.shuffles))


def _plain(option: Choice) -> Choice:
    return msgspec.structs.replace(option, fraction=WHOLE if option.is_correct else NOTHING)


def _parts(part: msgspec.Struct) -> list[Any]:
    if isinstance(part, AcceptedNumber):
        return [*_accepts(part), part.fraction, _said(part.feedback)]
    if isinstance(part, NumericKey) and part.unit_use is not UnitUse.PENALISED:
        part = msgspec.structs.replace(part, unit_penalty=NOTHING)
    return [_value(getattr(part, name)) for name in part.__struct_fields__ if name != "uuid"]


def _value(value: Any) -> Any:  # noqa: ANN401 - as above
    if isinstance(value, str):
        return _said(value)
    if isinstance(value, msgspec.Struct):
        return [type(value).__name__, *_parts(value)]
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    return None if isinstance(value, UUID) else value


def _accepts(one: AcceptedNumber) -> Sequence[Decimal | None]:
    """From where to where."""
    if one.value is None:
        return one.low, one.high
    near = _LONG.multiply(one.tolerance, abs(one.value)) if one.is_relative else one.tolerance
    return _LONG.subtract(one.value, near), _LONG.add(one.value, near)


def _said(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
