"""Where a job puts what it has in hand: nobody else can read it, and nothing of it stays."""

import os
import shutil
import time

import pytest

from backend.core.settings import settings
from workers import scratch


async def test_it_is_gone_with_the_job():
    with pytest.raises(ValueError, match="broken"):
        async with scratch.folder() as folder:
            (folder / "statement.csv").write_text("Budi;1000")
            assert folder.parent == settings().var_dir / "tmp"
            assert folder.stat().st_mode & 0o077 == 0
            raise ValueError("broken")
    assert not folder.exists()


async def test_what_a_killed_worker_left_goes_after_a_day():
    parent = settings().var_dir / "tmp"
    old, fresh, other = (parent / name for name in ("job-old", "job-fresh", "other"))
    for left in (old, fresh, other):
        left.mkdir(parents=True)
        (left / "statement.csv").write_text("Budi;1000")
    yesterday = time.time() - scratch.LEFT_OVER_S - 60
    for left in (old, other):
        os.utime(left, (yesterday, yesterday))
    async with scratch.folder():
        there = (old.exists(), fresh.exists(), other.exists())
    for left in (fresh, other):
        shutil.rmtree(left)
    assert there == (False, True, True)
