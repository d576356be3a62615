"""What can be done with jobs by people and by other features. The worker's side is in `running`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core import db, wake
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.log import request_id
from backend.domain.jobs import queries
from backend.domain.jobs.errors import JobNotFound, JobOver
from backend.domain.jobs.queries import JobView


class Queued(msgspec.Struct, frozen=True):
    """A job that was written. `is_new` is False when one with the same unique key was there."""

    id: int
    uuid: UUID
    is_new: bool


async def enqueue(
    kind: str,
    body: Any,  # noqa: ANN401 - any struct or mapping that is JSON
    *,
    owner_id: int | None = None,
    unique_key: str | None = None,
    max_attempts: int = 5,
) -> Queued:
    """Write a job into the open transaction; the relay is woken after the commit.

    `kind` names a function of `workers/jobs`. With a `unique_key` there is at most one job, ever.

    Raises: JobNotFound, when the one with the same key is purged in this very moment.
    """
    async with db.transaction():
        found = await db.row(
            "INSERT INTO job (kind, body, owner_id, unique_key, max_attempts, request_id)"
            " VALUES ($1, $2::jsonb, $3, $4, $5, $6)"
            " ON CONFLICT (unique_key) DO NOTHING RETURNING id, uuid",
            kind,
            msgspec.json.encode(body).decode(),
            owner_id,
            unique_key,
            max_attempts,
            request_id.get(),
        )
        if found is not None:
            db.after_commit(wake.ring)
            return Queued(found["id"], found["uuid"], is_new=True)
        found = await db.row("SELECT id, uuid FROM job WHERE unique_key = $1", unique_key)
        if found is None:
            raise JobNotFound(unique_key=unique_key)
        return Queued(found["id"], found["uuid"], is_new=False)


class Wanted(msgspec.Struct, frozen=True):
    """One of many jobs of a kind. `key` is unique for ever; without `run_at` it is due at once."""

    key: str
    body: Any
    run_at: datetime | None = None


async def enqueue_each(kind: str, wanted: Sequence[Wanted]) -> int:
    """Write many jobs of one kind that nobody waits for, in one statement; says how many were new."""
    if not wanted:
        return 0
    async with db.transaction():
        made = await db.statement(
            "INSERT INTO job (kind, unique_key, body, run_at, request_id)"
            " SELECT $1, key, body::jsonb, coalesce(run_at, now()), $5"
            " FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS w (key, body, run_at)"
            " ON CONFLICT (unique_key) DO NOTHING",
            kind,
            [one.key for one in wanted],
            [msgspec.json.encode(one.body).decode() for one in wanted],
            [one.run_at for one in wanted],
            request_id.get(),
        )
        db.after_commit(wake.ring)
        return made


async def cancel(actor: Actor, ref: Ref) -> JobView:
    """Stop a job that has not finished; a run under way is fenced off and keeps nothing.

    A second call sees JobOver.

    Raises: JobNotFound, JobOver.
    """
    async with db.transaction():
        view = await queries.job(actor, ref)
        done = await db.statement(
            "UPDATE job SET state = 'cancelled', finished_at = now(), version = version + 1, lease_until = NULL"
            " WHERE id = $1 AND state IN ('queued', 'running')",
            view.id,
        )
        if not done:
            raise JobOver(state=view.state)
        db.after_commit(wake.changed(view.uuid))
        return await queries.job(actor, view.id)


async def retry(actor: Actor, ref: Ref) -> JobView:
    """Bring back a parked or failed job, with its attempts counted anew.

    Raises: JobNotFound, JobOver.
    """
    async with db.transaction():
        view = await queries.job(actor, ref)
        done = await db.statement(
            "UPDATE job SET state = 'queued', attempt = 0, run_at = now(), published_at = NULL, error = NULL,"
            " finished_at = NULL, version = version + 1 WHERE id = $1 AND state IN ('parked', 'failed')",
            view.id,
        )
        if not done:
            raise JobOver(state=view.state)
        db.after_commit(wake.ring)
        return await queries.job(actor, view.id)


async def bring_back(job_id: int) -> bool:
    """Queue a job that has ended although its work is still to be done; says whether.

    For features that know it is. A parked job is for an operator to look at, and stays.
    """
    async with db.transaction():
        done = await db.statement(
            "UPDATE job SET state = 'queued', attempt = 0, run_at = now(), published_at = NULL, error = NULL,"
            " finished_at = NULL, version = version + 1 WHERE id = $1 AND state IN ('cancelled', 'done', 'failed')",
            job_id,
        )
        if done:
            db.after_commit(wake.ring)
        return bool(done)
