"""Lists of this contract: bare arrays without pages, made and sent a few objects at a time."""

import hashlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from backend.dialects.learning360.wire import Tally, User, UserStats
from backend.domain.enrolments.batch_queries import PAGE
from backend.domain.grading.participant_queries import Participant, participants
from backend.http.ranges import names
from backend.http.streams import Pieces, Streamed

T = TypeVar("T")
Ask = Request[None, None, State]

JSON = "application/json; charset=utf-8"
TOGETHER = 100
"""Objects written at once: a page is never a long halt for the others of this process."""
SHAPE = b"1"
"""Part of every entity tag; another one when what is shown of the same rows changes."""

_encode = msgspec.json.Encoder().encode


async def array(pages: AsyncGenerator[list[T], None], of: Callable[[T], object]) -> AsyncGenerator[bytes, None]:
    """Pages of things as one JSON array."""
    opened, sent = b"[", False
    async with aclosing(pages):
        async for page in pages:
            for at in range(0, len(page), TOGETHER):
                written = _encode([of(one) for one in page[at : at + TOGETHER]])
                yield (b"," if sent else opened) + written[1:-1]
                sent = True
    yield b"]" if sent else b"[]"


async def people(batch_id: int, *, gone: bool = False) -> AsyncGenerator[list[Participant], None]:
    """The people of a batch in order of entry, page by page; those whose account is no more come with `gone` only."""
    offset, is_last = 0, False
    while not is_last:
        found = (await participants(batch_id, offset=offset, limit=PAGE, gone=gone)).items
        yield [person for person in found if gone or not person.is_gone]
        offset, is_last = offset + PAGE, len(found) < PAGE


async def users(batch_id: int) -> AsyncGenerator[bytes, None]:
    """The people of a batch as users."""
    async with aclosing(array(people(batch_id), User.of)) as pieces:
        async for piece in pieces:
            yield piece


async def stats(batch_id: int, name: str) -> AsyncGenerator[bytes, None]:
    """How the people of a batch fare. The counts come last: they are known when everybody was counted."""
    tally = Tally()

    def counted(person: Participant) -> UserStats:
        tally.count(person)
        return UserStats.of(person)

    yield b'{"name":' + _encode(name) + b',"usersStats":'
    async with aclosing(array(people(batch_id, gone=True), counted)) as pieces:
        async for piece in pieces:
            yield piece
    yield b"," + _encode(tally)[1:]


def tag(mark: str) -> str:
    """An entity tag without its quotes, for a text that changes with what is shown."""
    return hashlib.sha256(SHAPE + mark.encode()).hexdigest()[:40]


def send(request: Ask, pieces: Pieces, mark: str | None = None) -> Response[None]:
    """Answer with a list, or with 304 when the caller has it already."""
    if mark is None:
        return Streamed(pieces, media_type=JSON)
    found = tag(mark)
    headers = {"ETag": f'W/"{found}"'}
    known = ", ".join(request.headers.getall("if-none-match", []))
    if known and names(known, found, strongly=False):
        return Response(None, status_code=304, headers=headers)
    return Streamed(pieces, media_type=JSON, headers=headers)
