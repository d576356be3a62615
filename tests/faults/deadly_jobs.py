"""Jobs that end, block or bleed the process they run in; loaded with `--also tests.faults.deadly_jobs`."""

import ctypes
import os
import signal

import msgspec

from backend.core import db
from backend.domain.jobs.running import Claim
from tests.workers.extra_jobs import count
from workers.registry import KINDS, job


class Deadly(msgspec.Struct, frozen=True):
    """Under which key to count, how to die, and in how many attempts."""

    key: str
    how: str
    times: int = 1


def die(how: str) -> None:
    """End this process."""
    if how == "exit":
        os._exit(7)
    if how == "segfault":
        ctypes.string_at(0)
    os.kill(os.getpid(), signal.SIGKILL)


if "test_deadly" not in KINDS:

    @job(time_limit_s=60)
    async def test_deadly(body: Deadly, held: Claim) -> None:
        """Count, and die: before the end of the transaction, or right after its commit."""
        await count(body.key)
        if held.attempt <= body.times:
            if body.how == "after commit":
                db.after_commit(lambda: die(body.how))
            else:
                die(body.how)
