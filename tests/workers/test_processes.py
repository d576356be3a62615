"""Real workers and relays, killed, stopped and robbed of Valkey while work flows."""

import asyncio
import os
import signal
import subprocess
import time

import pytest

from backend.core import db
from backend.core.settings import settings
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.waking import Due
from tests.processes import STARTS_S, Processes
from tests.workers.extra_jobs import Slow
from workers import broker

pytestmark = pytest.mark.processes

WORKER = ("-m", "workers.run", "--also", "tests.workers.extra_jobs")
RELAY = ("-m", "workers.relay")


async def eventually(sql: str, expected: object, seconds: float, made: Processes) -> float:
    begun = time.monotonic()
    while True:
        found = await db.value(sql)
        if found == expected:
            return time.monotonic() - begun
        assert time.monotonic() - begun < seconds, f"{sql}: {found!r}\n{made.logs()}"
        await asyncio.sleep(0.02)


async def says(words: str, times: int, made: Processes) -> None:
    deadline = time.monotonic() + STARTS_S
    while made.logs().count(words) < times:
        assert time.monotonic() < deadline, made.logs()
        await asyncio.sleep(0.02)


async def stops(process: subprocess.Popen[bytes], seconds: float) -> int:
    return await asyncio.to_thread(process.wait, seconds)


DONE = "SELECT count(*) FROM job WHERE state = 'done'"
RUNNING = "SELECT count(*) FROM job WHERE state = 'running'"


async def test_two_relays_and_three_workers_do_each_job_once(database, processes):
    async with db.transaction():
        for number in range(200):
            await jobs.enqueue("test_slow", Slow(f"k{number}"))
    for _ in range(2):
        processes.start(*RELAY)
    for _ in range(3):
        processes.start(*WORKER)
    await eventually(DONE, 200, STARTS_S, processes)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 200
    assert await db.value("SELECT max(attempt) FROM job") == 1


async def test_a_worker_works_on_as_many_jobs_as_it_has_threads(database, processes):
    async with db.transaction():
        for number in range(settings().worker_threads):
            await jobs.enqueue("test_slow", Slow(f"k{number}", 4))
    processes.start(*RELAY)
    processes.start(*WORKER)
    await eventually(RUNNING, settings().worker_threads, STARTS_S, processes)


async def test_notices_on_a_slow_mail_server_hold_nobody_up(database, processes):
    async with db.transaction():
        notices = [await jobs.enqueue("test_notice", Slow(f"n{number}", 50)) for number in range(24)]
    broker.send([Due(notice.id, "test_notice", is_fresh=True) for notice in notices])
    processes.start(*WORKER)
    await eventually(RUNNING, max(1, settings().worker_threads // 4), STARTS_S, processes)
    grade = await jobs.enqueue("test_slow", Slow("grade"))
    broker.send([Due(grade.id, "test_slow", is_fresh=True)])
    await eventually(DONE, 1, STARTS_S, processes)
    assert await db.value(RUNNING) == max(1, settings().worker_threads // 4), "the notices are still at it"


async def test_a_stop_gives_work_back_and_leaves_no_process(database, processes):
    processes.start(*RELAY)
    worker = processes.start(*WORKER)
    await jobs.enqueue("test_slow", Slow("long", 30))
    await eventually(RUNNING, 1, STARTS_S, processes)
    await jobs.enqueue("test_slow", Slow("short", 1))
    await eventually("SELECT count(*) FROM job WHERE started_at IS NOT NULL", 2, STARTS_S, processes)
    for _ in range(5):
        os.killpg(worker.pid, signal.SIGTERM)
    assert await stops(worker, settings().worker_grace_s + 3) == 0
    assert [process for process in processes.left() if "workers.relay" not in " ".join(process.cmdline())] == []
    assert await db.value("SELECT hits FROM throttle WHERE key = 'short'") == 1
    assert await db.value("SELECT count(*) FROM throttle WHERE key = 'long'") == 0
    left = await db.row("SELECT state, attempt, run_at <= now() AS is_due FROM job WHERE state <> 'done'")
    assert tuple(left) == ("queued", 0, True), "given back, and not counted as a try"
    await db.statement('UPDATE job SET body = \'{"key": "long", "seconds": 0}\' WHERE state <> \'done\'')
    processes.start(*WORKER)
    await eventually(DONE, 2, STARTS_S, processes)
    assert await db.value("SELECT hits FROM throttle WHERE key = 'long'") == 1


async def test_a_worker_killed_among_many_jobs_leaves_them_to_others(database, processes):
    worker = processes.start(*WORKER)
    async with db.transaction():
        ids = [(await jobs.enqueue("test_many", Slow(f"k{number}", 50))).id for number in range(20)]
    broker.send([Due(job_id, "test_many", is_fresh=True) for job_id in ids])
    await eventually(RUNNING, 20, STARTS_S, processes)
    processes.start(*RELAY)
    processes.start(*WORKER)
    await says("ready for action", 2, processes)
    await db.statement("UPDATE job SET body = jsonb_set(body, '{seconds}', '0')")
    os.kill(worker.pid, signal.SIGKILL)
    await eventually("SELECT min(attempt) FROM job", 2, 15, processes)
    await eventually(DONE, 20, STARTS_S, processes)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 20
    assert await db.value("SELECT max(attempt) FROM job") == 2, "each alone, and counted"


async def test_a_worker_without_a_database_ends(database, processes):
    worker = processes.start(*WORKER, DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert await stops(worker, STARTS_S) != 0
    assert processes.left() == []


async def test_two_schedules_and_a_relay_stop_at_once(database, processes):
    started = [processes.start("-m", "workers.schedule") for _ in range(2)]
    started.append(processes.start(*RELAY))
    await says(" runs ", 3, processes)
    for process in started:
        process.terminate()
    assert [await stops(process, 5) for process in started] == [0, 0, 0]
    assert processes.left() == []
    keys = await db.fetch("SELECT unique_key, count(*) FROM job GROUP BY unique_key HAVING count(*) > 1")
    assert keys == []
