"""The relay's side of jobs: events become jobs, and which jobs want a message, the first or another one.

A job is noted as published before its messages are sent, so that whom they wake finds its row free. What is noted
and was not sent is taken back (`unpublish`), or found by the sweep (`late`).
"""

from collections.abc import Mapping, Sequence

import msgspec

from backend.core import db
from backend.domain.jobs.together import FRESH


class Due(msgspec.Struct, frozen=True):
    """A job that wants a worker. `is_fresh`: nobody has tried it yet."""

    id: int
    kind: str
    is_fresh: bool


class Expanded(msgspec.Struct, frozen=True):
    """So many events were taken, and became these jobs."""

    events: int
    jobs: list[Due]


_EXPAND = """
WITH taken AS MATERIALIZED (
    SELECT id, name, body, request_id FROM outbox WHERE expanded_at IS NULL AND name = ANY($5) ORDER BY id LIMIT $1
    FOR UPDATE SKIP LOCKED
), made AS (
    INSERT INTO job (kind, body, unique_key, event_id, request_id, published_at)
    SELECT s.kind, body, 'event:' || id || ':' || s.kind, id, request_id, CASE WHEN $4 THEN now() END
    FROM taken JOIN unnest($2::text[], $3::text[]) AS s (event, kind) ON s.event = name ORDER BY id
    ON CONFLICT (unique_key) DO NOTHING RETURNING id, kind
), marked AS (
    UPDATE outbox SET expanded_at = now() FROM taken WHERE outbox.id = taken.id
)
SELECT count(*)::int AS events, NULL::bigint AS id, NULL AS kind FROM taken UNION ALL SELECT 0, id, kind FROM made
"""


async def expand(
    kinds: Mapping[str, Sequence[str]], limit: int, known: Sequence[str], *, are_published: bool
) -> Expanded:
    """Turn waiting events of known names into one job per subscription; other relays pass over them. One statement.

    `kinds` maps events' names to kinds of jobs; with `are_published` the caller sends their messages at once.
    """
    pairs = [(event, kind) for event, subscribed in kinds.items() for kind in subscribed]
    events, kinds_of_them = [event for event, _ in pairs], [kind for _, kind in pairs]
    rows = await db.fetch(_EXPAND, limit, events, kinds_of_them, are_published, list(known))
    jobs = [Due(row["id"], row["kind"], is_fresh=True) for row in rows if row["id"] is not None]
    return Expanded(sum(row["events"] for row in rows), jobs)


async def unknown_events(known: Sequence[str]) -> list[str]:
    """The names of waiting events that are not among the known ones."""
    rows = await db.fetch(
        "SELECT DISTINCT name FROM outbox WHERE expanded_at IS NULL AND name <> ALL($1) ORDER BY name LIMIT 20",
        list(known),
    )
    return [found["name"] for found in rows]


async def publish(limit: int) -> list[Due]:
    """Due jobs that no message speaks of yet, noted as published. One statement."""
    rows = await db.fetch(
        "WITH due AS MATERIALIZED (SELECT id FROM job WHERE state = 'queued' AND published_at IS NULL"  # noqa: S608 - our names
        "  AND run_at <= now() ORDER BY run_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)"
        " UPDATE job SET published_at = now() FROM due WHERE job.id = due.id"
        f" RETURNING job.id, kind, {FRESH} AS is_fresh",
        limit,
    )
    return sorted(db.views(Due, rows), key=lambda due: due.id)


async def unpublish(ids: Sequence[int]) -> None:
    """Take back that messages were sent."""
    await db.statement("UPDATE job SET published_at = NULL WHERE id = ANY($1) AND state = 'queued'", list(ids))


async def late(*, queued_s: float, limit: int, patient: Sequence[str], patient_s: float) -> list[Due]:
    """Jobs to wake again: published more than `queued_s` ago and still queued, or running with the lease over.

    Those of the kinds in `patient` wait for `patient_s`, and come behind all others: there may be thousands of them.
    """
    rows = await db.fetch(
        "(SELECT id, kind, false AS is_fresh FROM job WHERE state = 'running' AND lease_until < now()"  # noqa: S608 - our names
        f"  ORDER BY id LIMIT $2) UNION ALL (SELECT id, kind, {FRESH} FROM job WHERE state = 'queued'"
        "  AND run_at <= now() AND published_at < now() - make_interval(secs => least($1::float8, $4::float8))"
        "  AND published_at < now()"
        "   - make_interval(secs => CASE WHEN kind = ANY($3::text[]) THEN $4::float8 ELSE $1::float8 END)"
        "  ORDER BY kind = ANY($3::text[]), published_at LIMIT $2)",
        queued_s,
        limit,
        list(patient),
        patient_s,
    )
    return db.views(Due, rows)


async def mark_published(ids: Sequence[int]) -> None:
    """Note that messages were sent again."""
    await db.statement("UPDATE job SET published_at = now() WHERE id = ANY($1) AND state = 'queued'", list(ids))


async def seconds_to_next() -> float | None:
    """How long until a queued job falls due that is not due yet; None when there is none."""
    seconds: float | None = await db.value(
        "SELECT extract(epoch FROM min(run_at) - now())::float8 FROM job"
        " WHERE state = 'queued' AND published_at IS NULL AND run_at > now()"
    )
    return seconds
