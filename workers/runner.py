"""One job, from wake-up to end: claim, run inside its limits, finish, or say why not."""

import asyncio
import contextlib
import contextvars
import os
import socket

import msgspec

from backend.core import db
from backend.core.errors import DomainError
from backend.core.log import logger, request_id
from backend.domain.jobs import running
from backend.domain.jobs.errors import Fenced
from backend.domain.jobs.running import Claim
from backend.domain.jobs.terms import JobState
from storage.errors import StorageDown
from workers import metrics
from workers.lease import Leases
from workers.registry import KINDS, Kind
from workers.schedule import Empty

_log = logger(__name__)

_AWAY = (ConnectionError, StorageDown)
"""What jobs raise while somebody whom they need does not answer. Being too slow is no such thing."""
UNKNOWN_KIND_DELAY_S = 5.0
"""How long a newer worker has to take a job before we look whether we know it by now."""
WORKER = f"{socket.gethostname()}:{os.getpid()}"


class Runner:
    """Runs the jobs of one process. Safe to call twice for the same job: the second finds nothing to claim."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._running = set[asyncio.Task[JobState | None]]()
        self._is_stopping = False

    async def run(self, job_id: int) -> JobState | None:
        """Run a job if it is there to be taken; says how it ended, None when it was not ours.

        It runs in a context of its own, so that nothing of one job reaches the next.
        """
        if self._is_stopping:
            return None
        task = asyncio.get_running_loop().create_task(self._run(job_id), context=contextvars.Context())
        self._running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if self._is_stopping and task.cancelled():
                return None
            raise
        finally:
            self._running.discard(task)

    def give_back(self) -> None:
        """Begin nothing more, and give what runs to other workers at once, as if it had not been tried."""
        self._is_stopping = True
        for task in self._running:
            task.cancel()

    async def _run(self, job_id: int) -> JobState | None:
        held = await running.claim(job_id, WORKER)
        if held is None:
            return None
        request_id.set(held.request_id)
        kind = KINDS.get(held.kind)
        if kind is None:  # an older worker beside newer ones: leave it to them
            _log.warning("unknown kind of job", job=held.id, kind=held.kind)
            await running.give_back(held, "unknown kind", after_s=UNKNOWN_KIND_DELAY_S)
            return JobState.QUEUED
        with self._leases.hold(held, time_limit_s=kind.time_limit_s), metrics.job_timed(held.kind) as outcome:
            state = await self._attempt(held, kind)
            outcome.append(state or "fenced")
        is_routine = kind.body_type is Empty and state is JobState.DONE  # every few seconds, by the schedule
        say = _log.debug if is_routine else _log.info
        say("job", job=held.id, kind=held.kind, attempt=held.attempt, state=state or "fenced")
        return state

    async def _attempt(self, held: Claim, kind: Kind) -> JobState | None:
        try:
            async with asyncio.timeout(kind.time_limit_s):
                await execute(held, kind)
        except Fenced:
            _log.warning("job taken over or cancelled", job=held.id, kind=held.kind, attempt=held.attempt)
            return None
        except asyncio.CancelledError:
            with contextlib.suppress(Fenced):  # cancelled in its last commit, it may be done
                await asyncio.shield(running.give_back(held, "the worker stopped"))
            raise
        except (DomainError, msgspec.ValidationError) as error:
            return await self._refused(held, error)
        except Exception as error:  # noqa: BLE001 - whatever broke: the row keeps it, and tries again
            return await self._broken(held, error)
        return JobState.DONE

    async def _refused(self, held: Claim, error: Exception) -> JobState | None:
        _log.info("job refused by a rule", job=held.id, kind=held.kind, error=type(error).__name__)
        report = {"code": error.code, "data": error.data} if isinstance(error, DomainError) else None
        try:
            await running.fail(held, getattr(error, "code", "core.invalid"), report)
        except Fenced:
            return None
        return JobState.FAILED

    async def _broken(self, held: Claim, error: Exception) -> JobState | None:
        _log.warning("job broke", job=held.id, kind=held.kind, attempt=held.attempt, exc_info=error)
        try:
            told = f"{type(error).__name__}: {error}"[:500]
            state = await running.try_again(held, told, is_partner_away=isinstance(error, _AWAY))
        except Fenced:
            return None
        if state is JobState.PARKED:
            _log.error("job parked", job=held.id, kind=held.kind, error=type(error).__name__)
        return state


async def execute(held: Claim, kind: Kind) -> None:
    """Run the function of a claimed job, and mark it done.

    In one transaction with its effects; or, with phases, with every commit of it fenced, and its last step, if it
    gives one back, in one transaction with `done`.

    Raises: Fenced, and whatever the function raises.
    """
    arguments = kind.arguments(held)
    if not kind.phases:
        async with db.transaction():
            await running.finish(held, await kind.function(*arguments))
        return

    async def fence() -> None:
        await running.check(held)

    async with db.checked(fence):
        last = await kind.function(*arguments)
    async with db.transaction():
        await running.finish(held, await last() if callable(last) else last)
