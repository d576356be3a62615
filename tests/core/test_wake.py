"""The bell: many rings are one wake-up, and none that comes too late for it is lost."""

import asyncio

from backend.core import wake


async def test_a_ring_while_another_is_on_its_way_is_not_lost(monkeypatch):
    sent, arrive = list[str](), asyncio.Event()

    async def slow(sql):
        sent.append(sql)
        await arrive.wait()
        return 0

    monkeypatch.setattr(wake.db, "statement", slow)
    wake.ring()
    async with asyncio.timeout(2):
        while not sent:
            await asyncio.sleep(0)
    for _ in range(5):  # the relay may have looked already
        wake.ring()
    arrive.set()
    async with asyncio.timeout(2):
        await wake._Bell.task
    assert len(sent) == 2
