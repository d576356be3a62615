"""What an operator asks about background work. All lists are pages that begin after the last row of the page before."""

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.domain.jobs.queries import JOB_COLUMNS, JobView, job_view
from backend.domain.jobs.terms import JobState

T = TypeVar("T")

PAGE, SHOWN = 25, 8
"""Rows of a page, and of a list beside others."""
MOST_COUNTED = 10_000
COUNTED = (JobState.RUNNING, JobState.QUEUED, JobState.PARKED, JobState.FAILED)
"""States whose jobs an index finds; the others are most of the table."""


class PageView(msgspec.Struct, Generic[T], frozen=True):
    """One page, newest first. `before` asks for the next one; None: this is the last."""

    items: list[T]
    before: int | None


class Happening(msgspec.Struct, frozen=True):
    """Something that happened, as its event says it. `actor_id`: whose account did it; None: the system."""

    id: int
    name: str
    body: Any
    actor_id: int | None
    created_at: datetime


async def jobs_page(
    actor: Actor,
    *,
    state: JobState | None = None,
    kind: str = "",
    with_routine: bool = True,
    before: int | None = None,
    limit: int = PAGE,
) -> PageView[JobView]:
    """Jobs, the newest first; nothing for who is no admin. One statement.

    Without routine, what the schedule has started is left out once it is done: it is most of the table, and nobody
    asked for it.
    """
    if not actor.is_admin:
        return PageView([], None)
    # a state is one of ours and stands in the text, so that the partial indexes are found
    wanted = f"state = '{state}'" if state else "true"
    if not with_routine:
        wanted += f" AND NOT (state = '{JobState.DONE}' AND coalesce(unique_key, '') LIKE 'schedule:%')"
    rows = await db.fetch(
        f"SELECT {JOB_COLUMNS} FROM job WHERE {wanted} AND ($1 = '' OR kind = $1)"  # noqa: S608 - our names
        " AND id < coalesce($2, 9223372036854775807) ORDER BY id DESC LIMIT $3",
        kind,
        before,
        limit + 1,
    )
    return _page([job_view(found) for found in rows], limit)


async def counted(actor: Actor) -> dict[JobState, int]:
    """How many jobs are in each state that asks for attention, up to MOST_COUNTED. One statement."""
    if not actor.is_admin:
        return {}
    parts = ", ".join(
        f"(SELECT count(*) FROM (SELECT 1 FROM job WHERE state = '{state}' LIMIT {MOST_COUNTED}) AS x) AS {state}"  # noqa: S608 - our names
        for state in COUNTED
    )
    found = await db.row(f"SELECT {parts}")
    return {state: found[state] if found else 0 for state in COUNTED}


async def happenings(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> PageView[Happening]:
    """What people did, the newest first; nothing for who is no admin. One statement."""
    if not actor.is_admin:
        return PageView([], None)
    rows = await db.fetch(
        "SELECT id, name, body::text AS body, actor_id, created_at FROM outbox WHERE is_activity"
        " AND id < coalesce($1, 9223372036854775807) ORDER BY id DESC LIMIT $2",
        before,
        limit + 1,
    )
    return _page([db.view(Happening, {**row, "body": msgspec.json.decode(row["body"])}) for row in rows], limit)


def _page(items: list[T], limit: int) -> PageView[T]:
    shown = items[:limit]
    return PageView(shown, shown[-1].id if len(items) > limit else None)  # type: ignore[attr-defined]  # all have one
