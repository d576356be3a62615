"""F31, F32, and a message that comes five times and out of order.

F31 is reduced: 5,000 jobs instead of 100,000, one in a hundred of them broken. F32 takes ten minutes, or `SOAK=` of
`make faults`.
"""

import asyncio
import contextlib
import time

import asyncpg
import psutil
import pytest

from backend.core import db
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.waking import Due
from tests.faults.checker import counted
from tests.faults.figures import figure
from tests.faults.stand import EVERYTHING, Stand, until, until_value
from tests.faults.stream import Stream
from tests.faults.test_database import CUT
from tests.faults.world import a_world
from tests.processes import STARTS_S
from tests.workers.extra_jobs import Slow
from workers import broker

pytestmark = [pytest.mark.processes, pytest.mark.faults]

DEEP = 5_000
MIB = 1 << 20
GROWTH_MIB = 64
EXPLAINED = (*CUT, r"\bredis\b", r"TimeoutError")


def median(found: list[dict[str, int]], name: str) -> int:
    """The one in the middle of what was found of a process; a child that ended as it was looked at hides it once."""
    known = sorted(one[name] for one in found if name in one)
    return known[len(known) // 2]


def resident(stand: Stand) -> dict[str, int]:
    """Resident memory of each named process and all below it, in MiB."""
    found = {}
    for name in stand.running:
        with contextlib.suppress(psutil.NoSuchProcess):
            found[name] = sum(process.memory_info().rss for process in stand.tree(name)) // MIB
    return found


def open_files(stand: Stand) -> dict[str, int]:
    """Open files of each named process and all below it."""
    found = {}
    for name in stand.running:
        with contextlib.suppress(psutil.NoSuchProcess):
            found[name] = sum(process.num_fds() for process in stand.tree(name))
    return found


async def test_x1_a_message_five_times_and_out_of_order(a_stand, schedule):
    stand = await a_stand()
    for number in range(40):
        await jobs.enqueue("test_slow", Slow(f"k{number}", 0.1))
    ids = [row["id"] for row in await db.fetch("SELECT id FROM job")] * 5
    schedule.random.shuffle(ids)
    for job_id in ids:
        await asyncio.to_thread(broker.send, [Due(job_id, "test_slow", is_fresh=False)])
    await stand.up("worker", "worker-2", "relay")
    await until_value("SELECT count(*) FROM job WHERE state = 'done'", 40)
    for job_id in reversed(ids):  # and again, when all is done
        await asyncio.to_thread(broker.send, [Due(job_id, "test_slow", is_fresh=False)])
    await until(lambda: broker.waiting(broker.Queue.QUICK) == 0, "all are taken", STARTS_S)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 40
    assert await db.value("SELECT max(attempt) FROM job") == 1


async def test_f31_a_deep_queue_with_one_in_a_hundred_broken(a_stand):
    stand = await a_stand()
    stand.also += ("tests.faults.deadly_jobs",)
    await stand.up("relay", "worker")
    await jobs.enqueue("test_slow", Slow("warm"))
    await until_value("SELECT count(*) FROM job WHERE state = 'done'", 1)
    before = resident(stand)
    rows = "INSERT INTO job (kind, body, max_attempts, request_id) SELECT"
    await db.statement(
        f"{rows} 'test_slow', jsonb_build_object('key', 'k' || n), 5, '-' FROM generate_series(1, $1::int) AS n",
        DEEP * 99 // 100,
    )
    await db.statement(
        f"{rows} 'test_unruly', jsonb_build_object('key', 'p' || n, 'how', 'raise', 'times', 99), 3, '-'"
        " FROM generate_series(1, $1::int) AS n",
        DEEP // 100,
    )
    begun = time.monotonic()
    await until_value("SELECT least(500, count(*)) FROM job WHERE state = 'done'", 500, 120)
    await until_value("SELECT count(*) FROM job WHERE state IN ('queued', 'running')", 0, 240)
    took = time.monotonic() - begun
    after = resident(stand)
    assert await db.value("SELECT count(*) FROM job WHERE state = 'parked'") == DEEP // 100
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == DEEP * 99 // 100 + 1
    figure(f"{DEEP} jobs, {DEEP // 100} of them broken, in {took:.0f} s; resident {before} -> {after} MiB")
    assert all(after[name] - before[name] <= GROWTH_MIB for name in before), (before, after)


async def terminate_backends() -> None:
    """pg_terminate_backend for everybody who is connected to our database."""
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await db.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def _kill_a_worker(stand: Stand, schedule) -> None:
    name = schedule.random.choice(("worker", "worker-2"))
    schedule.note(f"kill -9 of {name}")
    stand.kill(name)


async def _kill_valkey(stand: Stand, schedule) -> None:
    away_s = schedule.random.choice((1, 3, 10))
    schedule.note(f"kill -9 of Valkey for {away_s} s")
    stand.kill_service("valkey")
    await asyncio.sleep(away_s)
    await stand.restart_service("valkey")


async def _end_connections(_: Stand, schedule) -> None:
    schedule.note("pg_terminate_backend of all")
    await terminate_backends()


async def test_f32_a_soak_of_everything(a_stand, schedule, request):
    minutes = request.config.getoption("--soak")
    if not minutes:
        return
    seconds = minutes * 60
    world = await a_world(finished=int(seconds), buyers=int(seconds * 2))
    stand = await a_stand(own={"valkey"})
    await stand.up(*EVERYTHING, "worker-2")
    async with stand.kept_up(), Stream(stand, world, schedule.random) as work:
        work.pause_s = 0.5
        await until(work.has(3), "work flows", STARTS_S)
        steady = ("web", "relay", "schedule")
        until_s = time.monotonic() + seconds
        taken = []
        while time.monotonic() < until_s:
            await schedule.sleep(2, 12)
            await schedule.random.choice((_kill_a_worker, _kill_valkey, _end_connections))(stand, schedule)
            work.has(0)()
            taken.append((resident(stand), open_files(stand)))
    await counted(stand, work, explained=EXPLAINED)
    third = max(1, len(taken) // 3)
    for name in steady:
        first, last = (median([one[0] for one in part], name) for part in (taken[:third], taken[-third:]))
        files = [median([one[1] for one in part], name) for part in (taken[:third], taken[-third:])]
        figure(f"{name}: resident {first} -> {last} MiB, open files {files[0]} -> {files[1]}")
        assert last - first <= GROWTH_MIB // 2, taken
        assert files[1] - files[0] <= 10, taken
