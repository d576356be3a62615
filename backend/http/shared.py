"""What the front door opened for all dialects of this process."""

from storage import s3


class _Shared:
    """The open resources."""

    storage: s3.Storage | None = None


def offer(storage: s3.Storage) -> None:
    """Make the S3 client known to the handlers (the front door does, once)."""
    _Shared.storage = storage


def storage() -> s3.Storage:
    """The S3 client of this process. Raises: RuntimeError before the front door opened it."""
    if _Shared.storage is None:
        raise RuntimeError("storage is not open")
    return _Shared.storage
