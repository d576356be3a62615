"""Who works now, and who waits: in order while the queue is short, and no work for a client that has hung up.

A herd that is worked on all at once is answered all at once, at the end; clients that repeat what was not answered in
time then make it larger than it ever gets done. So a process works on a few requests at a time. The others wait with
their bodies beside them, small ones only; who leaves while waiting is dropped before anything was done for them, and
who has begun is never disturbed: what they wanted is done, and a client that asks again is told so at little cost. A
body is there before its turn comes, so that nobody holds a place by sending slowly.

First come, first served, is wrong for a long queue: whoever reaches the front has waited nearly as long as clients are
patient, and hangs up while being served; all are worked for and none is answered. So once the first in line has waited
for `SHORT_S`, the latest goes first, and the others have their turns when the herd is over. Every `OLDEST`th turn goes
to the one who has waited longest all the same. And what changes something (a start, an answer) goes before what only
looks, which would otherwise keep half of a hall outside while the other half reads its paper; every `LOOKS`th turn is
for those who look.

All this happens at the front door, before a request has cost anything: not its headers, no route, no line in the log.
A herd that repeats itself is mostly requests that are dropped, and what these cost is taken from those that work.

A handler may name another lane in `opt={"lane": ...}`, or None: what is long or large, or must be answered always.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from typing import Any

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

SHORT_S = 0.3
"""A wait that no client minds. They hang up after seconds; the queue is turned round well before that."""

OLDEST, LOOKS = 8, 8

SILENT_S = 75.0
"""How long a client may say nothing in the middle of its request; longer than a form's own patience."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Work = Callable[[Receive], Awaitable[None]]

REFUSED = "lulus_refused"
"""Where in a scope it stands why a request is not let in."""

PLACE = "lulus_place"
"""Where in a scope the place stands that a request was let in on."""

_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


class Busy(Unavailable):
    """Too many wait already."""

    code = "http.busy"


class _Queue:
    """Who waits, since when (loop time)."""

    def __init__(self) -> None:
        self._since: OrderedDict[asyncio.Future[bool], float] = OrderedDict()
        self._turns = 0

    def __len__(self) -> int:
        return len(self._since)

    def join(self, turn: asyncio.Future[bool]) -> None:
        self._since[turn] = turn.get_loop().time()

    def quit(self, turn: asyncio.Future[bool]) -> None:
        self._since.pop(turn, None)

    def next(self) -> asyncio.Future[bool] | None:
        """Whose turn it is; None when nobody waits. Who has left already is passed over."""
        while self._since:
            oldest, since = next(iter(self._since.items()))
            self._turns += 1
            is_short = oldest.get_loop().time() - since < SHORT_S
            turn, _ = self._since.popitem(last=not is_short and self._turns % OLDEST != 0)
            if not turn.done():
                return turn
        return None


class Lane:
    """Places to work at, and a queue before them. Its objects belong to one loop while somebody is in it."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self._free = places
        self._most_waiting = most_waiting
        self._acts = _Queue()
        self._looks = _Queue()
        self._turns = 0

    @property
    def free(self) -> int:
        """How many places nobody has."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._acts) + len(self._looks)

    def enter(self) -> bool:
        """Take a place if one is free; then nobody waits. Who has one gives it back with `leave`."""
        if not self._free:
            return False
        self._free -= 1
        return True

    def leave(self) -> None:
        """Give a place back: to one who waits, if anybody does."""
        self._turns += 1
        first, then = (self._looks, self._acts) if self._turns % LOOKS == 0 else (self._acts, self._looks)
        turn = first.next() or then.next()
        if turn is None:
            self._free += 1
        else:
            turn.set_result(True)

    async def turn(self, body: "Body | None" = None, *, acts: bool = True) -> bool:
        """Wait for a place; False when the client left before, then there is no place to give back.

        `acts`: the request changes something. Raises: Busy.
        """
        if self.waiting >= self._most_waiting:
            raise Busy(retry_after_s=RETRY_S)
        queue = self._acts if acts else self._looks
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        queue.join(turn)
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
            queue.quit(turn)
            if watch:
                watch.cancel()


def _say_no(turn: asyncio.Future[bool]) -> None:
    if not turn.done():
        turn.set_result(False)


class Body:
    """What has come of a request's body, kept for the one who reads it later."""

    def __init__(self, receive: Receive, *, is_empty: bool = False) -> None:
        self._receive = receive
        self._held: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}] if is_empty else []
        self._size = 0
        self.is_whole = is_empty

    async def gather(self) -> bool:
        """Read until the body is whole; False when it is too long to be held.

        Raises: UploadBroken when the client leaves or falls silent in the middle.
        """
        while not self.is_whole:
            if self._size > HELD_BYTES:
                return False
            try:
                async with asyncio.timeout(SILENT_S):
                    message = await self._receive()
            except TimeoutError:
                raise UploadBroken from None
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

    async def receive(self) -> Message:
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


class Place:
    """A request's own place in a lane. Others may have it while the one who reads the answer takes their time."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._is_held = True

    def lend(self) -> None:
        """Let others have it. A second call changes nothing."""
        if self._is_held:
            self._is_held = False
            self._lane.leave()

    async def take_back(self) -> None:
        """Wait for it among those who wait already. Raises: Busy."""
        if not self._is_held:
            self._is_held = self._lane.enter() or await self._lane.turn(acts=False)


def place_of(scope: Mapping[str, Any]) -> Place | None:
    """The place that a request was let in on; None for one that takes no part."""
    found = scope.get(PLACE)
    return found if isinstance(found, Place) else None


def _has_no_body(scope: Scope) -> bool:
    """Whether the headers say so; those of HTTP/2 need not announce a body."""
    return str(scope.get("http_version", "")).startswith("1") and not any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


async def admit(name: str, scope: Scope, receive: Receive, work: Work) -> bool:
    """Do the work of a request in its turn. False: its client left before, and nothing was done.

    Who is refused (too many wait, or the body broke off) is not kept waiting: the work has to say so at once, which
    `lanes.Refusal` does.
    """
    given, body = lanes(), Body(receive, is_empty=_has_no_body(scope))
    lane, acts = given[name], scope["method"] not in _BODILESS
    try:
        if not body.is_whole and not await body.gather():
            lane = given["bulk"]
        if not lane.enter() and not await lane.turn(body if body.is_whole else None, acts=acts):
            return False
    except (Busy, UploadBroken) as refused:
        scope[REFUSED] = refused
        await work(body.receive)
        return True
    scope[PLACE] = place = Place(lane)
    try:
        await work(body.receive)
    finally:
        place.lend()
    return True
