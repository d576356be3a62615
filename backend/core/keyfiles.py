"""Files with keys: only their owner reads them, and they are replaced in one step."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """What a file holds, made by whoever asks first; when several ask at once, all get the same."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    beside = _beside(path, make())
    with contextlib.suppress(FileExistsError):
        os.link(beside, path)
    beside.unlink()
    return path.read_bytes()


def replace(path: Path, content: bytes) -> None:
    """Write a file anew; a reader sees the old one or the new one, never a part."""
    _beside(path, content).replace(path)


def _beside(path: Path, content: bytes) -> Path:
    """The content in a file of mode 0600 next to where it belongs, on disk."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
