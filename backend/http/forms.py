"""The body of an upload, piece by piece: one file and a few short texts, or the bare bytes of a file.

Litestar's own forms hold or spool everything before a handler sees any of it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeAlias

from litestar import Request
from litestar.exceptions import HTTPException
from multipart import (  # type: ignore[import-untyped]  # it has annotations, but does not say so
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from backend.core.errors import Invalid, TooLarge

IDLE_S = 60.0
OVERHEAD_BYTES = 64 << 10
FIELD_BYTES = 4096
MAX_PARTS = 12

Event: TypeAlias = MultipartSegment | bytes | None


class NoFile(Invalid):
    """The form has no file in it."""

    code = "http.no_file"


class FormBroken(Invalid):
    """The body is no form of the announced kind, ends too early, or has two files."""

    code = "http.form"


class UploadBroken(Invalid):
    """The client left, or fell silent, in the middle."""

    code = "http.upload_broken"


class Form:
    """A body that is read once: `open()` to the file, `pieces()` of it, and `close()` to the end."""

    def __init__(self, request: Request[Any, Any, Any], *, max_bytes: int, take: Callable[[str, str], None]) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        self._take = take
        self._limit = max_bytes
        self._body = _body(request, max_bytes + OVERHEAD_BYTES)
        self._is_bare = kind.startswith(("audio/", "video/")) or kind == "application/octet-stream"
        self._events = _bare(self._body) if self._is_bare else _parsed(self._body, _boundary(kind, options))
        self._query = {name: str(value) for name, value in request.query_params.items()}

    async def open(self) -> str:
        """Go to the file, taking the texts before it; says its name.

        Raises: NoFile, FormBroken, UploadBroken, TooLarge, and what `take` raises.
        """
        if self._is_bare:
            for name, text in self._query.items():
                self._take(name, text)
            return self._query.get("name", "")
        segment = await self._to_file()
        if segment is None:
            raise NoFile
        return segment.filename or ""

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes of the file; behind the last one, the rest of the form was read, too.

        Raises: as `open()`.
        """
        size = 0
        while (piece := await self._next()) is not None:
            if not isinstance(piece, bytes):
                raise FormBroken
            size += len(piece)
            if size > self._limit:
                raise TooLarge(limit=told(self._limit))
            yield piece
        if not self._is_bare and await self._to_file() is not None:
            raise FormBroken(reason="two files")

    async def aclose(self) -> None:
        """Read no further."""
        await self._events.aclose()
        await self._body.aclose()

    async def _to_file(self) -> MultipartSegment | None:
        async for event in self._events:
            if not isinstance(event, MultipartSegment):
                raise FormBroken
            if event.filename is not None:
                if event.name != "file":
                    raise NoFile
                return event
            self._take(event.name or "", await self._text())
        return None

    async def _text(self) -> str:
        held = b""
        while (piece := await self._next()) is not None:
            held += piece if isinstance(piece, bytes) else b""
            if len(held) > FIELD_BYTES:
                raise TooLarge(limit=told(FIELD_BYTES))
        try:
            return held.decode()
        except UnicodeDecodeError:
            raise FormBroken(reason="not UTF-8") from None

    async def _next(self) -> Event:
        return await anext(self._events, None)


def told(size: int) -> str:
    """A size for people."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} B"


def _boundary(kind: str, options: dict[str, str]) -> str:
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not 1 <= len(boundary) <= 200:
        raise NoFile
    return boundary


async def _body(request: Request[Any, Any, Any], limit: int) -> AsyncGenerator[bytes, None]:
    """What the client sends, up to a limit; a silent client is not waited for.

    Raises: TooLarge, UploadBroken.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise TooLarge(limit=told(limit - OVERHEAD_BYTES))
    size = 0
    async with contextlib.aclosing(request.stream()) as stream:
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    piece = await anext(stream, b"")
            except (TimeoutError, HTTPException) as gone:  # litestar answers a disconnect with a 500 of its own
                raise UploadBroken from gone
            if not piece:
                return
            size += len(piece)
            if size > limit:
                raise TooLarge(limit=told(limit - OVERHEAD_BYTES))
            yield piece


async def _parsed(body: AsyncGenerator[bytes, None], boundary: str) -> AsyncGenerator[Event, None]:
    """The parts of a form, as the parser tells them: a head, bytes, None at the end of each.

    Raises: FormBroken.
    """
    is_begun, skipped = False, 0
    try:
        parser = PushMultipartParser(boundary, max_segment_count=MAX_PARTS)
        async for piece in body:
            for event in parser.parse(piece):
                is_begun = True
                yield event
            skipped += 0 if is_begun else len(piece)
            if skipped > OVERHEAD_BYTES:
                raise FormBroken(reason="no part")
        parser.close()
    except MultipartError as broken:
        raise FormBroken(reason=str(broken)) from broken


async def _bare(body: AsyncGenerator[bytes, None]) -> AsyncGenerator[Event, None]:
    async for piece in body:
        yield piece
