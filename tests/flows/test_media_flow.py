"""A recording through real processes: sent, looked at, watched; clients that leave; memory that stays small."""

import asyncio
import hashlib
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from backend.seed_media import make_clip
from tests.people import a_session, a_token, an_account
from tests.processes import Lulus

pytestmark = pytest.mark.processes

FILLING = 48
MIB = 1 << 20
BEGIN = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.webm"\r\n\r\n'


async def a_teacher(lulus: Lulus) -> httpx.AsyncClient:
    account_id, account_uuid, _, _ = await an_account(Role.TEACHER)
    token = a_token(account_uuid, (await a_session(account_id))[1])
    return httpx.AsyncClient(base_url=lulus.url, headers={"authorization": f"Bearer {token}"}, timeout=60)


async def until(ask, seconds=20.0):
    async with asyncio.timeout(seconds):
        while not (found := await ask()):
            await asyncio.sleep(0.05)
    return found


def element(size):
    """A WebM element that readers pass over."""
    return b"\xec" + (size | 1 << 56).to_bytes(8)


@pytest.fixture
def clip(tmp_path):
    make_clip(tmp_path / "clip", 2, "webm_live")
    return (tmp_path / "clip").read_bytes()


async def test_a_long_recording_is_sent_and_watched(lulus, clip, storage):
    whole = hashlib.sha256()

    async def body():
        yield BEGIN
        for piece in (clip, element(FILLING * MIB), *[bytes(MIB)] * FILLING):
            whole.update(piece)
            yield piece
        yield b"\r\n--x--\r\n"

    async with await a_teacher(lulus) as http:
        kind = {"content-type": "multipart/form-data; boundary=x"}
        answer = await http.post("/api/v1/upload/media", content=body(), headers=kind)
        assert answer.status_code == 202, answer.text
        data = answer.json()["data"]
        row = await db.row("SELECT size_bytes, sha256 FROM file")
        assert row["sha256"] == whole.hexdigest()

        async def over():
            job = (await http.get(data["url"])).json()["data"]
            return job if job["state"] not in ("queued", "running") else None

        assert (await until(over, 60))["state"] == "done"
        file = (await http.get(f"/api/v1/files/{data['file_id']}")).json()["data"]
        assert file["status"] == "ready"
        assert file["duration_s"] == pytest.approx(2, abs=0.2)
        part = await http.get(data["file_url"], headers={"range": "bytes=1000-1999"})
        assert (part.status_code, len(part.content)) == (206, 1000)
        assert part.headers["content-range"] == f"bytes 1000-1999/{file['size_bytes']}"
    peaks = lulus.processes.peaks()
    assert max(peaks.values()) < 300, peaks


async def raw(lulus, http, sent, *, kind="multipart/form-data; boundary=x"):
    """Send part of a request over a socket of one's own, and hang up."""
    place = urlsplit(lulus.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = (
        f"POST /api/v1/upload/media HTTP/1.1\r\nhost: x\r\nauthorization: {http.headers['authorization']}\r\n"
        f"content-type: {kind}\r\ncontent-length: {32 * MIB}\r\n\r\n"
    )
    writer.write(head.encode() + BEGIN)
    for piece in sent:
        writer.write(piece)
        await writer.drain()
    return reader, writer


async def hang_up(lulus, http, storage, pieces):
    """Send some of a recording, hang up, and wait until nothing is left of it."""
    before = {entry.key async for entry in storage.list("media/")}
    _, writer = await raw(lulus, http, pieces)
    await until(lambda: db.value("SELECT count(*) FROM file"))
    writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    writer.transport.abort()

    async def clean():
        objects = {entry.key async for entry in storage.list("media/")} - before
        uploads = [upload.key async for upload in storage.unfinished_uploads()]
        return not (objects or uploads or await db.value("SELECT count(*) FROM file"))

    await until(clean, 15)


async def test_clients_that_hang_up_leave_nothing_and_refusals_arrive_early(lulus, clip, storage):
    async with await a_teacher(lulus) as http:
        for filling in (None, 16, 31):
            await hang_up(lulus, http, storage, [] if filling is None else [clip, *[bytes(MIB)] * filling])
        assert (await http.get("/hello")).status_code == 200
        reader, writer = await raw(lulus, http, [b"no recording at all " * 10_000])
        async with asyncio.timeout(10):
            assert b" 400 " in await reader.readline()
        writer.close()
        assert await db.value("SELECT count(*) FROM file") == 0
