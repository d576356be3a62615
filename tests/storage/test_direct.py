"""Reading by a request of our own: storage takes our signature, and what is not healthy is left to the library."""

import asyncio
import contextlib
import os

import msgspec
import pytest

from storage import s3
from storage.direct import Direct
from storage.errors import ObjectMissing, RangeOutside, StorageDown, StorageError, translated
from storage.lines import PIECE, Patience
from tests.processes import free_port

PATIENT = Patience(3, 30)


@pytest.fixture
async def direct(s3_settings):
    async with contextlib.aclosing(Direct(s3_settings, PATIENT, 1)) as direct:
        yield direct


async def all_of(body):
    pieces = []
    while piece := await body.read():
        pieces.append(piece)
    body.close()
    return b"".join(pieces)


@contextlib.asynccontextmanager
async def answering(s3_settings, said, *, silent_s=30.0):
    """Direct, to a server that says the same to everybody and then nothing; and how often it was connected to."""
    connected = []

    async def serve(reader, writer):
        connected.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    chosen = msgspec.structs.replace(s3_settings, s3_endpoint_url=f"http://127.0.0.1:{port}")
    async with server, contextlib.aclosing(Direct(chosen, Patience(3, silent_s), 1)) as direct:
        yield direct, connected
        for writer in connected:
            writer.transport.abort()


@pytest.mark.parametrize("key", ["media/x", "media/a name (1)+é=&~'.mp4", "a%2Fb/c"])
async def test_storage_takes_our_signature_for_any_name(storage, direct, key):
    body = os.urandom(100_000)
    await storage.put(key, body, "video/webm")
    assert await all_of(await direct.get(key, {})) == body
    assert await all_of(await direct.get(key, {"Range": "bytes=10-19"})) == body[10:20]


async def test_pieces_are_long_and_their_bytes_stay_what_they_are(storage, direct):
    body = os.urandom(2 * PIECE + 5)
    await storage.put("media/x", body, "video/webm")
    for _ in range(2):  # on the same connection: there is but one
        answer = await direct.get("media/x", {})
        pieces = [await answer.read() for _ in range(4)]
        answer.close()
        assert [len(piece) for piece in pieces] == [PIECE, PIECE, 5, 0]
        assert b"".join(pieces) == body


async def test_half_an_answer_is_never_the_beginning_of_the_next(storage, direct):
    body = os.urandom(4 * PIECE)
    await storage.put("media/x", body, "video/webm")
    begun = await direct.get("media/x", {})
    await begun.read()
    begun.close()
    assert await all_of(await direct.get("media/x", {"Range": "bytes=7-9"})) == body[7:10]


async def test_a_refusal_is_told_and_what_else_is_not_healthy_is_left_to_the_library(storage, direct, s3_settings):
    await storage.put("media/x", b"abc", "video/webm")
    for asked, kind in (
        (("media/none", {}), ObjectMissing),
        (("media/x", {"Range": "bytes=7-9"}), RangeOutside),
        (("media/x", {"If-Match": '"another"'}), StorageError),
    ):
        with pytest.raises(kind), translated():
            await direct.get(*asked)
    stranger = msgspec.structs.replace(s3_settings, s3_secret_key="0" * 20)
    async with contextlib.aclosing(Direct(stranger, PATIENT, 1)) as other:
        assert await other.get("media/x", {}) is None
    with pytest.raises(ObjectMissing):
        await anext(storage.open("media/none"))


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + bytes(PIECE),
        b"SSH-2.0 hello\r\n\r\n",
    ],
)
async def test_what_is_not_understood_is_left_to_the_library(s3_settings, said):
    async with answering(s3_settings, said) as (direct, connected):
        for _ in range(2):
            assert await direct.get("x", {}) is None
        assert len(connected) == 2, "not used again"


async def test_more_than_was_announced_is_nobodys(s3_settings):
    async with answering(s3_settings, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP") as (direct, connected):
        for _ in range(2):
            assert await all_of(await direct.get("x", {})) == b"abc"
        assert len(connected) == 2, "not used again"


async def test_silence_in_the_middle_is_not_waited_for(s3_settings):
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    async with answering(s3_settings, said, silent_s=0.1) as (direct, _):
        body = await direct.get("x", {})
        with pytest.raises(TimeoutError):
            await body.read()
        body.close()


async def test_who_gives_up_waiting_takes_no_place(storage, direct):
    await storage.put("media/x", b"abc", "video/webm")
    first = await direct.get("media/x", {})
    waiting = asyncio.create_task(direct.get("media/x", {}))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert await all_of(first) == b"abc"
    assert await all_of(await direct.get("media/x", {})) == b"abc"


async def test_a_server_that_is_gone_is_told_as_ever(s3_settings):
    nobody = msgspec.structs.replace(s3_settings, s3_endpoint_url=f"http://127.0.0.1:{free_port()}")
    async with s3.connect(nobody) as storage:
        with pytest.raises(StorageDown):
            await anext(storage.open("media/x"))
