"""Wake-ups: after a commit that left work behind, the relay is told; after one that changed a job, its watchers.

A lost wake-up costs latency, nothing else.

NOTIFY inside the transaction would halve the commit rate, so it is a statement of its own after the commit, at most
one per five milliseconds and process.
"""

import asyncio
import contextvars
from collections.abc import Callable
from uuid import UUID

from backend.core import db
from backend.core.log import logger

CHANNEL = "lulus_work"
JOB_CHANNEL = "lulus_job"
_GAP_S = 0.005

_log = logger(__name__)
_telling: set[asyncio.Task[None]] = set()


class _Bell:
    """Whether a ring is under way, and when the last one was (loop time, s)."""

    task: asyncio.Task[None] | None = None
    last: float = 0.0
    again: bool = False
    """Whether something was committed while the last ring was on its way, which may have been too early for it."""


def ring() -> None:
    """Tell the relay that there is work. Never fails and never waits."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    if _Bell.task is not None and not _Bell.task.done() and _Bell.task.get_loop() is loop:
        _Bell.again = True
        return
    wait = max(0.0, _Bell.last + _GAP_S - loop.time())
    # an empty context: the task must not inherit the transaction it was rung from
    _Bell.task = loop.create_task(_notify(wait), context=contextvars.Context())


async def _notify(wait: float) -> None:
    await _once(wait)
    while _Bell.again:
        await _once(_GAP_S)


async def _once(wait: float) -> None:
    if wait:
        await asyncio.sleep(wait)
    _Bell.again = False
    _Bell.last = asyncio.get_running_loop().time()
    try:
        await db.statement(f"NOTIFY {CHANNEL}")
    except Exception as error:  # noqa: BLE001 - polling is the safety net; a wake-up must never break its caller
        _log.warning("wake-up not sent", error=type(error).__name__)


def changed(job: UUID) -> Callable[[], None]:
    """What to call once a job's row has changed, so that those who watch it look again."""

    def tell() -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        task = loop.create_task(_tell(job), context=contextvars.Context())
        _telling.add(task)
        task.add_done_callback(_telling.discard)

    return tell


async def _tell(job: UUID) -> None:
    try:
        await db.statement("SELECT pg_notify($1, $2)", JOB_CHANNEL, str(job))
    except Exception as error:  # noqa: BLE001 - watchers also look by themselves; this must never break its caller
        _log.warning("change of a job not told", error=type(error).__name__)


async def over() -> None:
    """Wait until the wake-ups under way on this loop are over, for who is about to take the database away."""
    loop = asyncio.get_running_loop()
    while waiting := [task for task in (_Bell.task, *_telling) if task and not task.done() and task.get_loop() is loop]:
        await asyncio.wait(waiting)
