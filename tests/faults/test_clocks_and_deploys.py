"""F6 and F30: clocks that differ, and old and new code side by side.

F6 is reduced: the clock of Python and its libraries is moved (tests/faults/clock), not the system's; what decides is
Postgres's clock anyway.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from backend.core import db, wake
from backend.core.actor import Actor, Role
from backend.domain.jobs import commands as jobs
from tests.conftest import on_database
from tests.faults.checker import counted
from tests.faults.stand import EVERYTHING, until, until_value
from tests.faults.stream import Stream
from tests.faults.world import a_world
from tests.processes import STARTS_S
from tests.quizzes import an_attempt, move_deadline
from tests.workers.extra_jobs import Slow

pytestmark = [pytest.mark.processes, pytest.mark.faults]

CLOCK = str(Path(__file__).with_name("clock"))
DONE = "SELECT count(*) FROM job WHERE state = 'done'"


def off(seconds: float, after: float = 0.0) -> dict[str, str]:
    """The environment of a process whose clock is wrong by so much, from so long after its start."""
    return {
        "PYTHONPATH": CLOCK,
        "LULUS_TEST_CLOCK_S": str(seconds),
        "LULUS_TEST_CLOCK_STEP_AFTER_S": str(after),
    }


@pytest.mark.parametrize("seconds", [-120, 120])
async def test_f6_clocks_two_minutes_apart(a_stand, schedule, seconds):
    world = await a_world(finished=30)
    stand = await a_stand()
    stand.start("web", **off(seconds))
    stand.start("worker", **off(seconds))
    stand.start("worker-2", **off(seconds, after=8))
    stand.start("worker-3")
    stand.start("relay", **off(-seconds))
    stand.start("schedule", **off(seconds))
    await stand.ready(*EVERYTHING, "worker-2", "worker-3")
    actor = Actor(world.takers[0].id, Role.STUDENT, 0)
    attempt = await an_attempt(world.quiz, actor, enrolled=True)
    await move_deadline(attempt.id, timedelta(seconds=20))
    async with Stream(stand, world, schedule.random, ("grades", "uploads", "payments")) as work:
        await asyncio.sleep(12)
        assert await db.value("SELECT state FROM attempt") == "open", "nobody's clock but Postgres's closes it"
    await until_value("SELECT state FROM attempt", "graded", 40)
    late = "SELECT extract(epoch FROM submitted_at - deadline_at)::float8 BETWEEN 0 AND 15 FROM attempt"
    assert await db.value(late), "closed after its deadline, and by the sweep that followed"
    await db.statement("DELETE FROM result")
    await db.statement("TRUNCATE attempt CASCADE")
    await counted(stand, work, crashed=False)


async def test_f30_an_old_worker_leaves_unknown_kinds_to_a_new_one(a_stand):
    stand = await a_stand()
    new, stand.also = stand.also, ()
    await stand.up("relay", "worker")
    await jobs.enqueue("test_slow", Slow("k"))
    await until(lambda: "unknown kind of job" in stand.log_of("worker"), "it is given back", STARTS_S)
    assert tuple(await db.row("SELECT state, attempt FROM job")) == ("queued", 0)
    stand.also = new
    await stand.up("worker-2")
    await until_value(DONE, 1)
    assert await db.value("SELECT hits FROM throttle WHERE key = 'k'") == 1


async def test_f30_an_old_relay_leaves_unknown_events_to_a_new_one(a_stand):
    """Also: an old version of an event, which nothing here knows any more, stays where it is, and is told."""
    stand = await a_stand()
    await stand.up("relay", "worker")
    await db.statement(
        "INSERT INTO outbox (name, body, request_id) VALUES ('attempts.attempt.submitted.v0', '{\"id\": 1}', '-'),"
        " ('attempts.attempt.submitted.v1', '{\"attempt_id\": 1, \"added_later\": true}', '-')"
    )
    async with db.transaction():
        db.after_commit(wake.ring)
    await until_value("SELECT count(*) FROM job WHERE kind = 'grade_attempt' AND state <> 'queued'", 1)
    await until(lambda: "does not know are left waiting" in stand.log_of("relay"), "it is told", STARTS_S)
    assert await db.value("SELECT name FROM outbox WHERE expanded_at IS NULL") == "attempts.attempt.submitted.v0"


async def _migrate(url: str, *, kill_after: float | None = None) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backend.cli", "migrate"),
        env={**os.environ, "DATABASE_URL": url},
        stdout=asyncio.subprocess.DEVNULL,
    )
    if kill_after is not None:
        await asyncio.sleep(kill_after)
        if process.returncode is None:
            process.kill()
    return await process.wait()


@pytest.fixture
async def empty_database(database):
    """The URL of a database with nothing in it."""
    name = f"{await db.value('SELECT current_database()')}_empty"
    await db.statement(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await db.statement(f"CREATE DATABASE {name}")
    yield on_database(name)
    await db.statement(f"DROP DATABASE {name} WITH (FORCE)")


async def _tables(url: str) -> tuple[int, int]:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        applied = await connection.fetchval("SELECT count(*) FROM migration") if tables else 0
        return tables, applied
    finally:
        await connection.close()


async def test_f30_three_migrations_at_once_are_one(empty_database):
    codes = await asyncio.gather(*(_migrate(empty_database) for _ in range(3)))
    assert codes == [0, 0, 0]
    once = await _tables(empty_database)
    assert await _migrate(empty_database) == 0
    assert await _tables(empty_database) == once


async def test_f30_a_migration_killed_halfway_leaves_all_or_nothing(empty_database, schedule):
    for _ in range(6):
        after = schedule.random.uniform(0.3, 2.5)
        code = await _migrate(empty_database, kill_after=after)
        tables, applied = await _tables(empty_database)
        schedule.note(f"kill -9 after {after:.2f} s: exit {code}, {tables} tables, {applied} migrations")
        assert (tables == 0) == (applied == 0)
    assert await _migrate(empty_database) == 0
    tables, applied = await _tables(empty_database)
    assert applied == len(list((Path(__file__).parents[2] / "backend/migrations").glob("m*.py")))
    ours = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert tables == await db.value(ours)
