"""What the server itself takes for a byte: an ASGI application on granian that does nothing but answer ranges.

`GET /sent/...` sends bytes that are at hand; `GET /copied/KEY` copies the range from S3 as aiohttp gives it. No route,
session, file row, access check, log line or metric, and nobody who stops reading is let go of.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
from yarl import URL

from backend.core import clock
from backend.core.settings import settings
from storage.signing import Signer

PIECE = 256 << 10
AT_HAND = bytes(PIECE)
Send = Callable[[dict[str, Any]], Awaitable[None]]


class _S3:
    """One session for all, as the library has it."""

    session: aiohttp.ClientSession
    signer: Signer


async def _copied(key: str, asked: str) -> AsyncIterator[bytes]:
    head, *lines = _S3.signer.request(key, clock.now(), {"Range": asked}).decode().strip().split("\r\n")
    url = URL(f"http://{_S3.signer.host}{head.split()[1]}", encoded=True)
    headers = dict(line.split(": ", 1) for line in lines)
    async with _S3.session.get(url, headers=headers) as answer:
        async for piece in answer.content.iter_any():
            yield piece


async def _at_hand(length: int) -> AsyncIterator[bytes]:
    for left in range(length, 0, -PIECE):
        yield AT_HAND[:left]


async def app(scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
    """The application."""
    if scope["type"] == "lifespan":
        await receive()
        _S3.signer = Signer(settings())
        connector = aiohttp.TCPConnector(limit=64)
        async with aiohttp.ClientSession(connector=connector, read_bufsize=PIECE, auto_decompress=False) as _S3.session:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    how, _, key = scope["path"].removeprefix("/").partition("/")
    asked = dict(scope["headers"])[b"range"].decode()
    first, last = asked.removeprefix("bytes=").split("-")
    length = int(last) - int(first) + 1
    headers = [(b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": 206, "headers": headers})
    async for piece in _copied(key, asked) if how == "copied" else _at_hand(length):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
