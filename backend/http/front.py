"""The front door: whose request is this? Each dialect is a whole application; the first that claims a request has it.

Before them a request waits for its turn (`admission`). Around all of them: the request's id, the client's address, the
access log, and the last resort for what no application caught. The applications' own lifespans are not run; what they
share is opened here, once.
"""

import asyncio
import ipaddress
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from backend.core.ids import new_uuid
from backend.core.log import REQUEST_ID, access, logger, request_id
from backend.core.settings import settings
from backend.http.admission import SILENT_S, Message, Receive, Scope, admit
from backend.http.forms import UploadBroken
from backend.http.lanes import Directory

Send = Callable[[Message], Awaitable[None]]

LEFT = 499
"""Counted as the status of a request that got no answer because its client had hung up."""

_log = logger("backend.access")

Claims = Callable[[str, str], bool]
"""(host without port, path) -> is this request mine? Nothing else decides, never a cookie or a body."""


class Dialect(msgspec.Struct, frozen=True):
    """One contract: its name, the requests it claims, the application that speaks it, where it is documented."""

    name: str
    claims: Claims
    app: Any
    docs: str = ""
    lane: Directory = lambda _method, _path: None


class FrontDoor:
    """The ASGI application of a web process."""

    def __init__(self, dialects: Sequence[Dialect], resources: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        self.dialects = tuple(dialects)
        self._resources = resources

    def whose(self, host: str, path: str) -> Dialect:
        """The dialect that has a request. Raises: LookupError when the last one does not claim everything."""
        for dialect in self.dialects:
            if dialect.claims(host, path):
                return dialect
        raise LookupError(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        begun = time.perf_counter()
        dialect = self.whose(_host(scope), scope["path"])
        lane = dialect.lane(scope["method"], scope["path"])

        async def work(receive: Receive) -> None:
            await _serve(dialect, scope, receive, send, begun)

        if lane is None:
            await work(receive)
        elif not await admit(lane, scope, receive, work):
            # not even a line: a herd that repeats itself would write more of them than there are answers
            _count(dialect.name, scope["method"], "-", LEFT, time.perf_counter() - begun)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            manager = self._resources()
            await manager.__aenter__()
        except Exception as error:
            _log.exception("web process cannot start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            raise
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await manager.__aexit__(None, None, None)
        await send({"type": "lifespan.shutdown.complete"})


def _host(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            return str(value.decode("latin-1").rsplit(":", 1)[0].lower())
    return ""


async def _serve(dialect: Dialect, scope: Scope, receive: Receive, send: Send, begun: float) -> None:
    headers = dict(scope["headers"])
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    token = request_id.set(given if REQUEST_ID.fullmatch(given) else str(new_uuid()))
    scope["client"] = client_address(scope.get("client"), headers.get(b"x-forwarded-for", b""))
    exchange = _Exchange(dialect.name, scope, receive, send, begun)
    try:
        await dialect.app(scope, exchange.receive, exchange.send)
    except Exception as error:  # noqa: BLE001 - the last resort: nothing may leave as a traceback
        exchange.broke(error)
        await exchange.apologise()
    finally:
        exchange.log()
        request_id.reset(token)


def _count(dialect: str, method: str, route: str, status: int, took: float) -> None:
    for watch in WATCHES:
        watch(dialect, method, route, status, took)


class _Exchange:
    """What is noted of one request: dialect, route, status, time. Never a query string, a body or a header."""

    def __init__(self, dialect: str, scope: Scope, receive: Receive, send: Send, begun: float) -> None:
        self._dialect = dialect
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_whole = False
        self._status = 0
        self._is_left = False
        self._begun = begun

    async def receive(self) -> Message:
        """What comes of the request. Raises: UploadBroken when the client leaves or falls silent in the middle."""
        if self._is_whole:
            message = await self._receive()
            self._is_left = self._is_left or message["type"] == "http.disconnect"
            return message
        try:
            async with asyncio.timeout(SILENT_S):
                message = await self._receive()
        except TimeoutError:
            raise UploadBroken from None
        if message["type"] == "http.disconnect":
            raise UploadBroken
        self._is_whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = [*message["headers"], (b"x-request-id", request_id.get().encode())]
            if not any(name == b"x-content-type-options" for name, _ in headers):
                headers.append((b"x-content-type-options", b"nosniff"))
            message = {**message, "headers": headers}
        await self._send(message)

    def broke(self, error: Exception) -> None:
        _log.error("request broke", dialect=self._dialect, path=self._route(), exc_info=error)

    async def apologise(self) -> None:
        if self._status:
            return  # the answer had begun; the server cuts the connection
        body = b'{"success":false,"message":"Internal Server Error","error":null}'
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    def log(self) -> None:
        took = time.perf_counter() - self._begun
        if self._is_left and not self._status:
            self._status = LEFT
        route = self._route()
        template = str(self._scope.get("path_template") or "-")  # of what no route knows, strangers choose the path
        method = self._scope.get("method", "-")
        _count(self._dialect, method, template, self._status, took)
        access(dialect=self._dialect, method=method, route=route, status=self._status, ms=round(took * 1000, 1))

    def _route(self) -> str:
        """The path with its ids taken out, so that a log holds no names and a metric few labels."""
        template = self._scope.get("path_template")
        return str(template) if template else _ID.sub("{}", str(self._scope.get("path", "")))[:120]


_ID = re.compile(r"(?<=/)(?:[0-9a-fA-F-]{16,}|[^/]*[^a-zA-Z_./-][^/]*|[^/]{33,})(?=/|$)")

Watch = Callable[[str, str, str, int, float], None]
WATCHES: list[Watch] = []
"""Called after each request with dialect, method, route, status and seconds (metrics)."""


def client_address(peer: tuple[str, int] | None, forwarded: bytes) -> tuple[str, int]:
    """Who is at the other end: X-Forwarded-For counts only as far as each hop is a trusted proxy."""
    address, port = peer or ("", 0)
    hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",") if hop.strip()]
    while hops and _is_trusted(address):
        address, port = hops.pop(), 0
    return address, port


def _is_trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(proxy, strict=False) for proxy in settings().trusted_proxies)
