"""The relay under strain: a broker that is away while work comes in, and a backlog that does not end."""

import asyncio
import contextlib
import subprocess
import sys
from typing import ClassVar

import pytest
import redis

from backend.core import db
from backend.core.outbox import EVENTS, Event, emit
from backend.domain.jobs import commands as jobs
from tests.background import forget_messages
from tests.processes import ROOT
from workers import relay

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("database")]


class Strained(Event, frozen=True):
    name: ClassVar[str] = "tests.relay.strained.v1"
    key: str


@contextlib.asynccontextmanager
async def serving(made: relay.Relay):
    task = asyncio.create_task(made.serve())
    try:
        yield
    finally:
        made.ask_to_stop()
        await asyncio.wait_for(task, 5)


async def eventually(sql: str, expected: object, seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while await db.value(sql) != expected:
            await asyncio.sleep(0.01)


def test_a_relay_by_itself_knows_every_event():
    """This process has imported everything; a relay imports what its map does."""
    said = subprocess.run(
        [sys.executable, "-c", "import workers.relay, backend.core.outbox as outbox; print(*outbox.EVENTS)"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    ours = {name for name, event in EVENTS.items() if event.__module__.startswith("backend.")}
    assert ours - set(said.split()) == set()


async def test_without_a_broker_events_become_jobs_and_nothing_spins(monkeypatch):
    tries = 0

    def away(due):
        nonlocal tries
        tries += 1
        raise redis.ConnectionError("away")

    monkeypatch.setattr(relay, "_send", away)
    monkeypatch.setattr(relay, "BATCH", 10)
    made = relay.Relay({Strained.name: ("made_tomorrow",)})
    async with db.transaction():
        await emit(*(Strained(f"k{number}") for number in range(95)))
    async with serving(made):
        await eventually("SELECT count(*) FROM job", 95, 3)
        for number in range(100):  # each commit rings
            async with db.transaction():
                await emit(Strained(f"more{number}"))
            await asyncio.sleep(0.01)
        await eventually("SELECT count(*) FROM job", 195, 3)
    assert tries <= 6, "a ring is no reason to try sooner"
    assert await db.value("SELECT count(*) FROM job WHERE published_at IS NOT NULL") == 0


async def test_an_endless_backlog_neither_starves_the_sweep_nor_keeps_it_from_stopping(monkeypatch):
    made = relay.Relay({})
    swept = asyncio.Event()

    async def one_more(**_):
        await asyncio.sleep(0)
        return relay.BATCH

    async def sweep():
        swept.set()
        return 0

    monkeypatch.setattr(relay, "SLICE_S", 0.05)
    monkeypatch.setattr(made, "expand", one_more)
    monkeypatch.setattr(made, "publish", one_more)
    monkeypatch.setattr(made, "sweep", sweep)
    async with serving(made):
        await asyncio.wait_for(swept.wait(), 5)


async def test_a_backlog_is_worked_off(monkeypatch):
    monkeypatch.setattr(relay, "BATCH", 10)
    made = relay.Relay({Strained.name: ("made_tomorrow",)})
    async with db.transaction():
        await emit(*(Strained(f"k{number}") for number in range(35)))
        for number in range(25):
            await jobs.enqueue("made_tomorrow", {"key": number})
    async with serving(made):
        await eventually("SELECT count(*) FROM job WHERE published_at IS NOT NULL", 60)
    forget_messages()


async def test_events_of_newer_code_are_left_to_a_newer_relay():
    made = relay.Relay({Strained.name: ("made_tomorrow",)})
    await db.statement("INSERT INTO outbox (name, body, request_id) VALUES ('relay.thing.renamed.v9', '{}', '-')")
    async with db.transaction():
        await emit(Strained("k"))
    assert await made.expand() == 1
    assert await made.expand() == 0
    assert await db.value("SELECT name FROM outbox WHERE expanded_at IS NULL") == "relay.thing.renamed.v9"
