"""Server-sent events: what a stream says, and a response that stops when the client leaves.

Source: WHATWG HTML, section 9.2.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from backend.core.causes import is_transient
from backend.core.errors import DomainError
from backend.http.readers import Reader, serve
from backend.http.watch import Watch, Watchable

HEARTBEAT_S = 15.0
RECHECK_S = 5.0
RETRY_MS = 2000
NO_CONTENT = 204

V = TypeVar("V", bound=Watchable)


class Event(msgspec.Struct, frozen=True):
    """One message. `data` is JSON, so it has no line breaks; after `is_last` the stream ends."""

    id: str
    name: str
    data: bytes
    is_last: bool = False

    def encode(self) -> bytes:
        """The message as it goes over the wire."""
        return f"id: {self.id}\nevent: {self.name}\ndata: ".encode() + self.data + b"\n\n"


async def follow(
    watch: Watch[V],
    *,
    first: V | None,
    shown: Callable[[V], Event],
    allowed: Callable[[], Awaitable[object]],
) -> AsyncGenerator[bytes, None]:
    """The bytes of a stream: the state at once unless it is known already, then every change, until the last.

    `allowed` raises a DomainError when the watcher may look no longer; it is asked every few seconds.
    """
    loop = asyncio.get_running_loop()
    yield f"retry: {RETRY_MS}\n\n".encode()
    state, checked_at, sent_at = first, loop.time(), loop.time()
    while True:
        if state is not None:
            event = shown(state)
            yield event.encode()
            sent_at = loop.time()
            if event.is_last:
                return
        if watch.is_over:
            return
        state = await watch.next(max(0.0, min(checked_at + RECHECK_S, sent_at + HEARTBEAT_S) - loop.time()))
        if loop.time() >= checked_at + RECHECK_S:
            if not await _still(allowed):
                return
            checked_at = loop.time()
        if state is None and loop.time() >= sent_at + HEARTBEAT_S:
            yield b": still here\n\n"
            sent_at = loop.time()


async def _still(allowed: Callable[[], Awaitable[object]]) -> bool:
    """Whether the watcher may go on; a database that is away is no reason to end."""
    try:
        await allowed()
    except DomainError:
        return False
    except Exception as error:
        if not is_transient(error):
            raise
    return True


def last_event_id(request: Request[Any, Any, Any]) -> str:
    """What a client that comes back has seen; empty for one that comes first."""
    return request.headers.get("last-event-id", "")[:64]


class EventStream(Response[None]):
    """A response whose bytes are made by a generator, which is closed at once when the client leaves."""

    def __init__(self, stream: Callable[[], AsyncGenerator[bytes, None]]) -> None:
        super().__init__(
            None,
            headers={"cache-control": "no-store", "x-accel-buffering": "no", "x-content-type-options": "nosniff"},
        )
        self._stream = stream

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> ASGIResponse:  # noqa: ANN401 - as Litestar's
        """Make what sends the bytes."""
        sending = _Sending(
            status_code=200,
            headers={**(given.get("headers") or {}), **self.headers},
            cookies=[*self.cookies, *(given.get("cookies") or ())],
            media_type="text/event-stream",
        )
        sending.stream = self._stream
        return sending


class _Sending(ASGIResponse):
    _should_set_content_length = False
    stream: Callable[[], AsyncGenerator[bytes, None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reader = Reader(send)
        await serve(self._send(reader, send), reader, receive)
        await self.after_response()

    async def _send(self, reader: Reader, send: Send) -> None:
        async with contextlib.aclosing(self.stream()) as pieces:
            await self.start_response(send)
            async for piece in pieces:
                await reader.give(piece)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
