"""Keeps the leases of running jobs alive from a thread with a connection of its own.

Not from the event loop: a loop that is stuck must lose its leases only at the job's time limit, and a job that holds
the loop for seconds must not be robbed.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

import asyncpg

from backend.core.log import logger
from backend.core.settings import settings
from backend.domain.jobs.running import LEASE_S, RENEW_S, Claim

_log = logger(__name__)

# A row that somebody has locked is passed over until the next time, so that the others do not wait for it.
_RENEW = (
    "UPDATE job SET lease_until = now() + make_interval(secs => $3) WHERE id IN (SELECT job.id FROM job"
    " JOIN unnest($1::bigint[], $2::int[]) AS held (id, attempt) ON job.id = held.id AND job.attempt = held.attempt"
    " WHERE job.state = 'running' ORDER BY job.id FOR NO KEY UPDATE OF job SKIP LOCKED)"
)


class Leases:
    """The jobs that this process holds, and the thread that renews them every two seconds."""

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], float] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def start(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def stop(self) -> None:
        """Renew no more; what is still held is taken over by others when its lease ends."""
        self._stop.set()
        self._thread.join(LEASE_S)

    @contextlib.contextmanager
    def hold(self, *claims: Claim, time_limit_s: float) -> Iterator[None]:
        """Renew claims while the block runs, but not past its time limit."""
        until = time.monotonic() + time_limit_s
        with self._lock:
            self._held |= {(claim.id, claim.attempt): until for claim in claims}
        try:
            yield
        finally:
            with self._lock:
                for claim in claims:
                    self._held.pop((claim.id, claim.attempt), None)

    def _due(self) -> list[tuple[int, int]]:
        with self._lock:
            return [key for key, until in self._held.items() if time.monotonic() < until]

    def _run(self) -> None:
        asyncio.run(self._renew())

    async def _renew(self) -> None:
        connection: asyncpg.Connection | None = None
        while not self._stop.wait(RENEW_S):
            due = self._due()
            if not due:
                continue
            try:
                if connection is None or connection.is_closed():
                    connection = await asyncpg.connect(
                        settings().database_url, timeout=RENEW_S, command_timeout=RENEW_S
                    )
                await connection.execute(_RENEW, [id_ for id_, _ in due], [attempt for _, attempt in due], LEASE_S)
            except Exception as error:  # noqa: BLE001 - whatever broke: without this thread every job would be robbed
                _log.warning("leases not renewed", jobs=len(due), error=type(error).__name__)
                if connection is not None:
                    connection.terminate()
                connection = None
        if connection is not None:
            connection.terminate()
