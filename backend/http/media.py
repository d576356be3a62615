"""Send a stored file: headers that keep it harmless, bytes that stop when the client leaves."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from backend.http.ranges import Resource, Span, decide
from backend.http.readers import Reader, serve

Opener = Callable[[int, int | None], AsyncGenerator[bytes, None]]
"""Opens the bytes from start up to, not including, end (None: to the end)."""

_SANDBOX = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
_NO_SCRIPT = "script-src 'none'"  # browsers refuse to show a PDF in a sandbox
_FALLBACK = str.maketrans(dict.fromkeys('"\\/%;', "_"))


class BodyBroken(Exception):
    """Fewer or more bytes came than were announced. The connection is broken off, so that nobody takes it for whole."""


def media_response(
    request: Request[Any, Any, Any],
    resource: Resource,
    opener: Opener,
    *,
    filename: str,
    disposition: str = "inline",
) -> Response[None]:
    """Answer a GET or HEAD for a stored file, with ranges and validators.

    The first bytes are fetched before the status is sent, so what the opener raises at its start can still
    become an error answer. A route must allow HEAD itself:
    `@route(path, http_method=[HttpMethod.GET, HttpMethod.HEAD])`.
    """
    headers = {name.lower(): value for name, value in request.headers.items()}
    decision = decide(request.method, headers, resource)
    own = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",  # the address may hold a ticket
        "content-security-policy": _NO_SCRIPT if resource.content_type == "application/pdf" else _SANDBOX,
        "content-disposition": content_disposition(disposition, filename),
    }
    return _Media(decision.status, decision.headers | own, decision.body, opener)


def content_disposition(disposition: str, filename: str) -> str:
    """RFC 6266: the name in UTF-8, and in ASCII for clients that know no better."""
    clean = "".join(character for character in filename if character.isprintable()).strip() or "file"
    plain = clean.encode("ascii", "replace").decode().replace("?", "_").translate(_FALLBACK)
    return f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


class _Media(Response[None]):
    """Litestar's idea of our answer; the work is done by _Sending."""

    def __init__(self, status: int, headers: dict[str, str], body: tuple[bytes | Span, ...], opener: Opener) -> None:
        super().__init__(None, status_code=status, headers=headers)
        self._body = body
        self._opener = opener

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> ASGIResponse:  # noqa: ANN401 - as Litestar's
        sending = _Sending(
            status_code=self.status_code,
            headers={**(given.get("headers") or {}), **self.headers},
            cookies=[*self.cookies, *(given.get("cookies") or ())],
            is_head_response=request.method == "HEAD",
            media_type="application/octet-stream",
        )
        sending.parts = self._body
        sending.opener = self._opener
        return sending


class _Sending(ASGIResponse):
    """Sends the parts in order, and stops reading as soon as the client has gone.

    While the client takes nothing, storage is let go of; the read is taken up again where it was left.
    """

    _should_set_content_length = False
    parts: tuple[bytes | Span, ...]
    opener: Opener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._turn = asyncio.Lock()
        self._opened: AsyncGenerator[bytes, None] | None = None
        reader = Reader(send)
        await serve(self._send(reader, send), reader, receive, park=self._park)
        await self.after_response()

    async def _send(self, reader: Reader, send: Send) -> None:
        async with contextlib.aclosing(self._pieces()) as pieces:
            piece = await anext(pieces, b"")
            await self.start_response(send)
            while piece:
                await reader.give(piece)
                async with self._turn:
                    piece = await anext(pieces, b"")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            async with contextlib.aclosing(self._of(part)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _of(self, span: Span) -> AsyncGenerator[bytes, None]:
        at = span.start
        left = None if span.end is None else span.end - span.start
        while True:
            opened = self.opener(at, span.end)
            self._opened = None if left is None else opened
            async with contextlib.aclosing(opened):
                async for piece in opened:
                    left = _counted(left, piece)
                    at += len(piece)
                    if piece:
                        yield piece
            if not left:
                return
            if self._opened is opened:
                raise BodyBroken(f"{left} bytes are missing")

    async def _park(self) -> None:
        """Close what is open; it is opened anew, behind the last piece, when another is asked for."""
        async with self._turn:
            opened, self._opened = self._opened, None
            if opened is not None:
                await opened.aclose()


def _counted(left: int | None, piece: bytes) -> int | None:
    if left is None:
        return None
    if len(piece) > left:
        raise BodyBroken(f"{len(piece) - left} bytes too many")
    return left - len(piece)
