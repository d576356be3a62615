from typing import ClassVar

import pytest

from backend.core import db
from backend.core.outbox import EVENTS, Event, emit


class Happened(Event, frozen=True):
    name: ClassVar[str] = "tests.thing.happened.v1"
    thing_id: int


async def test_an_event_is_written_in_the_transaction_of_its_change(database):
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await emit(Happened(1))
            raise ZeroDivisionError
    assert await db.value("SELECT count(*) FROM outbox") == 0
    async with db.transaction():
        await emit(Happened(1), Happened(2))
    rows = await db.fetch("SELECT name, body->>'thing_id' AS thing FROM outbox ORDER BY id")
    assert [tuple(row) for row in rows] == [(Happened.name, "1"), (Happened.name, "2")]


async def test_an_event_outside_a_transaction_is_refused(database):
    with pytest.raises(RuntimeError, match="outside"):
        await emit(Happened(1))


def test_two_events_of_one_name_are_refused():
    assert EVENTS[Happened.name] is Happened
    with pytest.raises(TypeError, match="two events"):

        class Other(Event, frozen=True):
            name: ClassVar[str] = Happened.name
