"""One job, or several of a kind together, from wake-up to end: claim, run inside limits, finish, or say why not."""

import asyncio
import contextlib
import contextvars
import os
import socket
from collections.abc import Coroutine, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from backend.core import causes, db, log
from backend.core.actor import acting
from backend.core.errors import DomainError
from backend.core.log import logger, request_id, told
from backend.domain.jobs import running, together
from backend.domain.jobs.errors import Fenced
from backend.domain.jobs.running import Claim
from backend.domain.jobs.terms import JobState
from storage.errors import StorageDown
from workers import metrics
from workers.lease import Leases
from workers.registry import KINDS, Kind
from workers.schedule import Empty

_log = logger(__name__)

_AWAY: tuple[type[BaseException], ...] = (ConnectionError, StorageDown, *causes.AWAY)
"""What jobs raise while somebody whom they need does not answer. Being too slow is no such thing."""
UNKNOWN_KIND_DELAY_S = 5.0
"""How long a newer worker has to take a job before we look whether we know it by now."""
WORKER = f"{socket.gethostname()}:{os.getpid()}"


class Runner:
    """Runs the jobs of one process. Safe to call twice for the same job: the second finds nothing to claim.

    Of jobs with which workers have died, one runs at a time: the one that kills them would take the tries of the others
    with it.
    """

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._running = set[asyncio.Task[Any]]()
        self._is_stopping = False
        self._has_suspect = False

    async def run(self, job_id: int) -> JobState | None:
        """Run a job if it is there to be taken; says how it ended, None when it was not ours."""
        state: JobState | None = await self._apart(self._run(job_id))
        return state

    async def run_together(self, kind_name: str) -> int:
        """Run what is due of a kind and has not been tried, as many together as it takes; says how many were done."""
        done: int | None = await self._apart(self._run_together(kind_name))
        return done or 0

    async def _apart(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - what the work gives
        """Run in a context of its own, so that nothing of one job reaches the next. None: the worker stops."""
        if self._is_stopping:
            work.close()
            return None
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
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
        held = await running.claim(job_id, WORKER, takes_suspects=False)
        if held is not None:
            return await self._held(held)
        if self._has_suspect:
            return None  # the sweep brings it back
        self._has_suspect = True
        try:
            held = await running.claim(job_id, WORKER)
            return None if held is None else await self._held(held)
        finally:
            self._has_suspect = False

    async def _held(self, held: Claim) -> JobState | None:
        request_id.set(held.request_id)
        acting.set(held.owner_id)
        kind = KINDS.get(held.kind)
        if kind is None:  # an older worker beside newer ones: leave it to them
            _log.warning("unknown kind of job", job=held.id, kind=held.kind)
            await running.give_back(held, "unknown kind", after_s=UNKNOWN_KIND_DELAY_S)
            return JobState.QUEUED
        return await self._run_one(held, kind)

    async def _run_one(self, held: Claim, kind: Kind) -> JobState | None:
        with self._leases.hold(held, time_limit_s=kind.time_limit_s), metrics.job_timed(held.kind) as outcome:
            state = await self._attempt(held, kind)
            outcome.append(state or "fenced")
        is_routine = kind.body_type is Empty and state is JobState.DONE  # every few seconds, by the schedule
        if not is_routine:
            log.job(id_=held.id, kind=held.kind, attempt=held.attempt, state=state or "fenced")
        return state

    async def _run_together(self, kind_name: str) -> int:
        kind = KINDS.get(kind_name)
        if kind is None or not kind.together:  # a worker of another release: the sweep finds one that knows it
            return 0
        held = await together.claim(kind.name, kind.together, WORKER)
        if len(held) == 1:
            request_id.set(held[0].request_id)
            return int(await self._run_one(held[0], kind) is JobState.DONE)
        if not held:
            return 0
        request_id.set(f"together-{uuid4().hex}")  # of what they do; the line says whose it is
        with (
            self._leases.hold(*held, time_limit_s=kind.time_limit_s),
            metrics.job_timed(kind.name, len(held)) as outcome,
        ):
            is_done = await self._attempt_together(held, kind)
            outcome.append(JobState.DONE if is_done else JobState.QUEUED)
        requests = {one.id: one.request_id for one in held}
        _log.info("jobs together", kind=kind.name, jobs=len(held), state=outcome[0], requests=requests)
        return len(held) if is_done else 0

    async def _attempt_together(self, held: Sequence[Claim], kind: Kind) -> bool:
        try:
            async with asyncio.timeout(kind.time_limit_s):
                await execute_together(held, kind)
        except asyncio.CancelledError:
            await asyncio.shield(together.give_back(held, None))
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke: whose fault it is shows when each runs alone
            _log.warning("jobs run alone after all", kind=kind.name, jobs=len(held), exc_info=error)
            await together.give_back(held, f"together: {type(error).__name__}")
            return False
        return True

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
            state = await running.try_again(held, told(error)[:500], is_partner_away=isinstance(error, _AWAY))
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
            made = await kind.function(*arguments)
            await running.finish(held, made[0] if kind.together and made is not None else made)
        return

    async def fence() -> None:
        await running.check(held)

    async with db.checked(fence):
        last = await kind.function(*arguments)
    async with db.transaction():
        await running.finish(held, await last() if callable(last) else last)


async def execute_together(held: Sequence[Claim], kind: Kind) -> None:
    """Run the function for claimed jobs of one kind, and mark them all done, in one transaction.

    Raises: Fenced, when one of them is not ours any more, and whatever the function raises.
    """
    async with db.transaction():
        reports = await kind.function([kind.body(one) for one in held])
        await together.finish(held, reports)
