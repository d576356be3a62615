"""Folders for what a job has in hand: gone at its end, and after a day where its worker was killed over it."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from backend.core.settings import settings

LEFT_OVER_S = 24 * 3600
"""Longer than any job may take."""
_PREFIX = "job-"


@contextlib.asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A folder that nobody else can read, among ours and not the machine's: what a kill leaves there we find again."""
    parent = settings().var_dir / "tmp"
    await asyncio.to_thread(_clear, parent)
    made = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_PREFIX, dir=parent))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _clear(parent: Path) -> None:
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in parent.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_OVER_S:
                shutil.rmtree(left, ignore_errors=True)
