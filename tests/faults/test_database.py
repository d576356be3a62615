"""F14 to F17: a Postgres that cuts, dies, is full, is locked, or has no connection left."""

import asyncio
import contextlib
import contextvars
import os
import signal
import subprocess
import time
from collections import Counter

import asyncpg
import httpx
import pytest
from litestar import Litestar, get
from litestar.exceptions import HTTPException

from backend.core import db
from backend.core.settings import settings
from backend.devstack import services
from backend.devstack.processes import tell
from backend.dialects.lms import envelope
from tests.conftest import _migrate
from tests.faults.checker import counted
from tests.faults.figures import figure
from tests.faults.stand import EVERYTHING, Stand, another_database, until
from tests.faults.stream import Stream
from tests.faults.world import a_world
from tests.school import _insert, a_batch

CUT = (r"asyncpg\.", r"Connection\w*Error", r"Inter\w+Error", r"Cannot\w+NowError", r"\w*ShutdownError")
"""What a lost connection leaves in logs."""


def own_backends():
    """The process ids of this test's own connections."""
    return [holder._con.get_server_pid() for holder in db.ENGINE.pool._holders if holder._con is not None]


async def cut_all():
    """End every connection to this database but the test's own; says how many."""
    return await db.value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL($1)",
        own_backends(),
    )


@pytest.mark.processes
async def test_f14_every_connection_is_cut_twice(a_stand, schedule):
    world = await a_world(takers=2, classes=1, finished=2, buyers=40)
    stand = await a_stand()
    await stand.up("web", "worker", "relay")
    async with Stream(stand, world, schedule.random, ("quizzes", "payments")) as work:
        work.pause_s = 0.05
        for _ in range(2):
            await schedule.sleep(0.5, 1)
            schedule.note(f"{await cut_all()} connections cut")
    assert set(work.client.statuses) <= {200, 201, 202, 409, 503}
    await counted(stand, work, explained=CUT)


@pytest.mark.processes
@pytest.mark.faults
async def test_f14_every_connection_is_cut_every_two_seconds(a_stand, schedule):
    world = await a_world()
    stand = await a_stand()
    await stand.up(*EVERYTHING)
    async with Stream(stand, world, schedule.random) as work:
        for _ in range(6):
            await asyncio.sleep(2)
            schedule.note(f"{await cut_all()} connections cut")
    assert set(work.client.statuses) <= {200, 201, 202, 409, 503}
    assert all(process.poll() is None for process in stand.running.values()), "they heal, and need no restart"
    await counted(stand, work, explained=CUT)


@pytest.mark.processes
@pytest.mark.faults
async def test_f15_shut_down_at_once_in_mid_commit_and_back_after_ten_seconds(a_stand, schedule):
    stand = await a_stand(own={"postgres"})
    world = await a_world()
    await stand.up(*EVERYTHING)
    async with stand.kept_up(), Stream(stand, world, schedule.random) as work:
        work.pause_s = 0.05
        for away_s in (1, 10):
            await schedule.sleep(2, 3)
            schedule.note(f"immediate shutdown, {away_s} s")
            tell(stand.services.processes["postgres"], signal.SIGQUIT)
            await asyncio.to_thread(stand.services.processes["postgres"].wait, 20)
            await asyncio.sleep(away_s)
            await stand.restart_service("postgres")
    assert set(work.client.statuses) <= {200, 201, 202, 409, 503}
    await counted(stand, work, explained=CUT)


# F16: what Postgres refuses, on a small application with the contract's own error handlers.


async def both(first: int, second: int, meet: asyncio.Barrier):
    async with db.transaction():
        await db.value("SELECT pg_advisory_xact_lock($1)", first)
        await meet.wait()
        await db.value("SELECT pg_advisory_xact_lock($1)", second)


async def rewrite(meet: asyncio.Barrier):
    async with db.transaction():
        await db.statement("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        await db.value("SELECT hits FROM throttle WHERE key = 'f16'")
        await meet.wait()
        await db.statement("UPDATE throttle SET hits = hits + 1 WHERE key = 'f16'")


async def too_long():
    async with db.transaction():
        await db.statement("SET LOCAL statement_timeout = 100")
        await db.value("SELECT pg_sleep(5)::text")


async def locked_out(key: int):
    async with db.transaction():
        await db.statement("SET LOCAL lock_timeout = 100")
        await db.value("SELECT pg_advisory_xact_lock($1)", key)


def application(act):
    @get("/")
    async def handler() -> dict:
        await act()
        return {}

    return Litestar(
        [handler],
        exception_handlers={HTTPException: envelope.on_http_error, Exception: envelope.on_anything},
        openapi_config=None,
        logging_config=None,
    )


async def twice(*acts):
    """Ask at once; the statuses, and that every refusal may be repeated."""
    async with contextlib.AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(transport=httpx.ASGITransport(application(act)), base_url="http://x")
            )
            for act in acts
        ]
        answers = await asyncio.gather(*(client.get("/") for client in clients))
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code != 200)
    return sorted(answer.status_code for answer in answers)


@pytest.mark.commits
async def test_f16_deadlocks_and_conflicts_of_versions_are_503_and_leak_nothing(database):
    meet = asyncio.Barrier(2)
    assert await twice(lambda: both(1, 2, meet), lambda: both(2, 1, meet)) == [200, 503]
    await db.statement("INSERT INTO throttle (key, hits, window_started_at) VALUES ('f16', 0, now())")
    assert await twice(lambda: rewrite(meet), lambda: rewrite(meet)) == [200, 503]
    assert await twice(too_long) == [503]
    async with db.transaction():
        await db.value("SELECT pg_advisory_xact_lock(3)")
        other = asyncio.get_running_loop().create_task(twice(lambda: locked_out(3)), context=contextvars.Context())
        assert await other == [503]
    assert await twice(lambda: locked_out(3)) == [200]
    assert db.pool_use()[0] == 0


@pytest.mark.commits
@pytest.mark.faults
async def test_f16_a_hot_row_locked_for_long_is_waited_for_within_bounds(student, a_person):
    await _insert("price_group", group_type="public", name="Umum", price=1000)
    batch = await a_batch(quota=100)
    buyers = [await a_person() for _ in range(30)]
    holding = await asyncpg.connect(settings().database_url)
    held = holding.transaction()
    await held.start()
    await holding.execute("UPDATE batch SET quota = quota WHERE id = $1", batch.id)

    async def buy(person):
        begun = time.monotonic()
        answer = await person.http.post("/api/v1/me/purchases", json={"batch_id": str(batch.uuid)}, timeout=60)
        return answer, time.monotonic() - begun

    try:
        done = await asyncio.gather(*(buy(person) for person in buyers))
    finally:
        await held.rollback()
        await holding.close()
    statuses = Counter(answer.status_code for answer, _ in done)
    figure(f"{statuses}, longest {max(took for _, took in done):.1f} s")
    assert set(statuses) == {503}
    assert all("retry-after" in answer.headers for answer, _ in done)
    assert max(took for _, took in done) < 30
    assert db.pool_use()[0] == 0
    answer, took = await buy(student)
    assert answer.status_code == 201
    assert took < 5


@pytest.mark.processes
@pytest.mark.faults
async def test_f16_no_connection_left(a_stand, schedule):
    stand = await a_stand(own={"postgres"})
    world = await a_world()
    await stand.up(*EVERYTHING)
    url = stand.environment["DATABASE_URL"]
    async with Stream(stand, world, schedule.random) as work, contextlib.AsyncExitStack() as stack:
        await schedule.sleep(1, 2)
        taken = 0
        with contextlib.suppress(asyncpg.TooManyConnectionsError):
            while True:
                connection = await asyncpg.connect(url)
                stack.push_async_callback(connection.close)
                taken += 1
        schedule.note(f"{taken} connections taken")
        await asyncio.gather(*(ask_for_me(stand, who, work) for who in world.takers * 10))
        await schedule.sleep(4, 5)
        await stack.aclose()
    assert set(work.client.statuses) <= {200, 201, 202, 409, 503}
    await counted(stand, work, explained=(*CUT, "TooManyConnections"))


async def ask_for_me(stand: Stand, who, work):
    async with httpx.AsyncClient(timeout=40) as http:
        answer = await http.get(f"{stand.url}/api/v1/me", headers={"authorization": f"Bearer {who.token}"})
        assert answer.status_code in (200, 503)
        work.client.statuses[answer.status_code] += 1


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 300 MB that only root can make."""
    folder = tmp_path / "disk"
    folder.mkdir(mode=0o777)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300m,mode=0777", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@pytest.mark.processes
@pytest.mark.faults
async def test_f17_a_full_disk_refuses_and_heals(database, storage, processes, small_disk, tmp_path, schedule):
    with services.start(small_disk / "own", wanted={"postgres"}, durable=False) as own:
        env = own.environment() | {"VAR_DIR": str(tmp_path / "var"), "MAIL_DIR": str(tmp_path / "mail")}
        _migrate(env["DATABASE_URL"])
        async with another_database(env["DATABASE_URL"]):
            stand = Stand(processes, own, storage, env)
            world = await a_world()
            await stand.up(*EVERYTHING)
            async with stand.kept_up(), Stream(stand, world, schedule.random) as work:
                work.pause_s = 0.05
                await until(work.has(1), "every lane works", 60)
                ballast = small_disk / "ballast"
                schedule.note("disk full")
                with ballast.open("wb") as file, contextlib.suppress(OSError):
                    while True:
                        file.write(os.urandom(1 << 20))
                        file.flush()
                await until(lambda: work.client.statuses[503] > 0, "what cannot be written is refused", 60)
                await schedule.sleep(1, 2)
                ballast.unlink()
                schedule.note("disk has room")
                if own.processes["postgres"].poll() is not None:
                    await stand.restart_service("postgres")
            assert set(work.client.statuses) <= {200, 201, 202, 409, 503}
            await counted(stand, work, explained=(*CUT, "DiskFull", "SystemIO"))
