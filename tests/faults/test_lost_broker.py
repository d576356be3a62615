"""F8 and F9: a Valkey that dies, or forgets everything, while work is queued, running, delayed and failing."""

import asyncio

import pytest
import redis

from backend.core import db
from backend.domain.jobs import commands as jobs
from tests.faults.checker import counted
from tests.faults.deadly_jobs import Deadly
from tests.faults.stand import EVERYTHING, until, until_value
from tests.faults.stream import Stream
from tests.faults.world import a_world
from tests.processes import STARTS_S
from tests.workers.extra_jobs import Slow

pytestmark = pytest.mark.processes

DONE = "SELECT count(*) FROM job WHERE state = 'done'"
EXPLAINED = (r"\bredis\b", r"ConnectionError", r"TimeoutError")


def forget(stand):
    redis.Redis.from_url(stand.environment["REDIS_URL"]).flushall()


async def test_f8_valkey_dies_for_a_second_as_jobs_fail(a_stand):
    stand = await a_stand(own={"valkey"})
    stand.also += ("tests.faults.deadly_jobs",)
    await stand.up("relay", "worker")
    for number in range(6):
        await jobs.enqueue("test_unruly", Deadly(f"fails{number}", "raise", seconds=0.5))
        await jobs.enqueue("test_slow", Slow(f"k{number}", 0.5))
    await until_value("SELECT count(*) >= 4 FROM job WHERE started_at IS NOT NULL", expected=True)
    stand.kill_service("valkey")  # they fail while it is away
    await jobs.enqueue("test_slow", Slow("queued meanwhile"))
    await asyncio.sleep(1)
    await stand.restart_service("valkey")
    await until_value(DONE, 13, 30)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 13


@pytest.mark.faults
@pytest.mark.parametrize("seconds", [1, 20, 120])
async def test_f8_valkey_dies_while_work_flows(a_stand, schedule, seconds):
    world = await a_world(finished=100, buyers=600)
    stand = await a_stand(own={"valkey"})
    await stand.up(*EVERYTHING)
    async with Stream(stand, world, schedule.random) as work:
        work.pause_s = max(0.2, seconds / 100)
        await until(work.has(2), "work flows", STARTS_S)
        await schedule.sleep(0, 2)
        schedule.note(f"kill -9 of Valkey for {seconds} s")
        stand.kill_service("valkey")
        await asyncio.sleep(seconds)
        await stand.restart_service("valkey")
        await schedule.sleep(0, 2)
    await counted(stand, work, explained=EXPLAINED, crashed=False)


async def test_f9_valkey_may_lose_everything(a_stand):
    stand = await a_stand(own={"valkey"})
    stand.also += ("tests.faults.deadly_jobs",)
    await stand.up("relay")
    async with db.transaction():
        for number in range(100):
            await jobs.enqueue("test_slow", Slow(f"k{number}", 0.05))
        await jobs.enqueue("test_unruly", Deadly("delayed", "raise"))
    await until_value("SELECT count(*) FROM job WHERE published_at IS NOT NULL", 101)
    forget(stand)
    await stand.up("worker")
    await until_value("SELECT least(20, count(*)) FROM job WHERE state = 'done'", 20)
    forget(stand)
    await until_value(DONE, 101)
    await stand.restart_service("valkey")
    await jobs.enqueue("test_slow", Slow("after"))
    await until_value(DONE, 102)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 102


@pytest.mark.faults
async def test_f9_valkey_forgets_at_random_while_work_flows(a_stand, schedule):
    world = await a_world(finished=60, buyers=300)
    stand = await a_stand(own={"valkey"})
    await stand.up(*EVERYTHING, "worker-2")
    async with Stream(stand, world, schedule.random) as work:
        await until(work.has(1), "work flows", STARTS_S)
        for _ in range(10):
            await schedule.sleep(0.2, 3)
            schedule.note("FLUSHALL")
            forget(stand)
    await counted(stand, work, crashed=False)
