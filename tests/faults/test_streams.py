"""Open streams by the hundred, and readers that stop reading: they cost no connection and no memory."""

import asyncio
import os
import signal
import socket
import time
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from backend.domain.files.terms import FileKind
from backend.domain.jobs import commands as jobs
from tests.faults.figures import figure
from tests.http.test_streams import a_web, events, headers
from tests.people import a_session, a_token, an_account
from tests.workers.test_files import sent

pytestmark = [pytest.mark.processes, pytest.mark.faults]

PEOPLE, EACH = 25, 20
SILENT = 80
"""More than a web process has connections to storage."""


@asynccontextmanager
async def silent(url, path, token):
    """A client that asks, and reads no answer."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    door.setblocking(False)  # noqa: FBT003 - takes no keyword
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(door, ("127.0.0.1", httpx.URL(url).port))
        asks = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
        await loop.sock_sendall(door, asks.encode())
        yield door
    finally:
        door.close()


def memory_of(made):
    """Resident bytes of all our processes."""
    return sum(process.memory_info().rss for process in made.left())


async def people(count):
    for _ in range(count):
        account_id, uuid, *_ = await an_account(Role.STUDENT)
        session_id, session = await a_session(account_id)
        yield account_id, a_token(uuid, session), session_id


async def test_x3_five_hundred_streams_hear_of_everything_and_end_with_the_process(database, storage, processes):
    process, url = await a_web(processes)
    told = []

    async def follow(http, path, is_open):
        async with http.stream("GET", path) as answer:
            assert answer.status_code == 200, answer
            async for event in events(answer):
                is_open.set()
                told.append((event[1], time.monotonic()))

    async with AsyncExitStack() as stack, asyncio.timeout(120):
        following, opened = [], []
        for account_id, token in [(a, t) async for a, t, _ in people(PEOPLE)]:
            job = await jobs.enqueue("test_slow", {}, owner_id=account_id)
            http = await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=url,
                    timeout=60,
                    headers={"authorization": f"Bearer {token}"},
                    limits=httpx.Limits(max_connections=None),
                )
            )
            for _ in range(EACH):
                opened.append(asyncio.Event())
                following.append(asyncio.create_task(follow(http, f"/api/v1/jobs/{job.uuid}/events", opened[-1])))
        for is_open in opened:
            await is_open.wait()
        before = memory_of(processes)
        begun = time.monotonic()
        await db.statement("UPDATE job SET version = version + 1, progress_done = 1, progress_total = 2")
        while len(told) < 2 * PEOPLE * EACH:
            await asyncio.sleep(0.02)
        took_s = max(at for _, at in told) - begun
        figure(f"{len(following)} streams told in {took_s:.2f} s; {before >> 20} MiB")
        begun = time.monotonic()
        assert (await http.get("/hello")).status_code == 200
        asked_s = time.monotonic() - begun
        process.send_signal(signal.SIGTERM)
        for task in following:
            await task
        assert await asyncio.to_thread(process.wait, 30) == 0
    assert took_s < 5
    assert asked_s < 2


async def test_x4_a_reader_that_stops_reading_costs_nothing(student, processes):
    process, url = await a_web(processes)
    job = await jobs.enqueue("test_slow", {}, owner_id=student.id)
    path = f"/api/v1/jobs/{job.uuid}/events"
    async with AsyncExitStack() as stack, asyncio.timeout(100):
        for _ in range(10):
            await stack.enter_async_context(silent(url, path, student.token))
        await asyncio.sleep(1)
        before = memory_of(processes)
        report = "x" * 20_000
        for number in range(300):  # 6 MB a reader
            await db.statement(
                "UPDATE job SET version = version + 1, report = to_jsonb($1::text), progress_done = $2",
                report,
                number,
            )
            await db.statement("SELECT pg_notify('lulus_job', $1)", str(job.uuid))
            await asyncio.sleep(0.02)
        grown = memory_of(processes) - before
        figure(f"grown {grown >> 20} MiB")
        async with httpx.AsyncClient(base_url=url, timeout=20, headers=headers(student)) as http:
            assert (await http.get("/api/v1/me")).status_code == 200
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 30) == 0
        assert time.monotonic() - begun < 8, "they cannot be told that it ends, and are not waited for"
        assert grown < 40 << 20


async def test_x4_silent_readers_of_files_leave_room_for_others(teacher, processes, storage):
    file = await sent(storage, teacher.actor, os.urandom(24 << 20), "webm", FileKind.MEDIA)
    await db.statement("UPDATE file SET state = 'ready'")
    _, url = await a_web(processes)
    async with AsyncExitStack() as stack, asyncio.timeout(150):
        for _ in range(SILENT):
            await stack.enter_async_context(silent(url, file.address, teacher.token))
        async with httpx.AsyncClient(base_url=url, timeout=100, headers=headers(teacher)) as http:
            begun = time.monotonic()
            answer = await http.get(file.address, headers={"range": "bytes=0-999"})
            figure(f"others are served after {time.monotonic() - begun:.1f} s")
            assert answer.status_code == 206
            assert len(answer.content) == 1000
