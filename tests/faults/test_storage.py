"""F22 to F24: storage that refuses, breaks off, lies, crawls, or is asked for the last time."""

import asyncio
import hashlib
import os
import time
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta

import httpx
import msgspec
import pytest
from aiobotocore.config import AioConfig

from backend.core import db
from backend.core.settings import settings
from backend.domain.files import sweeping
from backend.domain.jobs import commands as jobs
from backend.http import shared
from storage import s3
from storage.errors import StorageDown
from tests.dialects.lms.test_uploads import PDF, clip, left, send  # noqa: F401 - clip is a fixture
from tests.faults.checker import counted
from tests.faults.conftest import swept
from tests.faults.figures import figure
from tests.faults.proxy import proxy_to
from tests.faults.stand import EVERYTHING, until_value
from tests.faults.stream import Stream
from tests.faults.world import a_world
from tests.workers.extra_jobs import Slow
from workers import resources

pytestmark = [pytest.mark.commits, pytest.mark.faults]

AT_ONCE = timedelta(seconds=-60)
BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
NO = b"<Error><Code>AccessDenied</Code><Message>No</Message></Error>"
DENIED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(NO), NO)
DOWN = (r"Storage\w*", r"ClientError", r"botocore", r"aiohttp", r"Connection\w*Error", r"TimeoutError")


def wrong_etag(said):
    """The same reply with another ETag."""
    head, mark, rest = said.partition(b"tag: ")
    return head + mark + b'"' + b"0" * 8 + rest[9:] if mark else said


@asynccontextmanager
async def through_a_proxy(storage, monkeypatch, *, read_timeout_s=2):
    """The web's and the workers' storage, by way of a proxy, with less patience than the real one."""
    real = s3._config

    def impatient(pool_size):
        return real(pool_size).merge(AioConfig(read_timeout=read_timeout_s))

    monkeypatch.setattr(s3, "_config", impatient)
    async with proxy_to(settings().s3_endpoint_url) as proxy:
        chosen = msgspec.structs.replace(settings(), s3_endpoint_url=f"http://127.0.0.1:{proxy.port}")
        async with s3.connect(chosen) as client:
            shared.offer(client)
            resources.offer(client)
            try:
                yield proxy, client
            finally:
                shared.offer(storage)
                resources.offer(storage)


async def whole(storage):
    """Every row of a file has its object, with the same bytes."""
    rows = await db.fetch("SELECT object_key, sha256 FROM file WHERE state <> 'begun'")
    for row in rows:
        async with aclosing(storage.open(row["object_key"])) as pieces:
            assert hashlib.sha256(b"".join([piece async for piece in pieces])).hexdigest() == row["sha256"]
    return len(rows)


TWO_PARTS = 9 << 20
PASSING = {
    "503": {"answer": BUSY},
    "reset": {"lose": True},
    "reset in the reply": {"lose": True, "let": 20},
    "silence": {"hold": True},
}


@pytest.mark.parametrize(("how", "part"), [("503", 1), ("reset", 1), ("reset in the reply", 2), ("silence", 2)])
async def test_f22_what_passes_is_tried_again(teacher, storage, clip, monkeypatch, how, part):  # noqa: F811
    await swept(storage)
    async with through_a_proxy(storage, monkeypatch) as (proxy, _):
        rule = proxy.add(f"partNumber={part}".encode(), **PASSING[how])
        answer = await send(teacher.http, "media", clip + bytes(TWO_PARTS))
        assert rule.met == 1
    assert answer.status_code == 202
    assert await whole(storage) == 1
    assert await left(storage) == (1, [await db.value("SELECT object_key FROM file")], [])


@pytest.mark.parametrize(
    ("how", "kind"),
    [("503", "documents"), ("silence", "documents"), ("reset", "media"), ("403", "media"), ("another ETag", "media")],
)
async def test_f22_what_stays_is_refused_and_leaves_nothing(teacher, storage, clip, monkeypatch, how, kind):  # noqa: F811
    await swept(storage)
    faults = {**PASSING, "403": {"answer": DENIED}, "another ETag": {"change": wrong_etag}}
    async with through_a_proxy(storage, monkeypatch, read_timeout_s=1) as (proxy, _):
        proxy.add(b"partNumber=2" if kind == "media" else b"PUT ", **faults[how], times=50)
        body = clip + bytes(TWO_PARTS) if kind == "media" else PDF
        begun = time.monotonic()
        answer = await send(teacher.http, kind, body)
        took_s = time.monotonic() - begun
        figure(f"{how}: {answer.status_code} after {took_s:.1f} s")
        assert took_s < 30
        proxy.heal()
    if answer.is_success:  # an ETag that nobody asked for
        assert how == "another ETag"
        assert await whole(storage) == 1
        return
    assert answer.status_code in ((500, 503) if how in ("403", "another ETag") else (503,))
    rows, objects, uploads = await left(storage)
    assert rows == 0
    removed = await sweeping.sweep(storage, AT_ONCE)  # what could not even be cleaned up
    assert (removed.missing, len(objects) + len(uploads)) == ([], removed.orphans + removed.uploads)
    assert await left(storage) == (0, [], [])


@pytest.mark.parametrize("how", ["503", "reset in the reply", "cut short", "403"])
async def test_f22_a_broken_read_is_never_a_short_answer(teacher, storage, monkeypatch, how):
    body = os.urandom(3 << 20)
    address = (await send(teacher.http, "documents", PDF[:20] + body + PDF[-20:])).json()["data"]
    faults = {**PASSING, "403": {"answer": DENIED}, "cut short": {"lose": True, "let": 1 << 20}}
    async with through_a_proxy(storage, monkeypatch) as (proxy, _):
        proxy.add(b"GET ", **faults[how])
        once = await teacher.http.get(address)
        proxy.add(b"GET ", **faults[how], times=50)
        if how == "cut short":
            with pytest.raises(AssertionError):  # httpx: the answer was not completed
                await teacher.http.get(address)
        else:
            always = await teacher.http.get(address)
            assert always.status_code == (500 if how == "403" else 503)
        proxy.heal()
    assert once.status_code == (500 if how == "403" else 200)
    if once.status_code == 200:
        assert once.content == PDF[:20] + body + PDF[-20:]


@pytest.mark.processes
async def test_f22_storage_fails_again_and_again_under_work(a_stand, schedule):
    stand = await a_stand()
    async with proxy_to(settings().s3_endpoint_url) as proxy:
        stand.environment["S3_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
        world = await a_world(finished=20)
        await stand.up(*EVERYTHING)
        async with Stream(stand, world, schedule.random, ("uploads", "certificates", "grades")) as work:
            for _ in range(25):
                await schedule.sleep(0.1, 0.4)
                how = schedule.random.choice(["503", "reset", "reset in the reply"])
                times = schedule.random.choice([1, 1, 5])
                schedule.note(f"{how}, {times} times")
                proxy.add(schedule.random.choice([b"PUT ", b"GET ", b"POST "]), **PASSING[how], times=times)
            proxy.heal()
        assert set(work.client.statuses) <= {200, 201, 202, 409, 503}
        await counted(stand, work, explained=DOWN)


@pytest.mark.processes
async def test_f23_storage_at_a_crawl_holds_nobody_else_up(a_stand, teacher):
    stand = await a_stand()
    async with proxy_to(settings().s3_endpoint_url) as proxy, AsyncExitStack() as stack:
        stand.environment["S3_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
        await stand.up("web", "relay", "worker")
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=stand.url,
                headers={"authorization": f"Bearer {teacher.token}"},
                timeout=60,
                limits=httpx.Limits(max_connections=None),
            )
        )
        proxy.pace = 1024
        uploads = [asyncio.create_task(send(http, "documents", PDF)) for _ in range(5)]
        await until_value("SELECT count(*) FROM file WHERE state = 'begun'", 5)
        for number in range(20):
            await jobs.enqueue("test_slow", Slow(f"k{number}"))
        begun = time.monotonic()
        for _ in range(20):
            assert (await http.get("/api/v1/me")).status_code == 200
        asked_s = time.monotonic() - begun
        done_s = await until_value("SELECT count(*) FROM job WHERE state = 'done' AND kind = 'test_slow'", 20, 15)
        figure(f"storage at a crawl: twenty requests in {asked_s:.2f} s, twenty jobs {done_s:.2f} s later")
        assert asked_s < 10
        ready = await http.get("/readyz")
        figure(f"/readyz {ready.status_code}: {ready.json()['parts']['storage']}")
        for upload in uploads[:2]:
            upload.cancel()
        await asyncio.wait(uploads[:2])
        proxy.heal()
        proxy.cut()
        done = await asyncio.gather(*uploads[2:])
        assert {answer.status_code for answer in done} <= {200, 503}
    await until_value("SELECT count(*) FROM file WHERE state = 'begun'", 0, 30)
    # whose client left when all was sent is kept, too
    assert await whole(stand.storage) >= sum(answer.status_code == 200 for answer in done)


@pytest.mark.processes
async def test_f24_killed_between_the_object_and_its_row(a_stand, teacher):
    stand = await a_stand()
    async with proxy_to(settings().s3_endpoint_url) as proxy, httpx.AsyncClient(timeout=60) as http:
        stand.environment["S3_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.port}"
        await stand.up("web")
        http.headers["authorization"] = f"Bearer {teacher.token}"
        http.base_url = httpx.URL(stand.url)
        reply = proxy.add(b"PUT ", hold=True)
        sending = asyncio.create_task(send(http, "documents", PDF))
        await asyncio.wait_for(reply.reached.wait(), 30)
        stand.kill("web")
        with pytest.raises(httpx.TransportError):
            await sending
    rows, objects, _ = await left(stand.storage)
    assert (rows, len(objects)) == (1, 1)
    assert (await swept(stand.storage)).missing == []
    assert await left(stand.storage) == (0, [], [])


async def test_f24_broken_off_between_the_object_s_end_and_its_line_s(teacher, storage, monkeypatch):
    await swept(storage)
    address = (await send(teacher.http, "documents", PDF)).json()["data"]
    removed = await teacher.http.request("DELETE", "/api/v1/upload", json={"file_path": address})
    assert removed.status_code == 200
    await db.statement("UPDATE discarded_object SET delete_after = now() - interval '1 second'")
    async with through_a_proxy(storage, monkeypatch, read_timeout_s=1) as (proxy, client):
        proxy.add(b"DELETE ", lose=True, times=50)
        with pytest.raises(StorageDown):
            await sweeping.sweep(client, AT_ONCE)
        proxy.heal()
        assert await db.value("SELECT count(*) FROM discarded_object") == 1, "not forgotten"
        assert (await sweeping.sweep(client, AT_ONCE)).discarded == 1
    assert await db.value("SELECT count(*) FROM discarded_object") == 0
    assert (await left(storage))[1:] == ([], [])


async def test_f23_without_its_bucket_it_is_an_outage(teacher, storage, monkeypatch):
    async with s3.connect(msgspec.structs.replace(settings(), s3_bucket="nowhere-at-all")) as lost:
        shared.offer(lost)
        try:
            answer = await send(teacher.http, "documents", PDF)
        finally:
            shared.offer(storage)
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    assert await db.value("SELECT count(*) FROM file") == 0
