"""What an operator asks about background work. All lists are pages that begin after the last row of the page before."""

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.domain.jobs.queries import JOB_COLUMNS, JobView, job_view
from backend.domain.jobs.terms import JobState

T = TypeVar("T")

PAGE = 25
MOST_COUNTED = 10_000
COUNTED = (JobState.RUNNING, JobState.QUEUED, JobState.PARKED, JobState.FAILED)
"""States whose jobs an index finds; the others are most of the table."""


class PageView(msgspec.Struct, Generic[T], frozen=True):
    """One page, newest first. `before` asks for the next one; None: this is the last."""

    items: list[T]
    before: int | None


class Happening(msgspec.Struct, frozen=True):
    """Something that happened, as its event says it."""

    id: int
    name: str
    body: Any
    created_at: datetime


async def jobs_page(
    actor: Actor, *, state: JobState | None = None, kind: str = "", before: int | None = None
) -> PageView[JobView]:
    """Jobs, the newest first; nothing for who is no admin. One statement."""
    if not actor.is_admin:
        return PageView([], None)
    # a state is one of ours and stands in the text, so that the partial indexes are found
    wanted = f"state = '{state}'" if state else "true"
    rows = await db.fetch(
        f"SELECT {JOB_COLUMNS} FROM job WHERE {wanted} AND ($1 = '' OR kind = $1)"  # noqa: S608 - our names
        " AND id < coalesce($2, 9223372036854775807) ORDER BY id DESC LIMIT $3",
        kind,
        before,
        PAGE + 1,
    )
    return _page([job_view(found) for found in rows])


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


async def happenings(actor: Actor, *, before: int | None = None) -> PageView[Happening]:
    """What happened, the newest first. One statement."""
    if not actor.is_admin:
        return PageView([], None)
    rows = await db.fetch(
        "SELECT id, name, body::text AS body, created_at FROM outbox"
        " WHERE id < coalesce($1, 9223372036854775807) ORDER BY id DESC LIMIT $2",
        before,
        PAGE + 1,
    )
    return _page([db.view(Happening, {**row, "body": msgspec.json.decode(row["body"])}) for row in rows])


def _page(items: list[T]) -> PageView[T]:
    shown = items[:PAGE]
    return PageView(shown, shown[-1].id if len(items) > PAGE else None)  # type: ignore[attr-defined]  # all have one
