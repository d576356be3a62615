"""The schedule: what happens when. Each line becomes a job with a key of its slot, so any number of these may run.

`python -m workers.schedule`. A slot that passed while nothing ran is made up for once, not slot by slot.
"""

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from backend.core import db
from backend.core.causes import DATABASE_BROKE
from backend.core.clock import school_zone
from backend.core.log import configure, logger
from backend.domain.jobs import commands as jobs

TICK_S = 1.0

_log = logger(__name__)


class Line(msgspec.Struct, frozen=True):
    """A kind of job and when: every so many seconds, or each day at a clock time in the school's zone."""

    kind: str
    every_s: int = 0
    daily_at: str = ""


class Empty(msgspec.Struct, frozen=True):
    """The body of a scheduled job: it reads the present state."""

    slot: str = ""


SCHEDULE: Sequence[Line] = (
    Line("close_overdue_attempts", every_s=5),
    Line("expire_purchases", every_s=60),
    Line("remind_deadlines", daily_at="16:00"),
    Line("purge_sessions", daily_at="03:10"),
    Line("purge_jobs", daily_at="03:20"),
    Line("reconsider_certificates", daily_at="02:00"),
    Line("purge_clients", daily_at="03:40"),
    Line("sweep_files", daily_at="03:30"),
)


def slot(line: Line, at: datetime) -> datetime:
    """The latest moment, not after `at`, at which a line was due."""
    if line.every_s:
        seconds = int(at.timestamp())
        return datetime.fromtimestamp(seconds - seconds % line.every_s, at.tzinfo)
    hour, minute = (int(part) for part in line.daily_at.split(":"))
    local = at.astimezone(school_zone())
    today = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (today if today <= local else today - timedelta(days=1)).astimezone(at.tzinfo)


async def tick(lines: Sequence[Line], *, at: datetime | None = None) -> int:
    """Write the jobs of the slots that have begun by Postgres's clock (or `at`); says how many were new."""
    if at is None:
        at = await db.value("SELECT now()")
    made = 0
    for line in lines:
        name = slot(line, at).strftime("%Y-%m-%dT%H:%M:%SZ")
        key = f"schedule:{line.kind}:{name}"
        if await db.value("SELECT 1 FROM job WHERE unique_key = $1", key) is None:
            made += (await jobs.enqueue(line.kind, Empty(name), unique_key=key)).is_new
    return made


async def serve(lines: Sequence[Line], stop: asyncio.Event) -> None:
    """Tick until told to stop; a database that is away is waited for."""
    while not stop.is_set():
        try:
            await tick(lines)
        except DATABASE_BROKE as error:
            _log.warning("schedule waits for the database", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TICK_S)


async def main() -> None:
    """Run the schedule until SIGTERM or SIGINT."""
    configure()
    await db.open_pool(most=2)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    _log.info("schedule runs", lines=len(SCHEDULE))
    try:
        await serve(SCHEDULE, stop)
    finally:
        await db.close_pool()


if __name__ == "__main__":
    asyncio.run(main())
