"""Who works now, and who waits: first come, first served, and no work for a client that has hung up.

A herd that is worked on all at once is answered all at once, at the end; clients that repeat what was not answered in
time then make it larger than it ever gets done. So a process works on a few requests at a time. The others wait with
their bodies beside them, small ones only; who leaves while waiting is dropped before anything was done for them, and
who has begun is never disturbed. A body is there before its turn comes, so that nobody holds a place by sending slowly.

A handler may name another lane in `opt={"lane": ...}`, or None: what is long or large, or must be answered always.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from typing import cast

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Receive, Scope, Send

from backend.core.errors import Unavailable
from backend.core.settings import settings
from backend.http.forms import UploadBroken

HELD_BYTES = 64 << 10
"""The longest body that waits in memory. A longer one has a lane of its own, where the client is kept from sending."""

MOST_WAITING = 2_000
"""A hall and its neighbours: at some hundred requests a second the last of them waits as long as a person does."""

PASSWORDS = 4
"""Twice the threads that hash: a hall that logs in keeps both busy, and is in nobody else's way."""

BULK, MOST_BULK_WAITING = 4, 50
RETRY_S = 1

HTTPReceive = Callable[[], Awaitable[HTTPReceiveMessage]]

_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


class Busy(Unavailable):
    """Too many wait already."""

    code = "http.busy"


class Lane:
    """Places to work at, and a queue before them. Its objects belong to one loop while somebody is in it."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self._free = places
        self._most_waiting = most_waiting
        self._queue: OrderedDict[asyncio.Future[bool], None] = OrderedDict()

    @property
    def free(self) -> int:
        """How many places nobody has."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._queue)

    def enter(self) -> bool:
        """Take a place if one is free; then nobody waits. Who has one gives it back with `leave`."""
        if not self._free:
            return False
        self._free -= 1
        return True

    def leave(self) -> None:
        """Give a place back: to the one who has waited longest."""
        while self._queue:
            turn, _ = self._queue.popitem(last=False)
            if not turn.done():
                turn.set_result(True)
                return
        self._free += 1

    async def turn(self, body: "Body | None" = None) -> bool:
        """Wait for a place; False when the client left before, then there is no place to give back. Raises: Busy."""
        if len(self._queue) >= self._most_waiting:
            raise Busy(retry_after_s=RETRY_S)
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue[turn] = None
        watch = asyncio.ensure_future(body.left()) if body else None
        if watch:
            watch.add_done_callback(lambda _: _say_no(turn))
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self.leave()  # it was our turn in the very moment
            raise
        finally:
            self._queue.pop(turn, None)
            if watch:
                watch.cancel()


def _say_no(turn: asyncio.Future[bool]) -> None:
    if not turn.done():
        turn.set_result(False)


class Body:
    """What has come of a request's body, kept for the one who reads it later."""

    def __init__(self, receive: Receive) -> None:
        self._receive = cast(HTTPReceive, receive)
        self._held: list[HTTPReceiveMessage] = []
        self._size = 0
        self.is_whole = False

    async def gather(self) -> bool:
        """Read until the body is whole; False when it is too long to be held. Raises: UploadBroken."""
        while not self.is_whole:
            if self._size > HELD_BYTES:
                return False
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise UploadBroken
            self._held.append(message)
            self._size += len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        return True

    async def left(self) -> None:
        """Ends when the client has hung up. The body has to be whole: then nothing else comes that could be lost."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def receive(self) -> HTTPReceiveMessage:
        """What the application reads: what was held, then what comes."""
        return self._held.pop(0) if self._held else await self._receive()


@cache
def lanes() -> Mapping[str, Lane]:
    """The lanes of this process.

    As many work as there are connections to the database: more of them would only wait for one another there, with
    all that they hold.
    """
    return {
        "": Lane(settings().db_pool_size, MOST_WAITING),
        "passwords": Lane(PASSWORDS, MOST_WAITING),
        "bulk": Lane(BULK, MOST_BULK_WAITING),
    }


class Admission(ASGIMiddleware):
    """Lets requests through, a few at a time. Goes before everything that costs anything."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, given: Mapping[str, Lane] | None = None) -> None:
        self._given = given

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request through in its turn, or drop it without an answer. Raises: Busy, UploadBroken."""
        name = scope["route_handler"].opt.get("lane", "")
        if name is None:
            await next_app(scope, receive, send)
            return
        given = lanes() if self._given is None else self._given
        lane, body = given[name], Body(receive)
        if (cast(HTTPScope, scope)["method"] not in _BODILESS or not lane.free) and not await body.gather():
            lane = given["bulk"]
        if not lane.enter() and not await lane.turn(body if body.is_whole else None):
            return
        try:
            await next_app(scope, body.receive, send)
        finally:
            lane.leave()
