"""A long answer that is made piece by piece, as fast as its reader takes it.

Between two pieces nothing is held but the piece itself: no connection to the database, and no place among those who
work. A reader that takes nothing for a minute is left, one that hangs up at once.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from backend.http.admission import Place, place_of
from backend.http.readers import Reader, serve

Pieces = Callable[[], AsyncGenerator[bytes, None]]
"""Begins the pieces of an answer. Each one is a request of its own to whatever it is made of."""


class Streamed(Response[None]):
    """An answer of pieces. The first is made before the status is sent, so its failure is still an error answer."""

    def __init__(self, pieces: Pieces, *, media_type: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(None, media_type=media_type, headers=headers)
        self._pieces = pieces

    def to_asgi_response(self, app: Any, request: Any, **given: Any) -> ASGIResponse:  # noqa: ANN401 - as Litestar's
        """Hand over to what sends the pieces."""
        sending = _Sending(
            status_code=given.get("status_code") or self.status_code or 200,
            headers={**(given.get("headers") or {}), **self.headers, "content-type": str(self.media_type)},
            cookies=[*self.cookies, *(given.get("cookies") or ())],
            is_head_response=request.method == "HEAD",
        )
        sending.pieces = self._pieces
        return sending


class _Sending(ASGIResponse):
    """Sends the pieces in order. A HEAD makes none."""

    _should_set_content_length = False
    pieces: Pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.is_head_response:
            await super().__call__(scope, receive, send)
            return
        reader = Reader(send)
        await serve(self._send(reader, send, place_of(scope)), reader, receive)
        await self.after_response()

    async def _send(self, reader: Reader, send: Send, place: Place | None) -> None:
        async with contextlib.aclosing(self.pieces()) as pieces:
            piece = await anext(pieces, None)
            await self.start_response(send)
            while piece is not None:
                if place:
                    place.lend()
                if piece:
                    await reader.give(piece)
                if place:
                    await place.take_back()
                piece = await anext(pieces, None)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
