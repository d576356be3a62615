"""F2 and F3: workers told to stop at any moment, and workers that stand still and come back."""

import asyncio
import os
import signal

import pytest

from backend.core import db
from backend.core.settings import settings
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.running import LEASE_S
from tests.faults.checker import counted
from tests.faults.stand import EVERYTHING, until, until_value
from tests.faults.stream import Stream
from tests.faults.test_database import CUT
from tests.faults.world import a_world
from tests.processes import STARTS_S
from tests.workers.extra_jobs import Slow

pytestmark = pytest.mark.processes

DONE = "SELECT count(*) FROM job WHERE state = 'done'"
EXITS_S = 3.0
"""What a stop may take beyond the grace time."""


@pytest.mark.faults
async def test_f2_a_stop_during_the_start_leaves_no_process(a_stand, schedule):
    stand = await a_stand()
    for number in range(10):
        worker = stand.start("worker")
        await schedule.sleep(0.0, 3.0)
        times = schedule.random.choice((1, 5))
        schedule.note(f"SIGTERM {times} times to the group of start {number}")
        for _ in range(times):
            os.killpg(worker.pid, signal.SIGTERM)
        await asyncio.to_thread(worker.wait, settings().worker_grace_s + EXITS_S)
        await until(lambda: not stand.processes.left(), "no process is left", 10)


@pytest.mark.faults
async def test_f2_a_stop_with_short_and_long_jobs(a_stand):
    stand = await a_stand()
    lengths = {"k1": 1.0, "k8": 8.0, "k60": 60.0}
    await stand.up("relay", "worker")
    for key, seconds in lengths.items():
        await jobs.enqueue("test_slow", Slow(key, seconds))
    await until_value("SELECT count(*) FROM job WHERE started_at IS NOT NULL", 3)
    for _ in range(5):
        os.killpg(stand.running["worker"].pid, signal.SIGTERM)
    code = await asyncio.to_thread(stand.running["worker"].wait, settings().worker_grace_s + EXITS_S)
    assert code == 0
    stopped_at = await db.value("SELECT now()")
    states = await db.fetch("SELECT state, attempt, body ->> 'key' AS key FROM job ORDER BY id")
    assert [tuple(row) for row in states] == [("done", 1, "k1"), ("queued", 0, "k8"), ("queued", 0, "k60")]
    await db.statement("UPDATE job SET body = body || '{\"seconds\": 0}'")
    await stand.up("worker")
    await until_value(DONE, 3)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 3
    assert await db.value("SELECT count(*) FROM job WHERE finished_at > $1", stopped_at) == 2


@pytest.mark.faults
async def test_f2_stops_at_random_while_work_flows(a_stand, schedule):
    world = await a_world(finished=60)
    stand = await a_stand()
    await stand.up(*EVERYTHING, "worker-2")
    async with Stream(stand, world, schedule.random) as work:
        for _ in range(6):
            await schedule.sleep(1, 3)
            name = schedule.random.choice(("worker", "worker-2"))
            schedule.note(f"SIGTERM five times to {name}")
            for _ in range(5):
                os.killpg(stand.running[name].pid, signal.SIGTERM)
            await asyncio.to_thread(stand.running[name].wait, settings().worker_grace_s + EXITS_S)
            await stand.up(name)
    await counted(stand, work)


async def test_f3_a_paused_worker_finds_its_job_gone(a_stand):
    stand = await a_stand()
    await stand.up("relay", "worker")
    await jobs.enqueue("test_slow", Slow("k", 50))
    await until_value("SELECT count(*) FROM job WHERE state = 'running'", 1)
    with stand.paused("worker"):
        await db.statement("UPDATE job SET body = body || '{\"seconds\": 0}'")  # for the second run
        await stand.up("worker-2")
        await until_value(DONE, 1)
    await until(lambda: "state=fenced" in stand.log_of("worker"), "the first run is fenced", STARTS_S)
    assert await db.value("SELECT hits FROM throttle WHERE key = 'k'") == 1
    assert await db.value("SELECT state FROM job") == "done"


@pytest.mark.faults
async def test_f3_pauses_of_two_leases_while_work_flows(a_stand, schedule):
    world = await a_world(finished=60)
    stand = await a_stand()
    await stand.up(*EVERYTHING, "worker-2")
    async with Stream(stand, world, schedule.random) as work:
        for _ in range(2):
            await schedule.sleep(0.5, 2)
            name = schedule.random.choice(("worker", "worker-2"))
            schedule.note(f"SIGSTOP for {2 * LEASE_S} s to {name}")
            with stand.paused(name):
                await asyncio.sleep(2 * LEASE_S)
    await counted(stand, work, explained=(*CUT, "LockNotAvailable"))  # its transactions stand still, and are ended
