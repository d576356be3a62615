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
from backend.core.causes import DATABASE_BROKE
from backend.core.log import configure, logger
from backend.core.outbox import EVENTS
from backend.core.settings import settings
from backend.domain.jobs import waking
from backend.domain.jobs.running import SWEEP_S
from backend.domain.jobs.waking import Due
from workers import broker
from workers.registry import KINDS, Queue
from workers.subscriptions import kinds_by_event

BATCH = 500
POLL_S = 1.0
BACK_OFF_S = 1.0
SLICE_S = 1.0
"""How long a relay with a backlog works before it sweeps."""
STRANDED_S = 3.0
STRANDED_IN_A_BACKLOG_S = 30.0

_BROKE: tuple[type[BaseException], ...] = (*DATABASE_BROKE, redis.RedisError)

_log = logger(__name__)


class Relay:
    """One relay of a map from events' names to kinds of jobs.

    `step()` does what there is to do now; `serve()` does it until `stop` is set.
    """

    def __init__(self, kinds: Mapping[str, Sequence[str]] | None = None) -> None:
        self._kinds = kinds_by_event() if kinds is None else kinds
        self._is_broker_there = True
        self.stop = asyncio.Event()
        self._bell = asyncio.Event()
        self._listener: asyncpg.Connection | None = None
        self._unknown: list[str] = []

    async def step(self) -> bool:
        """Expand and publish until nothing is left, or until `SLICE_S` are over; says whether something is left.

        While the broker is away events still become jobs; their messages are sent when it is back.
        """
        enough = asyncio.get_running_loop().time() + SLICE_S
        while not self.stop.is_set() and asyncio.get_running_loop().time() < enough:
            if await self.expand(is_sending=self._is_broker_there) == BATCH:
                continue
            if await self.publish() < BATCH:
                return False
        return not self.stop.is_set()

    async def expand(self, *, is_sending: bool = False) -> int:
        """Turn one batch of events into jobs, and send their wake-ups or leave that to `publish`; says how many.

        Events that only newer code knows are left to a newer relay.
        """
        made = await waking.expand(self._kinds, BATCH, tuple(EVENTS), are_published=is_sending)
        if is_sending:
            await self._send(made.jobs)
        return made.events

    async def publish(self) -> int:
        """Send one batch of wake-ups for jobs that are due."""
        due = await waking.publish(BATCH)
        await self._send(due)
        return len(due)

    async def _send(self, due: Sequence[Due]) -> None:
        """Send the wake-ups of jobs that are noted as published; what cannot be sent is not published after all.

        If the relay dies in between, the sweep finds them.
        """
        if not due:
            return
        try:
            await asyncio.to_thread(_send, due)
        except BaseException:
            self._is_broker_there = False
            await waking.unpublish([one.id for one in due])
            raise
        self._is_broker_there = True

    async def sweep(self) -> int:
        """Wake late jobs again: leases that are over, and wake-ups that were lost."""
        await self._tell_unknown()
        mails, others = await asyncio.to_thread(_waiting)
        late = await waking.late(
            queued_s=STRANDED_IN_A_BACKLOG_S if others else STRANDED_S,
            limit=BATCH,
            patient=[kind.name for kind in KINDS.values() if kind.queue is Queue.MAIL],
            patient_s=STRANDED_IN_A_BACKLOG_S if mails else STRANDED_S,
        )
        if late:
            _log.warning("jobs woken again", jobs=len(late))
            await asyncio.to_thread(_send, late)
            await waking.mark_published([one.id for one in late])
        return len(late)

    async def _tell_unknown(self) -> None:
        unknown = await waking.unknown_events(tuple(EVENTS))
        if unknown and unknown != self._unknown:
            _log.warning("events that this relay does not know are left waiting", events=unknown)
        self._unknown = unknown

    async def serve(self) -> None:
        """Relay until told to stop; whatever breaks is logged, and tried again."""
        swept = 0.0
        loop = asyncio.get_running_loop()
        while not self.stop.is_set():
            try:
                await self._listen()
                self._bell.clear()
                is_more = await self.step()
                if loop.time() - swept >= SWEEP_S:
                    swept = loop.time()
                    await self.sweep()
                if not is_more:
                    await self._sleep(await self._pause())
            except _BROKE as error:
                _log.warning("relay backs off", error=type(error).__name__)
                await self._back_off()
        await self.close()

    async def _pause(self) -> float:
        next_s = await waking.seconds_to_next()
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


def _send(due: Sequence[Due]) -> None:
    broker.send(due)


def _waiting() -> tuple[int, int]:
    """How many messages wait for somebody to mail, and how many of all others."""
    return broker.waiting(Queue.MAIL), sum(broker.waiting(queue) for queue in Queue if queue is not Queue.MAIL)


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
