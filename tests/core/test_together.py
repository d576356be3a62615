"""Many who ask in one moment are asked for once; nobody joins a call that has left, and nobody is forgotten."""

import asyncio

import pytest

from backend.core import db
from backend.core.kept import Kept
from backend.core.together import UNDER_WAY, Together


class Desk:
    """Answers when it is told to, and notes who was asked for in each call."""

    def __init__(self, most=100):
        self.calls, self.gates = [], []
        self.together = Together(self.run, most=most)

    async def run(self, asked):
        gate = asyncio.get_running_loop().create_future()
        self.calls.append(list(asked))
        self.gates.append(gate)
        await gate
        return [f"{one}!" for one in asked]

    def ask(self, *names):
        return [asyncio.create_task(self.together.ask(name)) for name in names]

    async def until(self, calls):
        async with asyncio.timeout(5):
            while len(self.calls) < calls:
                await asyncio.sleep(0)


async def test_who_comes_while_calls_are_under_way_goes_in_the_next():
    desk = Desk()
    first = desk.ask("a", "b")
    await desk.until(1)
    second = desk.ask("c")
    await desk.until(UNDER_WAY)
    rest = desk.ask("d", "e", "d")
    await asyncio.sleep(0)
    assert desk.calls == [["a", "b"], ["c"]]
    desk.gates[0].set_result(None)
    await desk.until(3)
    assert desk.calls[2] == ["d", "e", "d"], "each is asked for, also who asks twice"
    for gate in desk.gates[1:]:
        gate.set_result(None)
    assert await asyncio.gather(*first, *second, *rest) == ["a!", "b!", "c!", "d!", "e!", "d!"]


async def test_no_call_is_larger_than_it_may_be():
    desk = Desk(most=2)
    tasks = desk.ask(*"abcde")
    for at in range(3):
        await desk.until(at + 1)
        desk.gates[at].set_result(None)
    await asyncio.gather(*tasks)
    assert sorted(map(len, desk.calls)) == [1, 2, 2]


async def test_what_breaks_is_told_to_those_who_asked_and_to_nobody_else():
    desk = Desk()
    broken = desk.ask("a", "b")
    await desk.until(1)
    fine = desk.ask("c")
    await desk.until(2)
    desk.gates[0].set_exception(ValueError("away"))
    desk.gates[1].set_result(None)
    told = await asyncio.gather(*broken, *fine, return_exceptions=True)
    assert [type(one) for one in told] == [ValueError, ValueError, str]
    (again,) = desk.ask("a")
    await desk.until(3)
    desk.gates[2].set_result(None)
    assert await again == "a!"


async def test_who_gives_up_takes_nobody_along():
    desk = Desk()
    gone, stays = desk.ask("a", "b")
    await desk.until(1)
    gone.cancel()
    desk.gates[0].set_result(None)
    assert await stays == "b!"
    assert gone.cancelled() or await asyncio.wait([gone])


async def test_inside_a_transaction_one_asks_alone(database):
    seen = []

    async def run(asked):
        seen.append((list(asked), db.holds_connection()))
        return asked

    together = Together(run, most=10)
    assert db.holds_connection(), "the tests' own transaction"
    assert await together.ask("a") == "a"
    assert seen == [(["a"], True)]


def test_what_is_kept_is_what_was_used_last():
    kept = Kept[str, int](2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


@pytest.mark.commits
async def test_outside_a_transaction_it_holds_none(database):
    async def run(asked):
        return [db.holds_connection() for _ in asked]

    assert not await Together(run, most=10).ask("a")
