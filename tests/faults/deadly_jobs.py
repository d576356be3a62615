"""Jobs that end, block or bleed the process they run in; loaded with `--also tests.faults.deadly_jobs`."""

import asyncio
import contextlib
import ctypes
import logging
import os
import resource
import signal
import time

import msgspec

from backend.core import db
from backend.domain.jobs.running import Claim
from tests.workers.extra_jobs import count
from workers import watchdog
from workers.registry import KINDS, job

watchdog.STUCK_S = 4.0  # so that tests need not wait for as long as an operator would

_leaked = []


class Deadly(msgspec.Struct, frozen=True):
    """Under which key to count, what to do, for how long, and in how many attempts; after those, it only counts."""

    key: str
    how: str
    times: int = 1
    seconds: float = 0.0


def die(how: str) -> None:
    """End this process."""
    if how == "exit":
        os._exit(7)
    if how == "segfault":
        ctypes.string_at(0)
    if how == "memory":
        room = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, room))
        _leaked.append(bytearray(8 << 30))  # MemoryError
    os.kill(os.getpid(), signal.SIGKILL)


async def _raise(seconds: float) -> None:
    await asyncio.sleep(seconds)
    raise ValueError("as asked")


async def _ignore_cancellation(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(until - time.monotonic())


async def _block_the_loop(seconds: float) -> None:
    time.sleep(seconds)  # noqa: ASYNC251 - that is the fault


async def _hold_the_gil(seconds: float) -> None:
    ctypes.PyDLL(None).sleep(int(seconds))  # C code that never lets go: no other thread runs


async def _stop_the_loop(_: float) -> None:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(3600)


async def _block_the_log(_: float) -> None:
    for handler in logging.getLogger().handlers:
        handler.acquire()  # as a write does to a pipe that is full, and that nobody reads
    time.sleep(3600)  # noqa: ASYNC251 - so does it stand then


async def _leak_the_pool(_: float) -> None:
    _leaked.append(asyncio.create_task(_take_every_connection()))  # goes on when the job has been broken off
    await asyncio.sleep(3600)


async def _take_every_connection() -> None:
    while True:
        _leaked.append(await db.ENGINE.pool.acquire())


HOW = {
    "raise": _raise,
    "ignore cancellation": _ignore_cancellation,
    "block the loop": _block_the_loop,
    "hold the GIL": _hold_the_gil,
    "stop the loop": _stop_the_loop,
    "block the log": _block_the_log,
    "leak the pool": _leak_the_pool,
}
"""What no job should do."""


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

    @job(time_limit_s=2, phases=True)
    async def test_unruly(body: Deadly, held: Claim) -> None:
        """Misbehave, and then count in a transaction."""
        if held.attempt <= body.times:
            await HOW[body.how](body.seconds)
        async with db.transaction():
            await count(body.key)
