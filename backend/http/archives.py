"""Many stored files in one ZIP, sent while it is made: nothing is compressed, and one file at a time is in memory.

Its length is known before its first byte. While a reader takes nothing, no connection to storage is held for it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import msgspec
from zipstream import ZipStream

from backend.http.media import BodyBroken, content_disposition
from backend.http.streams import Streamed


class Member(msgspec.Struct, frozen=True):
    """A file: its name in the archive, unique there; its object; how long that is."""

    name: str
    object_key: str
    size_bytes: int


Read = Callable[[str], Awaitable[bytes]]
"""Gives the whole of an object."""


def archive(members: Sequence[Member], read: Read, *, filename: str) -> Streamed:
    """Answer with an archive. Whatever is missing or of another length breaks the answer off, never shortens it."""
    whole = ZipStream(sized=True)
    for member in members:
        whole.add((), member.name, size=member.size_bytes)
    return Streamed(
        lambda: _pieces(members, read),
        media_type="application/zip",
        headers={
            "content-length": str(len(whole)),
            "content-disposition": content_disposition("attachment", filename),
            "cache-control": "private, no-store",
            "x-content-type-options": "nosniff",
        },
    )


async def _pieces(members: Sequence[Member], read: Read) -> AsyncGenerator[bytes, None]:
    made = ZipStream(sized=True)
    for member in members:
        content = await read(member.object_key)
        if len(content) != member.size_bytes:
            raise BodyBroken(f"{len(content)} bytes instead of {member.size_bytes}")
        made.add(iter((content,)), member.name, size=member.size_bytes)
        for piece in made.file():
            yield piece
    for piece in made.footer():
        yield piece
