"""File locks that processes keep by staying alive: the kernel lets go when the last holder of the file ends."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """Take the lock and return its open file, or None while somebody else has it."""
    held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        return None
    return held


def lock_within(path: Path, seconds: float) -> int:
    """Take the lock, waiting for a holder that is just about to end.

    Raises: OSError when it is still held after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while (held := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise OSError(f"{path} is held by a process that is still running.")
        time.sleep(0.05)
    return held


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[int]:
    """Hold the lock for a block; a process that inherits the open file holds it on.

    Raises: OSError when it is still held elsewhere after `seconds`.
    """
    held = lock_within(path, seconds)
    try:
        yield held
    finally:
        os.close(held)
