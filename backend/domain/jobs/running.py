"""The worker's side of a job: claim, renew, progress, finish, and the sweep. The row is the truth.

Every change says `WHERE id AND attempt AND state = 'running'`: a job that was cancelled, parked or taken over cannot
become done, and what ran for it is rolled back with it.
"""

from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db, wake
from backend.domain.jobs import rules
from backend.domain.jobs.errors import Fenced
from backend.domain.jobs.terms import JobState

LEASE_S = 8.0
RENEW_S = 2.0
SWEEP_S = 3.0
SUSPECT_AFTER = 2
"""With so many attempts behind it, a job whose worker died may be the reason."""
PURGE_DAYS = 30
ACTIVITY_DAYS = 400
"""How long the activity log goes back: a year, and some weeks to compare it with the last."""
PATIENCE_S = 24 * 3600.0
"""How long a job waits for a partner that is away before its tries count."""


class Claim(msgspec.Struct, frozen=True):
    """A job that this worker holds. `attempt` is the fence."""

    id: int
    uuid: UUID
    kind: str
    body: bytes
    attempt: int
    max_attempts: int
    owner_id: int | None
    request_id: str


CLAIMED = "job.id, uuid, kind, body::text AS body, attempt, max_attempts, owner_id, request_id"
"""What a claim needs of a row."""


async def claim(job_id: int, worker: str, *, takes_suspects: bool = True) -> Claim | None:
    """Take a job that is due, or whose lease is over; the attempt is counted here, so that a kill counts.

    None: somebody else has it, it is over, or it is not due yet. Attempts used up: it is parked. Without
    `takes_suspects` those whose workers have died more than once are left alone.
    """
    found = await db.row(
        "UPDATE job SET state = CASE WHEN attempt >= max_attempts THEN 'parked' ELSE 'running' END,"  # noqa: S608 - our names
        " attempt = least(attempt + 1, max_attempts + 1), worker = $2, version = version + 1,"
        " started_at = coalesce(started_at, now()),"
        " lease_until = CASE WHEN attempt >= max_attempts THEN NULL ELSE now() + make_interval(secs => $3) END,"
        " finished_at = CASE WHEN attempt >= max_attempts THEN now() END,"
        " error = CASE WHEN attempt >= max_attempts THEN coalesce(error, 'the worker died') ELSE error END"
        " WHERE id = $1 AND run_at <= now()"
        " AND (state = 'queued' OR (state = 'running' AND lease_until < now() AND (attempt < $4 OR $5)))"
        f" RETURNING {CLAIMED}, state",
        job_id,
        worker,
        LEASE_S,
        SUSPECT_AFTER,
        takes_suspects,
    )
    if found is None:
        return None
    if found["owner_id"] is not None:
        wake.changed(found["uuid"])()
    if found["state"] == JobState.PARKED:
        return None
    return claimed(found)


def claimed(found: Record) -> Claim:
    """A row of the columns `CLAIMED` as the claim it is."""
    return Claim(
        found["id"],
        found["uuid"],
        found["kind"],
        found["body"].encode(),
        found["attempt"],
        found["max_attempts"],
        found["owner_id"],
        found["request_id"],
    )


async def check(held: Claim) -> None:
    """Lock the job's row for the rest of the transaction. Raises: Fenced when it is not ours any more."""
    found = await db.value(
        "SELECT 1 FROM job WHERE id = $1 AND attempt = $2 AND state = 'running' FOR UPDATE", held.id, held.attempt
    )
    if found is None:
        raise Fenced(held.id)


async def progress(held: Claim, done: int, total: int) -> None:
    """Say how far a job is. A statement of its own. Raises: Fenced (so a cancelled job stops at its next word)."""
    changed = await db.statement(
        "UPDATE job SET progress_done = $3, progress_total = $4, version = version + 1"
        " WHERE id = $1 AND attempt = $2 AND state = 'running'",
        held.id,
        held.attempt,
        done,
        total,
    )
    if not changed:
        raise Fenced(held.id)
    wake.changed(held.uuid)()


async def finish(held: Claim, report: Any) -> None:  # noqa: ANN401 - any value that is JSON
    """Mark a job done in the transaction of its effects. Raises: Fenced, which rolls them back."""
    await _end(held, JobState.DONE, None, report)


async def fail(held: Claim, error: str, report: Any = None) -> None:  # noqa: ANN401 - any value that is JSON
    """A rule said no: final, never tried again. Raises: Fenced."""
    await _end(held, JobState.FAILED, error, report)


async def _end(held: Claim, state: JobState, error: str | None, report: Any) -> None:  # noqa: ANN401 - as above
    async with db.transaction():
        changed = await db.statement(
            "UPDATE job SET state = $3::text, error = $4, report = coalesce($5::jsonb, report), finished_at = now(),"
            " progress_done = CASE WHEN $3::text = 'done' THEN progress_total ELSE progress_done END,"
            " lease_until = NULL, version = version + 1 WHERE id = $1 AND attempt = $2 AND state = 'running'",
            held.id,
            held.attempt,
            str(state),
            error,
            None if report is None else msgspec.json.encode(report).decode(),
        )
        if not changed:
            raise Fenced(held.id)
        if held.owner_id is not None:
            db.after_commit(wake.changed(held.uuid))


async def try_again(held: Claim, error: str, *, is_partner_away: bool = False) -> JobState:
    """Something broke: queue the job with back-off, or park it when its attempts are used up. Says the new state.

    While a partner is away (storage, the mail server) no try uses one up, for a day.

    Raises: Fenced.
    """
    found = await db.value(
        "UPDATE job SET state = CASE WHEN is_spent THEN 'parked' ELSE 'queued' END, error = $3,"
        " run_at = now() + make_interval(secs => $4), published_at = NULL, lease_until = NULL, version = version + 1,"
        " max_attempts = max_attempts + is_forgiven::int, finished_at = CASE WHEN is_spent THEN now() END"
        " FROM (SELECT id AS job_id, is_forgiven, NOT is_forgiven AND attempt >= max_attempts AS is_spent"
        "  FROM (SELECT id, attempt, max_attempts, $5 AND started_at > now() - make_interval(secs => $6) AS is_forgiven"
        "   FROM job WHERE id = $1) AS j) AS v"
        " WHERE id = job_id AND attempt = $2 AND state = 'running' RETURNING state",
        held.id,
        held.attempt,
        error,
        rules.retry_delay_s(held.attempt),
        is_partner_away,
        PATIENCE_S,
    )
    if found is None:
        raise Fenced(held.id)
    wake.ring()
    wake.changed(held.uuid)()
    return JobState(found)


async def give_back(held: Claim, why: str, *, after_s: float = 0.0) -> None:
    """Queue a job that this worker could not really try, as if it had not been claimed, due after some seconds.

    Raises: Fenced.
    """
    changed = await db.statement(
        "UPDATE job SET state = 'queued', error = $3, run_at = now() + make_interval(secs => $4), published_at = NULL,"
        " lease_until = NULL, version = version + 1, attempt = attempt - 1"
        " WHERE id = $1 AND attempt = $2 AND state = 'running'",
        held.id,
        held.attempt,
        why,
        after_s,
    )
    if not changed:
        raise Fenced(held.id)
    wake.ring()
    wake.changed(held.uuid)()


async def purge(most: int) -> int:
    """Delete some done and cancelled jobs, expanded events and stored answers that are old, up to `most` of each.

    Says how many rows; 0: none is left.
    """
    gone = 0
    for table, key, is_old in _OLD:
        gone += await db.statement(
            f"DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {is_old} LIMIT $1)",  # noqa: S608 - our names
            most,
        )
    return gone


_OLD = (
    ("job", "id", f"finished_at < now() - make_interval(days => {PURGE_DAYS}) AND state IN ('done', 'cancelled')"),
    ("outbox", "id", f"expanded_at < now() - make_interval(days => {PURGE_DAYS}) AND NOT is_activity"),
    (
        "outbox",
        "id",
        f"created_at < now() - make_interval(days => {ACTIVITY_DAYS}) AND is_activity AND expanded_at IS NOT NULL",
    ),
    ("idempotency_key", "scope", "created_at < now() - interval '24 hours'"),
)
