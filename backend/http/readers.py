"""The one who reads an answer that is long: it may leave, and it may stop reading without leaving.

A reader that takes nothing holds a connection of ours, and what feeds the answer would stay open as long. So what
feeds it is closed soon (`park`), and the answer is broken off when the reader has not come back after a while.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from litestar.types import Receive, Send

from backend.core.log import logger
from backend.http.forms import UploadBroken

PARKED_S = 2.0
STALLED_S = 60.0

_log = logger(__name__)


class Reader:
    """Who gets the pieces of one answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None

    async def give(self, piece: bytes) -> None:
        """Hand over a piece; waits until the reader has room for it."""
        self._since = self._loop.time()
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        self._since = None

    async def stalled(self, park: Callable[[], Awaitable[None]] | None) -> None:
        """Ends when the reader has taken nothing for `STALLED_S`; `park` is called once it has not for `PARKED_S`."""
        parked: float | None = None
        while True:
            since = self._since
            waited_s = 0.0 if since is None else self._loop.time() - since
            if waited_s >= STALLED_S:
                return
            if park is not None and waited_s >= PARKED_S and parked != since:
                parked = since
                await park()
            await asyncio.sleep(PARKED_S / 2)


async def serve(
    sending: Coroutine[Any, Any, None],
    reader: Reader,
    receive: Receive,
    *,
    park: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Send an answer until it is whole, or its reader has left, or reads no more."""
    work = asyncio.create_task(sending)
    stalling = asyncio.create_task(reader.stalled(park))
    tasks = {work, stalling, asyncio.create_task(_left(receive))}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if stalling.done() and not stalling.cancelled() and stalling.exception() is None:
            _log.info("reader stopped reading")
    finally:
        for task in tasks:
            if not task.done():
                task.cancel()
        await asyncio.wait(tasks)
    for task in (work, stalling):
        if not task.cancelled():
            task.result()


async def _left(receive: Receive) -> None:
    """Ends when the client has."""
    with contextlib.suppress(UploadBroken):
        while (await receive())["type"] != "http.disconnect":
            pass
