"""Reading through a connection that breaks: taken up again, or an error; never a short body."""

import asyncio
import contextlib
import os
from urllib.parse import urlsplit

import msgspec
import pytest

from storage import s3
from storage.errors import StorageDown
from tests.storage.buckets import left_in


@contextlib.asynccontextmanager
async def lossy(endpoint, cuts):
    """A proxy that lets cuts[n] bytes of the nth connection's answer through, then breaks it."""
    parts = urlsplit(endpoint)
    serving = set()

    async def serve(reader, writer):
        serving.add(asyncio.current_task())
        left = next(cuts)
        up_reader, up_writer = await asyncio.open_connection(parts.hostname, parts.port)
        up = asyncio.create_task(pump(reader, up_writer, 1 << 60))
        try:
            await pump(up_reader, writer, left)
        finally:
            up.cancel()
            for end in (writer, up_writer):
                end.transport.abort()
            await asyncio.wait({up})
            await asyncio.sleep(0)  # lets the transports close

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for task in serving:
            task.cancel()
        await asyncio.wait(serving)


async def pump(reader, writer, left):
    with contextlib.suppress(ConnectionError):
        while left > 0 and (piece := await reader.read(min(65536, left))):
            left -= len(piece)
            writer.write(piece)
            await writer.drain()


async def read_through(s3_settings, endpoint):
    through = msgspec.structs.replace(s3_settings, s3_endpoint_url=endpoint)
    async with s3.connect(through) as storage, contextlib.aclosing(storage.open("media/x")) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_a_broken_read_is_taken_up_again(storage, s3_settings):
    body = os.urandom(3 << 20)
    await storage.put("media/x", body, "video/webm")
    async with lossy(s3_settings.s3_endpoint_url, iter([1 << 20, 1 << 20, 1 << 30, 1 << 30])) as endpoint:
        assert await read_through(s3_settings, endpoint) == body
    assert await left_in(storage) == (["media/x"], [])


async def test_a_read_without_progress_is_an_error(storage, s3_settings):
    await storage.put("media/x", os.urandom(3 << 20), "video/webm")
    cuts = iter([1 << 20] + [10_000] * 20)
    async with lossy(s3_settings.s3_endpoint_url, cuts) as endpoint:
        with pytest.raises(StorageDown):
            await read_through(s3_settings, endpoint)
