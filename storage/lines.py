"""Connections on which objects are read: a request goes out, its answer comes straight into a buffer of ours.

A general HTTP client copies a body two or three times on its way, in the pieces in which the socket gave it. Here the
socket fills one buffer per connection, from which large pieces are taken. HTTP/1.1 with a length, and no more than
that: `direct` leaves every other answer to the library.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import cast

import msgspec

PIECE = 256 << 10
"""The buffer of a connection, and the longest piece: much longer ones do not stay in a processor's cache."""

_END = b"\r\n\r\n"


class Patience(msgspec.Struct, frozen=True):
    """Seconds to wait for a connection, and for the next bytes."""

    connect_s: float
    silent_s: float


class Head(msgspec.Struct, frozen=True):
    """Status and headers of an answer, their names in lower case."""

    status: int
    fields: dict[str, str]

    @property
    def length(self) -> int | None:
        """How many bytes follow; None when the answer does not say so in the one way that is understood here."""
        said = self.fields.get("content-length", "")
        return int(said) if said.isdecimal() and "transfer-encoding" not in self.fields else None

    @property
    def is_last(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.fields.get("connection", "").lower() == "close"


class Line(asyncio.BufferedProtocol):
    """One connection, one answer at a time. What was asked is read to its end, or the line is dropped."""

    def __init__(self, silent_s: float) -> None:
        self._silent_s = silent_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._is_idle, self._is_paused = True, False
        self._buffer = memoryview(bytearray(1))  # while idle: whatever comes is too much
        self._begin = self._end = self._limit = 0  # what has come and was not taken; how far to read
        self._is_there: Callable[[int], bool] = lambda _: True
        self._waiting: asyncio.Future[None] | None = None
        self._watch: asyncio.TimerHandle
        self._lost: Exception | None = None

    # Called by the loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is there."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return self._buffer if self._is_idle else self._buffer[self._end : self._limit]

    def buffer_updated(self, nbytes: int) -> None:
        """They have come."""
        if self._is_idle:
            self.drop()
            return
        self._end += nbytes
        if self._is_there(nbytes) or self._end == self._limit:
            self._transport.pause_reading()
            self._is_paused = True
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Either side has ended it."""
        self._lost = exc or ConnectionResetError("storage hung up")
        self._wake()

    # Called by who reads.

    @property
    def is_open(self) -> bool:
        """Whether it may still be asked."""
        return self._lost is None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Head:
        """Send a request; its answer without the body. Raises: OSError, TimeoutError, ValueError (not HTTP)."""
        whole = bytearray(PIECE)
        self._buffer, self._begin, self._end, self._limit = memoryview(whole), 0, 0, PIECE
        self._is_there = lambda came: whole.find(_END, max(0, self._end - came - len(_END)), self._end) >= 0
        self._is_idle = False
        self._transport.write(request)
        await self._more()
        at = whole.find(_END, 0, self._end)
        if at < 0:
            raise ValueError("the head of the answer does not end")
        self._begin = at + len(_END)
        return _head(whole[:at].decode("latin-1"))

    async def read(self, wanted: int) -> bytes:
        """So many bytes of the body, PIECE at most. Raises: OSError, TimeoutError."""
        have = self._end - self._begin
        if have < wanted:
            self._buffer[:have] = self._buffer[self._begin : self._end]
            self._begin, self._end, self._limit = 0, have, wanted
            self._is_there = lambda _: False
            await self._more()
        piece = bytes(self._buffer[self._begin : self._begin + wanted])
        self._begin += wanted
        return piece

    def rest(self) -> bool:
        """Wait for the next request; False when this line is of no more use."""
        if self._begin != self._end or not self.is_open:
            return False
        self._is_idle, self._buffer = True, memoryview(bytearray(1))
        self._go_on()  # so that the server's hanging up is noticed
        return True

    def drop(self) -> None:
        """End it, whatever is on its way."""
        self._transport.abort()

    async def _more(self) -> None:
        """Read until enough is there, or the buffer is full."""
        if self._lost is not None:
            raise self._lost
        self._waiting = self._loop.create_future()
        self._watch = self._loop.call_later(self._silent_s, self._look, self._end)
        try:
            self._go_on()
            await self._waiting
        finally:
            self._waiting = None
            self._watch.cancel()
        if self._lost is not None and not self._is_paused:
            raise self._lost

    def _go_on(self) -> None:
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def _look(self, seen: int) -> None:
        """Little by little is not silence."""
        if self._end != seen:
            self._watch = self._loop.call_later(self._silent_s, self._look, self._end)
        elif self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(TimeoutError("storage has fallen silent"))

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Lines:
    """The connections of a process to one address: so many at a time, kept for the next request."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext | None, patience: Patience, at_most: int) -> None:
        self._address = address
        self._tls = tls
        self._patience = patience
        self._places = asyncio.Semaphore(at_most)
        self._idle: list[Line] = []

    async def take(self) -> Line:
        """A connection of one's own, until it is given back. Raises: OSError, TimeoutError."""
        await self._places.acquire()
        try:
            while self._idle:
                line = self._idle.pop()
                if line.is_open:
                    return line
            return await self._connect()
        except BaseException:
            self._places.release()
            raise

    def give_back(self, line: Line, *, is_whole: bool) -> None:
        """Keep it when its answer was read to the end, drop it when not."""
        if is_whole and line.rest():
            self._idle.append(line)
        else:
            line.drop()
        self._places.release()

    async def aclose(self) -> None:
        """Drop those that nobody has."""
        for line in self._idle:
            line.drop()
        self._idle.clear()
        await asyncio.sleep(0)  # lets the transports close

    async def _connect(self) -> Line:
        async with asyncio.timeout(self._patience.connect_s):
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: Line(self._patience.silent_s), *self._address, ssl=self._tls
            )
        return line


def _head(text: str) -> Head:
    """Raises: ValueError."""
    first, *lines = text.split("\r\n")
    version, status, *_ = first.split(" ", 2)
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if version != "HTTP/1.1":
        raise ValueError(f"not HTTP/1.1: {first[:20]!r}")
    return Head(int(status), fields)
