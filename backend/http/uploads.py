"""Receive one file: row first, then bytes, then record or abort; in bounded memory and with nothing left behind.

What the file is and where it goes, the feature decides that the Intake speaks for.
"""

import asyncio
import contextlib
import tempfile
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Coroutine
from typing import Any, BinaryIO, Protocol, TypeVar, cast

from litestar import Request

from backend.core.errors import DomainError
from backend.core.log import logger
from backend.core.settings import settings
from backend.http.forms import Form
from storage.s3 import Storage, Stored

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

EDGE_BYTES = 64 << 10
PIECE_BYTES = 1 << 20

_log = logger(__name__)


class Intake(Protocol[T_co]):
    """The feature's side of an upload. Every method may refuse by raising."""

    @property
    def max_bytes(self) -> int:
        """How large the file may be."""

    @property
    def is_whole(self) -> bool:
        """Whether `judge` has to see the whole file before it goes to storage."""

    def take_field(self, name: str, text: str) -> None:
        """Take a text of the form."""

    def check_fields(self) -> None:
        """Whether every text has come that must."""

    async def begin(self, name: str) -> None:
        """Write the row."""

    def recognise(self, head: bytes, tail: bytes) -> tuple[str, str]:
        """The object's key and its content type, by the file's first and last bytes."""

    async def judge(self, file: BinaryIO) -> None:
        """Look into a whole file, and put right what has to be; what it then holds is stored."""

    async def record(self, object_key: str, size_bytes: int, sha256: str) -> T_co:
        """Keep what was stored."""

    async def abort(self) -> None:
        """Forget the row."""


async def receive(request: Request[Any, Any, Any], storage: Storage, intake: Intake[T]) -> T:
    """Take the file of a request's body (a form with a part `file`, or the bare bytes of a recording).

    Never more than a few pieces are in memory. Whatever goes wrong, also when the client leaves, neither row nor
    object nor open upload stays; what a crash leaves, the sweep finds.

    Raises: NoFile, FormBroken, UploadBroken, TooLarge, StorageDown, and what the intake raises.
    """
    form = Form(request, max_bytes=intake.max_bytes, take=intake.take_field)
    async with contextlib.aclosing(form):
        await intake.begin(await form.open())
        try:
            return await (_spooled if intake.is_whole else _streamed)(form, storage, intake)
        except BaseException:
            await _forget(intake)
            raise


async def _streamed(form: Form, storage: Storage, intake: Intake[T]) -> T:
    """Straight to storage: the beginning tells the type, and the end must not belie it."""
    async with contextlib.aclosing(form.pieces()) as pieces:
        head = bytearray()
        while len(head) < EDGE_BYTES and (piece := await anext(pieces, b"")):
            head += piece
        first = bytes(head[:EDGE_BYTES])
        key, content_type = intake.recognise(first, first)
        checked = _checked(bytes(head), pieces, intake)
        async with contextlib.aclosing(checked):
            stored = await storage.put_stream(key, checked, content_type, max_bytes=intake.max_bytes)
    return await _recorded(storage, intake, key, stored)


async def _checked(head: bytes, pieces: AsyncGenerator[bytes, None], intake: Intake[T]) -> AsyncGenerator[bytes, None]:
    """The whole stream; refused at its end, storage keeps nothing of it."""
    last, length = deque([head]), len(head)
    yield head
    async for piece in pieces:
        last.append(piece)
        length += len(piece)
        while length - len(last[0]) >= EDGE_BYTES:
            length -= len(last.popleft())
        yield piece
    intake.recognise(head[:EDGE_BYTES], b"".join(last)[-EDGE_BYTES:])
    intake.check_fields()


async def _spooled(form: Form, storage: Storage, intake: Intake[T]) -> T:
    """To a file without a name on our disk, which ends with us; to storage once it was judged."""
    with cast(BinaryIO, await asyncio.to_thread(_nameless_file)) as file:
        async with contextlib.aclosing(form.pieces()) as pieces:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
        intake.check_fields()
        key, content_type = intake.recognise(*await asyncio.to_thread(_edges, file))
        await intake.judge(file)
        async with contextlib.aclosing(_pieces(file)) as again:
            stored = await storage.put_stream(key, again, content_type, max_bytes=intake.max_bytes)
    return await _recorded(storage, intake, key, stored)


def _nameless_file() -> Any:  # noqa: ANN401 - tempfile's wrapper has no name of its own
    folder = settings().var_dir / "tmp"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


def _edges(file: BinaryIO) -> tuple[bytes, bytes]:
    size = file.tell()
    file.seek(0)
    head = file.read(EDGE_BYTES)
    file.seek(max(0, size - EDGE_BYTES))
    tail = file.read()
    file.seek(0)
    return head, tail


async def _pieces(file: BinaryIO) -> AsyncGenerator[bytes, None]:
    await asyncio.to_thread(file.seek, 0)
    while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
        yield piece


async def _recorded(storage: Storage, intake: Intake[T], key: str, stored: Stored) -> T:
    """Keep it, although the client may be leaving: half-way, nobody would know whether it was kept."""
    try:
        return await _to_its_end(intake.record(key, stored.size_bytes, stored.sha256_hex))
    except DomainError:  # refused for certain; after any other error it may have been kept
        await _to_its_end(storage.delete(key))
        raise


async def _forget(intake: Intake[Any]) -> None:
    try:
        await _to_its_end(intake.abort())
    except Exception as error:  # noqa: BLE001 - the first failure is the one to tell; the sweep takes the row
        _log.warning("upload not cleaned up", error=type(error).__name__)


async def _to_its_end(work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
    """Finish a piece of work before being cancelled."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None and not task.cancelled() and task.exception() is None:
        raise cancelled
    return task.result()
