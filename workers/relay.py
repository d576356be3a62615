"""The relay: events become job rows, due jobs become messages, late ones are woken again. `python -m workers.relay`.

Woken by the commit that left the work behind; polling is only the safety net. Any number may run.
"""

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence

import asyncpg
import redis

from backend.core import db, wake
from backend.core.log import configure, logger
from backend.core.settings import settings
from backend.domain.jobs import running
from workers import broker
from workers.registry import Queue
from workers.subscriptions import kinds_by_event

BATCH = 500
POLL_S = 1.0
BACK_OFF_S = 1.0
SLICE_S = 1.0
"""How long a relay with a backlog works before it sweeps."""
STRANDED_S = 3.0
STRANDED_IN_A_BACKLOG_S = 30.0

_log = logger(__name__)


class Relay:
    """One relay of a map from events' names to kinds of jobs.

    `step()` does what there is to do now; `serve()` does it until `stop` is set.
    """

    def __init__(self, kinds: Mapping[str, Sequence[str]] | None = None) -> None:
        self._kinds = kinds_by_event() if kinds is None else kinds
        self.stop = asyncio.Event()
        self._bell = asyncio.Event()
        self._listener: asyncpg.Connection | None = None

    async def step(self) -> int:
        """Expand and publish until nothing is left, or until `SLICE_S` are over; says how many rows were moved.

        Events are expanded first, so that they become jobs also while nobody takes messages.
        """
        moved = 0
        enough = asyncio.get_running_loop().time() + SLICE_S
        while not self.stop.is_set() and asyncio.get_running_loop().time() < enough:
            expanded = await self.expand()
            moved += expanded
            if expanded == BATCH:
                continue
            published = await self.publish()
            moved += published
            if expanded + published == 0:
                break
        return moved

    async def expand(self) -> int:
        """Turn one batch of events into jobs."""
        async with db.transaction():
            events = await running.waiting_events(BATCH)
            if events:
                await running.expand(events, self._kinds)
            return len(events)

    async def publish(self) -> int:
        """Send one batch of wake-ups; the rows stay locked meanwhile, so that no other relay sends them too."""
        async with db.transaction():
            due = await running.unpublished(BATCH)
            if due:
                await asyncio.to_thread(_send, due)
                await running.mark_published([job_id for job_id, _ in due])
            return len(due)

    async def sweep(self) -> int:
        """Wake late jobs again: leases that are over, and wake-ups that were lost."""
        waiting = await asyncio.to_thread(lambda: sum(broker.waiting(queue) for queue in Queue))
        late = await running.late(queued_s=STRANDED_IN_A_BACKLOG_S if waiting else STRANDED_S, limit=BATCH)
        if late:
            _log.warning("jobs woken again", jobs=len(late))
            await asyncio.to_thread(_send, late)
            await running.mark_published([job_id for job_id, _ in late])
        return len(late)

    async def serve(self) -> None:
        """Relay until told to stop; whatever breaks is logged, and tried again."""
        swept = 0.0
        loop = asyncio.get_running_loop()
        while not self.stop.is_set():
            try:
                await self._listen()
                self._bell.clear()
                moved = await self.step()
                if loop.time() - swept >= running.SWEEP_S:
                    swept = loop.time()
                    await self.sweep()
                if not moved:
                    await self._sleep(await self._pause())
            except (asyncpg.PostgresError, asyncpg.InterfaceError, redis.RedisError, OSError, TimeoutError) as error:
                _log.warning("relay backs off", error=type(error).__name__)
                await self._back_off()
        await self.close()

    async def _pause(self) -> float:
        next_s = await running.seconds_to_next()
        return POLL_S if next_s is None else max(0.0, min(POLL_S, next_s))

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), seconds)

    async def _back_off(self) -> None:
        """Wait, whoever rings: what is away does not come back because there is more to do."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stop.wait(), BACK_OFF_S)

    async def _listen(self) -> None:
        if self._listener is not None and not self._listener.is_closed():
            return
        self._listener = await asyncpg.connect(settings().database_url, timeout=5)
        await self._listener.add_listener(wake.CHANNEL, lambda *_: self._bell.set())

    def ask_to_stop(self) -> None:
        """End `serve()` after what it is doing."""
        self.stop.set()
        self._bell.set()

    async def close(self) -> None:
        """Give up the listening connection."""
        if self._listener is not None:
            self._listener.terminate()
            self._listener = None


def _send(due: list[tuple[int, str]]) -> None:
    for job_id, kind in due:
        broker.send(job_id, kind)


async def main() -> None:
    """Run one relay until SIGTERM or SIGINT."""
    configure()
    await db.open_pool(most=3)
    relay = Relay()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, relay.ask_to_stop)
    _log.info("relay runs")
    try:
        await relay.serve()
    finally:
        await db.close_pool()


if __name__ == "__main__":
    asyncio.run(main())
