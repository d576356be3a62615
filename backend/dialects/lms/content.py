"""The bytes of files, at `/uploads/...` without a prefix, as in the contract; access is asked at each request."""

import contextlib
from collections.abc import AsyncGenerator, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from backend.core.actor import Actor
from backend.dialects.lms import auth
from backend.domain.accounts import queries as accounts
from backend.domain.files import queries as files
from backend.domain.files import rules
from backend.domain.files.errors import FileNotFound
from backend.domain.files.queries import FileView
from backend.http import shared, tickets
from backend.http.media import Opener, media_response
from backend.http.ranges import Resource
from storage import keys
from storage.errors import ObjectMissing

AnyRequest = Request[Any, Any, Any]

READ = [HttpMethod.GET, HttpMethod.HEAD]
TICKET_KIND = "file"
_SHOWN = ("image/", "audio/", "video/", "application/pdf", "text/plain")


@route(
    "/uploads/{location:str}/{year:str}/{month:str}/{day:str}/{name:str}",
    http_method=READ,
    opt={"public": True, "optional": True, "lane": None},
    tags=["files"],
)
async def send(
    request: AnyRequest,
    location: FromPath[str],
    year: FromPath[str],
    month: FromPath[str],
    day: FromPath[str],
    name: FromPath[str],
) -> Response[None]:
    """The bytes of a file, with ranges and validators. Source: contract/exam.md 2.1."""
    path = f"/uploads/{location}/{year}/{month}/{day}/{name}"
    view = await files.readable_at(await _reader_at(request, path), path)
    return _send(request, view)


async def reader(request: AnyRequest, uuid: UUID) -> Actor | None:
    """Who wants to read a file: by the bearer, or by a ticket in the address; None is a stranger.

    Raises: TokenRefused, SessionOver.
    """
    ticket = request.query_params.get("ticket")
    if ticket is None:
        return auth.optional_actor(request)
    return await accounts.actor_of_session(tickets.read(ticket, TICKET_KIND, uuid))


async def send_poster(request: AnyRequest, view: FileView) -> Response[None]:
    """The still picture of a recording.

    Raises: FileNotFound when it has none.
    """
    name = keys.parse(view.poster_key or "")
    if view.poster_key is None or name is None:
        raise FileNotFound(ref=str(view.uuid))
    opener = _opener(view.poster_key)
    with _missing_is_not_found():
        entry = await shared.storage().head(view.poster_key)
    resource = Resource(
        size_bytes=entry.size_bytes,
        etag=str(name.uuid),
        modified_at=_whole_second(view.updated_at),
        content_type="image/jpeg",
    )
    return media_response(request, resource, opener, filename=f"{view.uuid}.jpg")


async def _reader_at(request: AnyRequest, path: str) -> Actor | None:
    address = rules.parse_address(path)
    if address is None:
        raise FileNotFound(path=path[:200])
    return await reader(request, address.uuid)


def _send(request: AnyRequest, view: FileView) -> Response[None]:
    resource = Resource(
        size_bytes=view.size_bytes,
        etag=view.sha256,
        modified_at=_whole_second(view.updated_at),
        content_type=view.content_type,
    )
    shown = view.content_type.startswith(_SHOWN)
    return media_response(
        request,
        resource,
        _opener(view.object_key),
        filename=view.original_name or f"{view.uuid}.{view.extension}",
        disposition="inline" if shown else "attachment",
    )


def _opener(key: str) -> Opener:
    async def opened(start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        with _missing_is_not_found():
            async with contextlib.aclosing(shared.storage().open(key, start, end)) as pieces:
                async for piece in pieces:
                    yield piece

    return opened


@contextlib.contextmanager
def _missing_is_not_found() -> Iterator[None]:
    """A row without its object is found by the sweep; to the client the file is not there."""
    try:
        yield
    except ObjectMissing as missing:
        raise FileNotFound from missing


def _whole_second(at: datetime) -> datetime:
    """HTTP's dates have no fractions."""
    return at.replace(microsecond=0)
