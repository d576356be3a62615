"""What the front door opened for all dialects of this process."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from backend.core.errors import Unavailable
from backend.core.log import logger
from backend.http.media import Opener
from backend.http.watch import Hub
from storage import s3
from storage.errors import ObjectMissing

_log = logger(__name__)


class ObjectGone(Unavailable):
    """A row names bytes that storage does not have: whoever runs the school has to bring them back."""

    code = "http.object_gone"


class _Shared:
    """The open resources."""

    storage: s3.Storage | None = None
    job_hub: Hub[Any] | None = None
    docs: tuple[tuple[str, str], ...] = ()


def offer(storage: s3.Storage) -> None:
    """Make the S3 client known to the handlers (the front door does, once)."""
    _Shared.storage = storage


def storage() -> s3.Storage:
    """The S3 client of this process. Raises: RuntimeError before the front door opened it."""
    if _Shared.storage is None:
        raise RuntimeError("storage is not open")
    return _Shared.storage


def opener(key: str) -> Opener:
    """Opens an object that must be there. What it opens raises: ObjectGone, StorageDown."""

    async def opened(start: int, end: int | None) -> AsyncGenerator[bytes, None]:
        try:
            async with contextlib.aclosing(storage().open(key, start, end)) as pieces:
                async for piece in pieces:
                    yield piece
        except ObjectMissing as missing:
            _log.error("object missing", key=key)
            raise ObjectGone from missing

    return opened


async def whole(key: str) -> bytes:
    """All of an object that must be there; for what is known to be small. Raises: ObjectGone, StorageDown."""
    async with contextlib.aclosing(opener(key)(0, None)) as pieces:
        return b"".join([piece async for piece in pieces])


def offer_job_hub(hub: Hub[Any]) -> None:
    """Make known who tells streams about jobs (the front door does, once)."""
    _Shared.job_hub = hub


def job_hub() -> Hub[Any]:
    """Who tells streams about jobs. Raises: RuntimeError before the front door made it."""
    if _Shared.job_hub is None:
        raise RuntimeError("nobody watches jobs")
    return _Shared.job_hub


def offer_docs(pages: tuple[tuple[str, str], ...]) -> None:
    """Make the documentation of the dialects known (the front door does). Shape: (dialect, path)."""
    _Shared.docs = pages


def docs() -> tuple[tuple[str, str], ...]:
    """Where the documentation of each dialect is. Shape: (dialect, path)."""
    return _Shared.docs
