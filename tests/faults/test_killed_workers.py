"""F1: workers and the relay killed outright, at chosen moments and at random ones, while work flows."""

import contextlib
import os
import signal
import time
from collections import Counter

import psutil
import pytest

from backend.core import db
from backend.domain.jobs import commands as jobs
from tests.faults.checker import counted
from tests.faults.deadly_jobs import Deadly
from tests.faults.figures import figure
from tests.faults.stand import EVERYTHING, until, until_value
from tests.faults.stream import Stream
from tests.faults.world import a_world
from tests.processes import STARTS_S
from tests.workers.extra_jobs import Slow

pytestmark = pytest.mark.processes

KILLS = 50


async def test_f1_a_killed_workers_job_is_taken_over_within_15_seconds(a_stand):
    stand = await a_stand()
    await stand.up("relay", "worker")
    await jobs.enqueue("test_slow", Slow("k", 60))
    await until_value("SELECT count(*) FROM job WHERE state = 'running'", 1)
    await stand.up("worker-2")
    await db.statement('UPDATE job SET body = \'{"key": "k", "seconds": 0}\'')
    os.kill(stand.running["worker"].pid, signal.SIGKILL)
    figure(f"taken over after {await until_value('SELECT attempt FROM job', 2, 15):.1f} s")
    await until_value("SELECT count(*) FROM job WHERE state = 'done'", 1)
    assert await db.value("SELECT hits FROM throttle WHERE key = 'k'") == 1


async def test_f1_a_master_killed_as_its_worker_starts_leaves_no_worker(a_stand):
    """An orphan would write into a log that nobody reads, stand still when the pipe is full, and keep its leases."""
    stand = await a_stand()
    stand.start("worker")
    await until(lambda: len(stand.tree("worker")) == 3, "dramatiq has forked", STARTS_S)
    _, master, worker = stand.tree("worker")
    master.kill()
    await until(lambda: not worker.is_running() and not stand.processes.left(), "no process is left", STARTS_S)


@pytest.mark.faults
@pytest.mark.parametrize("how", ["before commit", "after commit"])
async def test_f1_killed_on_either_side_of_the_commit(a_stand, how):
    stand = await a_stand(environment={"WORKER_THREADS": "1"})  # none dies with another
    stand.also += ("tests.faults.deadly_jobs",)
    for number in range(2):
        await jobs.enqueue("test_deadly", Deadly(f"k{number}", how))
    async with stand.kept_up():
        await stand.up("relay", "worker")
        await until_value("SELECT count(*) FROM job WHERE state = 'done'", 2, STARTS_S)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 2
    assert await db.value("SELECT max(attempt) FROM job") == (2 if how == "before commit" else 1)


@pytest.mark.faults
async def test_f1_killed_fifty_times_at_random_while_work_flows(a_stand, schedule):
    world = await a_world(finished=150, buyers=400)
    stand = await a_stand()
    await stand.up(*EVERYTHING, "worker-2")
    kills, begun = Counter(), time.monotonic()
    async with stand.kept_up(), Stream(stand, world, schedule.random) as work:
        for _ in range(KILLS):
            await schedule.sleep(0.3, 2.5)
            name, part = schedule.random.choice(("worker", "worker-2", "relay")), schedule.random.randrange(3)
            tree = stand.tree(name)
            chosen = tree if part == 2 else tree[:1] if part == 0 else tree[-1:]
            kills[name] += bool(chosen)  # it may just be gone, and not started again yet
            schedule.note(f"kill -9 {len(chosen)} of {len(tree)} processes of {name}")
            for process in chosen:
                with contextlib.suppress(psutil.NoSuchProcess):  # it went with the one before, or at its own start
                    process.kill()
        figure(f"{kills} in {time.monotonic() - begun:.0f} s")
    await counted(stand, work, explained=("Died",))  # the child that reads a sheet is killed by itself, too
