"""Spreadsheets over HTTP: taken from a form into storage, and sent from a file that nobody has to delete."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, BinaryIO, cast

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.response import Stream

from backend.core import archives
from backend.core.errors import Invalid, Unmet, Unsupported
from backend.core.settings import settings
from backend.http import shared
from backend.http.forms import FormBroken

CSV_TYPE = "text/csv"
CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT_TYPE = "text/csv"
FORM_BYTES = 64 << 10
"""What a form may have around the file."""

ENTRIES_MAX = 1_000
UNPACKED_MAX = 256 << 20
"""What a spreadsheet may say of itself; what is true of it, the job finds out that reads it."""

_ZIP = b"PK\x03\x04"
_PIECE = 256 << 10
HEAD_BYTES = 64 << 10


class SheetMissing(Invalid):
    """The form has no field `file` with a file in it."""

    code = "http.sheet_missing"


class TableMissing(Invalid):
    """The same, where a table as text (CSV) is wanted."""

    code = "http.table_missing"


class NotSpreadsheet(Unsupported):
    """The file does not begin as an .xlsx does, whatever its name says."""

    code = "http.not_spreadsheet"


class SheetRefused(Unmet):
    """The file is damaged, or unpacks to too much; `reason` is that of core.archives."""

    code = "http.sheet_refused"


class NotTable(Unsupported):
    """The file is no table as text (CSV): it begins as an archive, a document or nothing does."""

    code = "http.not_table"


class StoredSheet(msgspec.Struct, frozen=True):
    """A spreadsheet that lies in storage."""

    object_key: str
    sha256: str


def body_limit() -> int:
    """The most bytes that a form with a spreadsheet may have."""
    return settings().max_sheet_bytes + FORM_BYTES


async def receive_any(request: Request[Any, Any, Any], announce: Callable[[bytes], Awaitable[str]]) -> StoredSheet:
    """Store the field `file` of a form, a spreadsheet or a text, under the key that `announce` commits to a row first.

    `announce` is shown how the file begins, and refuses what is none of its formats.

    Raises: SheetMissing, SheetRefused, FormBroken, and what `announce` raises.
    """
    async with _file_of(request) as file:
        head = await file.read(HEAD_BYTES)
        await file.seek(0)
        is_sheet = head.startswith(_ZIP)
        if is_sheet:
            await asyncio.to_thread(_check, cast(BinaryIO, file.file))
        key = await announce(head)
        content_type = CONTENT_TYPE if is_sheet else "application/octet-stream"
        stored = await shared.storage().put_stream(
            key, _pieces(file), content_type, max_bytes=settings().max_sheet_bytes
        )
    return StoredSheet(key, stored.sha256_hex)


async def receive(
    request: Request[Any, Any, Any], announce: Callable[[], Awaitable[str]], *, is_text: bool = False
) -> StoredSheet:
    """Store the field `file` of a form under the key that `announce` commits to a row first.

    A spreadsheet, or with `is_text` a table as text (CSV).

    Raises: SheetMissing or TableMissing, NotSpreadsheet or NotTable, SheetRefused, FormBroken, and what `announce`
        raises.
    """
    async with _file_of(request, TableMissing if is_text else SheetMissing) as file:
        await (_must_be_text if is_text else _must_be_spreadsheet)(file)
        key = await announce()
        stored = await shared.storage().put_stream(
            key, _pieces(file), TEXT_TYPE if is_text else CONTENT_TYPE, max_bytes=settings().max_sheet_bytes
        )
    return StoredSheet(key, stored.sha256_hex)


@asynccontextmanager
async def _file_of(request: Request[Any, Any, Any], missing: type[Invalid] = SheetMissing) -> AsyncIterator[UploadFile]:
    """The file of a form; all of the form's files are closed behind."""
    try:
        form = await request.form()
    except UnicodeDecodeError:
        raise FormBroken(reason="not UTF-8") from None
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise missing
        yield file
    finally:
        for each in files:
            await each.close()


async def _must_be_spreadsheet(file: UploadFile) -> None:
    if await file.read(len(_ZIP)) != _ZIP:
        raise NotSpreadsheet(found=file.content_type[:100], expected=".xlsx")
    await asyncio.to_thread(_check, cast(BinaryIO, file.file))


async def _must_be_text(file: UploadFile) -> None:
    head = await file.read(len(_ZIP))
    if not head or head in (_ZIP, b"%PDF", b"\xd0\xcf\x11\xe0"):
        raise NotTable(found=file.content_type[:100], expected=".csv")
    await file.seek(0)


def _check(file: BinaryIO) -> None:
    """Refuse at once what the archive's own directory gives away, without unpacking any of it."""
    try:
        members = archives.entries(file, max_entries=ENTRIES_MAX)
    except archives.ArchiveRefused as refused:
        raise SheetRefused(reason=refused.reason) from refused
    if sum(member.file_size for member in members) > UNPACKED_MAX:
        raise SheetRefused(reason="too_large")
    file.seek(0)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


async def send(
    filename: str, write: Callable[[BinaryIO], Awaitable[object]], content_type: str = CONTENT_TYPE
) -> Stream:
    """Send the spreadsheet that `write` writes into a file without a name, gone with its last handle.

    Raises: what `write` raises; then nothing was sent.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by what sends it
    try:
        await write(file)
        size = file.seek(0, 2)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {
        "content-disposition": f'attachment; filename="{filename}"',
        "content-length": str(size),
        "cache-control": "no-store",
    }
    return Stream(_sent(file), media_type=content_type, headers=headers)


async def _sent(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece
