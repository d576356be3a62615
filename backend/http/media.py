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
    """Sends the parts in order, and stops reading as soon as the client has gone."""

    _should_set_content_length = False
    parts: tuple[bytes | Span, ...]
    opener: Opener

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                if not task.done():
                    task.cancel()
            await asyncio.wait({sending, leaving})
        if not sending.cancelled():
            sending.result()
        await self.after_response()

    async def _send(self, send: Send) -> None:
        async with contextlib.aclosing(self._pieces()) as pieces:
            piece = await anext(pieces, b"")
            await self.start_response(send)
            while piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await anext(pieces, b"")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        for part in self.parts:
            if isinstance(part, bytes):
                yield part
                continue
            left = None if part.end is None else part.end - part.start
            async with contextlib.aclosing(self.opener(part.start, part.end)) as opened:
                async for piece in opened:
                    left = _counted(left, piece)
                    if piece:
                        yield piece
            if left:
                raise BodyBroken(f"{left} bytes are missing")


def _counted(left: int | None, piece: bytes) -> int | None:
    if left is None:
        return None
    if len(piece) > left:
        raise BodyBroken(f"{len(piece) - left} bytes too many")
    return left - len(piece)


async def _left(receive: Receive) -> None:
    """Ends when the client has."""
    while (await receive())["type"] != "http.disconnect":
        pass
