"""What the jobs of a process share: the pool and the S3 client, opened on the loop that uses them."""

from contextlib import AsyncExitStack

from backend.core import db
from backend.core.settings import settings
from storage import s3


class _Open:
    """The resources of this process."""

    stack: AsyncExitStack | None = None
    storage: s3.Storage | None = None


async def open_all(*, pool_size: int) -> None:
    """Open pool and storage. Raises what the database raises when it is away."""
    stack = AsyncExitStack()
    await db.open_pool(most=pool_size)
    stack.push_async_callback(db.close_pool)
    _Open.storage = await stack.enter_async_context(s3.connect(settings()))
    _Open.stack = stack


async def close_all() -> None:
    """Close what `open_all` opened."""
    if _Open.stack is not None:
        await _Open.stack.aclose()
    _Open.stack = _Open.storage = None


def offer(client: s3.Storage) -> None:
    """Let the jobs of this process use storage that somebody else has opened and will close (tests do)."""
    _Open.storage = client


def storage() -> s3.Storage:
    """The S3 client of this process. Raises: RuntimeError before `open_all`."""
    if _Open.storage is None:
        raise RuntimeError("storage is not open")
    return _Open.storage
