"""For commands that go a fast way where nothing stands in the way: it must come to what the long way comes to.

States are drawn from axes: the first value of each axis stands in nobody's way. All that differ in one value are
tried, and many that differ in several; they are the same ones in each run.
"""

import contextlib
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from backend.core import db
from backend.core.errors import DomainError

Axes = Mapping[str, Sequence[Any]]
State = dict[str, Any]
_ODD = 0.16
"""How often an axis of a drawn state stands in the way."""


class _Back(Exception):
    pass


class Outcome(msgspec.Struct):
    """What a command came to: its view or its refusal, what is there after it, and in how many statements."""

    answer: object
    after: object
    statements: int


def states(axes: Axes, *, drawn: int) -> Iterator[State]:
    """The plain state, each that differs in one value, and as many drawn ones."""
    plain = {axis: values[0] for axis, values in axes.items()}
    yield plain
    for axis, values in axes.items():
        yield from ({**plain, axis: value} for value in values[1:])
    chance = random.Random("two ways")
    for _ in range(drawn):
        yield {
            axis: chance.choice(values[1:]) if chance.random() < _ODD else values[0] for axis, values in axes.items()
        }


async def undone(what: Callable[[], Awaitable[None]]) -> None:
    """Do something, and take it back."""
    with contextlib.suppress(_Back):
        async with db.transaction(), db.savepoint():
            await what()
            _back()


def _back() -> None:
    raise _Back


async def outcome(command: Callable[[], Awaitable[Any]], look: Callable[[], Awaitable[object]]) -> Outcome:
    """What a command comes to; it is taken back. After a refusal nothing is looked at: a request rolls back all."""
    found: list[Outcome] = []

    async def see() -> None:
        record: list[str] = []
        token = db.statements_run.set(record)
        try:
            answer = await command()
        except DomainError as error:
            found.append(Outcome((type(error), error.data), None, len(record)))
        else:
            number = len(record)
            found.append(Outcome(answer, await look(), number))
        finally:
            db.statements_run.reset(token)

    await undone(see)
    return found[0]
