"""What can be asked about jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.jobs import rules
from backend.domain.jobs.errors import JobNotFound
from backend.domain.jobs.terms import OVER, JobState

JOB_COLUMNS = (
    "id, uuid, kind, state, owner_id, attempt, max_attempts, progress_done, progress_total, report::text AS report,"
    " error, version, created_at, started_at, finished_at, run_at"
)


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job as its owner sees it. `version` rises with every visible change."""

    id: int
    uuid: UUID
    kind: str
    state: JobState
    owner_id: int | None
    attempt: int
    max_attempts: int
    progress_done: int
    progress_total: int
    report: Any
    error: str | None
    version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    run_at: datetime

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in OVER


def job_view(found: Record) -> JobView:
    """A row of JOB_COLUMNS as a view."""
    values = dict(found)
    values["report"] = msgspec.json.decode(values["report"]) if values["report"] else None
    return msgspec.convert(values, JobView, strict=False)


async def job(actor: Actor, ref: Ref) -> JobView:
    """A job that the actor may see.

    Raises: JobNotFound, also for other people's.
    """
    found = await db.row(f"SELECT {JOB_COLUMNS} FROM job WHERE {db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None or not rules.may_see(actor, found["owner_id"]):
        raise JobNotFound(ref=str(ref))
    return job_view(found)


async def jobs_watched(uuids: Sequence[UUID]) -> list[JobView]:
    """The present state of jobs whose watchers were let in by `job()` before; one statement for all."""
    rows = await db.fetch(f"SELECT {JOB_COLUMNS} FROM job WHERE uuid = ANY($1)", list(uuids))  # noqa: S608 - our names
    return [job_view(found) for found in rows]


async def jobs_in(states: Sequence[JobState], *, limit: int = 100) -> list[JobView]:
    """Jobs in some states for the operator, newest first."""
    rows = await db.fetch(
        f"SELECT {JOB_COLUMNS} FROM job WHERE state = ANY($1) ORDER BY id DESC LIMIT $2",  # noqa: S608 - our names
        [str(state) for state in states],
        limit,
    )
    return [job_view(found) for found in rows]


class Backlog(msgspec.Struct, frozen=True):
    """How much waits: counts, and the age of the oldest in seconds."""

    outbox: int
    outbox_age_s: float
    queued: int
    queued_age_s: float


async def backlog() -> Backlog:
    """What waits in the outbox and among the jobs that are due."""
    found = await db.row(
        "SELECT (SELECT count(*) FROM outbox WHERE expanded_at IS NULL) AS outbox,"
        " (SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox"
        "   WHERE expanded_at IS NULL) AS outbox_age_s,"
        " (SELECT count(*) FROM job WHERE state = 'queued' AND run_at <= now()) AS queued,"
        " (SELECT coalesce(extract(epoch FROM now() - min(run_at)), 0)::float8 FROM job"
        "   WHERE state = 'queued' AND run_at <= now()) AS queued_age_s"
    )
    return db.view(Backlog, found) if found else Backlog(0, 0.0, 0, 0.0)
