"""The worker's side of jobs that are done together: one claim, one transaction and one end for many of one kind.

Only jobs that nobody has tried: what was tried before, in a group or by itself, runs alone (`running`). So a job that
breaks its group, or kills its worker, spoils the others one run and nothing more, and attempts are counted as ever.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from backend.core import db, wake
from backend.domain.jobs.errors import Fenced
from backend.domain.jobs.running import CLAIMED, LEASE_S, Claim, claimed

LOOKS = 2
FRESH = "attempt = 0 AND error IS NULL"
"""Whether nobody has tried a job yet, in SQL."""

_CLAIM = (
    "WITH due AS MATERIALIZED (SELECT id FROM job WHERE kind = $1 AND state = 'queued'"  # noqa: S608 - our names
    f" AND {FRESH} AND run_at <= now() ORDER BY run_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)"
    " UPDATE job SET state = 'running', attempt = 1, worker = $3, version = version + 1,"
    " started_at = coalesce(started_at, now()), lease_until = now() + make_interval(secs => $4)"
    f" FROM due WHERE job.id = due.id RETURNING {CLAIMED}"
)
_HELD = "unnest($1::bigint[], $2::int[]) AS held (job_id, tried)"
_IS_HELD = "id = job_id AND attempt = tried AND state = 'running'"


async def claim(kind: str, most: int, worker: str) -> list[Claim]:
    """Take up to so many due jobs of a kind that nobody has tried, the longest due first; others pass over them.

    Who finds too few looks again: others, woken for jobs that came a moment later, may have taken some of ours, and
    left as many of theirs, which our first look was too early to see. Nobody else is woken for those.
    """
    rows = list[Any]()
    for _ in range(LOOKS):
        rows += await db.fetch(_CLAIM, kind, most - len(rows), worker, LEASE_S)
        if len(rows) == most:
            break
    held = sorted(map(claimed, rows), key=lambda one: one.id)
    for one in held:
        if one.owner_id is not None:
            wake.changed(one.uuid)()
    return held


async def finish(held: Sequence[Claim], reports: Sequence[Any] | None) -> None:
    """Mark jobs done in the transaction of their effects. Raises: Fenced when one of them is not ours any more."""
    told = [None] * len(held) if reports is None else [msgspec.json.encode(report).decode() for report in reports]
    async with db.transaction():
        changed = await db.statement(
            "UPDATE job SET state = 'done', error = NULL, finished_at = now(),"  # noqa: S608 - our names
            " report = coalesce(told::jsonb, report),"
            " progress_done = progress_total, lease_until = NULL, version = version + 1"
            " FROM unnest($1::bigint[], $2::int[], $3::text[]) AS held (job_id, tried, told)"
            f" WHERE {_IS_HELD}",
            *_columns(held),
            told,
        )
        if changed != len(held):
            raise Fenced(len(held) - changed)
        for one in held:
            if one.owner_id is not None:
                db.after_commit(wake.changed(one.uuid))


async def give_back(held: Sequence[Claim], why: str | None) -> None:
    """Queue those jobs that are still ours, as if they had not been claimed. With a reason, each then runs alone."""
    await db.statement(
        "UPDATE job SET state = 'queued', attempt = attempt - 1, error = coalesce($3, error), run_at = now(),"  # noqa: S608 - our names
        f" published_at = NULL, lease_until = NULL, version = version + 1 FROM {_HELD} WHERE {_IS_HELD}",
        *_columns(held),
        why,
    )
    wake.ring()
    for one in held:
        if one.owner_id is not None:
            wake.changed(one.uuid)()


def _columns(held: Sequence[Claim]) -> tuple[list[int], list[int]]:
    return [one.id for one in held], [one.attempt for one in held]
