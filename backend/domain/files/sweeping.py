"""The sweep: both sides of the line between rows and objects, page by page, in bounded memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from backend.core import db
from backend.core.db import transaction
from backend.core.settings import settings
from storage.keys import Kind, parse

PAGE = 500
REPORTED_MAX = 100
OWN = (Kind.DOCUMENT, Kind.IMAGE, Kind.MEDIA, Kind.POSTER, Kind.REMUX)
"""Objects that a row of `file` names."""
OF_JOBS = (Kind.SHEET, Kind.EXPORT)
"""Objects that live as long as the job they are named after, or that a row of `file` names."""

Named = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Tells which of some objects a row names."""


class Entry(Protocol):
    """An object as storage tells it."""

    @property
    def key(self) -> str:
        """Its name."""

    @property
    def modified_at(self) -> datetime:
        """When it was stored."""


class Store(Protocol):
    """What the sweep needs of storage."""

    def list(self, prefix: str = "", older_than: datetime | None = None) -> AsyncIterator[Entry]:
        """Every object whose name begins with prefix, by name."""

    def unfinished_uploads(self, older_than: datetime | None = None) -> AsyncIterator[Any]:
        """Every upload begun before a time and still open, as `abort` takes it."""

    async def abort(self, upload: Any) -> None:  # noqa: ANN401 - storage's own struct
        """End an open upload."""

    async def delete(self, key: str) -> None:
        """Delete an object."""


class Swept(msgspec.Struct, kw_only=True):
    """What a sweep found. `missing` are the uuids of files whose object is gone, a hundred at most."""

    begun: int = 0
    unclaimed: int = 0
    abandoned: int = 0
    uploads: int = 0
    orphans: int = 0
    discarded: int = 0
    missing: list[str] = []


async def sweep(store: Store, patience: timedelta, others: Mapping[Kind, Named] | None = None) -> Swept:
    """Delete what has been without a counterpart for longer than `patience`. Safe to repeat, and to be cut short.

    `others` are the kinds of features above, and who tells which of their objects are named.
    """
    before: datetime = await db.value("SELECT now() - $1::interval", patience)
    swept = Swept(
        begun=await _forget_begun(before),
        unclaimed=await _remove_unclaimed(before),
        abandoned=await _fail_abandoned(before),
    )
    async for upload in store.unfinished_uploads(before):
        await store.abort(upload)
        swept.uploads += 1
    for kind in (*OWN, *OF_JOBS):
        await _compare(store, kind, _named, before, swept)
    for kind, named in (others or {}).items():
        await _compare(store, kind, named, before, swept)
    swept.discarded = await _delete_discarded(store)
    return swept


async def _forget_begun(before: datetime) -> int:
    async with transaction():
        return await db.statement("DELETE FROM file WHERE state = 'begun' AND created_at < $1", before)


async def _remove_unclaimed(before: datetime) -> int:
    """Pictures that were sent without a login, and that no profile names."""
    async with transaction():
        return await db.statement(
            "WITH gone AS ("
            " UPDATE file f SET state = 'removed', removed_at = now(), updated_at = now()"
            " FROM (SELECT id, '/uploads/' || location || to_char(created_at AT TIME ZONE 'UTC', '/YYYY/MM/DD/')"
            "  || uuid || '.' || extension AS place FROM file) AS g"
            " WHERE g.id = f.id AND f.owner_id IS NULL AND f.state = 'stored' AND f.created_at < $1"
            " AND NOT EXISTS (SELECT FROM attachment a WHERE a.file_id = f.id)"
            " AND NOT EXISTS (SELECT FROM profile p WHERE p.nim_proof IN (g.place, $2 || g.place))"
            " AND NOT EXISTS (SELECT FROM account c WHERE c.avatar IN (g.place, $2 || g.place))"
            " RETURNING object_key)"
            " INSERT INTO discarded_object (object_key, delete_after) SELECT object_key, now() + interval '7 days'"
            " FROM gone ON CONFLICT (object_key) DO NOTHING",
            before,
            settings().public_url,
        )


async def _fail_abandoned(before: datetime) -> int:
    """Recordings that no job will look at any more: it was cancelled. One that is parked may be brought back."""
    async with transaction():
        return await db.statement(
            "UPDATE file f SET state = 'failed', failure = 'cancelled', updated_at = now()"
            " WHERE f.state = 'processing' AND f.updated_at < $1 AND NOT EXISTS (SELECT FROM job j"
            "  WHERE j.kind = 'process_media' AND (j.body ->> 'file_id')::bigint = f.id"
            "  AND j.state IN ('queued', 'running', 'parked'))",
            before,
        )


async def _compare(store: Store, kind: Kind, named: Named, before: datetime, swept: Swept) -> None:
    """Walk through the objects of a kind by name, and through the rows that lie between the same two names."""
    prefix = f"{kind}/"
    after, page = prefix, list[Entry]()
    async for entry in store.list(prefix):
        page.append(entry)
        if len(page) == PAGE:
            await _drop_unnamed(store, page, named, before, swept)
            await _report_missing(page, (after, entry.key), before, swept)
            after, page = entry.key, []
    await _drop_unnamed(store, page, named, before, swept)
    await _report_missing(page, (after, f"{kind}0"), before, swept)  # "0" follows "/"


async def _drop_unnamed(store: Store, page: Sequence[Entry], named: Named, before: datetime, swept: Swept) -> None:
    kept = await named([entry.key for entry in page])
    for entry in page:
        if entry.key not in kept and entry.modified_at < before:
            await store.delete(entry.key)
            swept.orphans += 1


async def _report_missing(page: Sequence[Entry], between: tuple[str, str], before: datetime, swept: Swept) -> None:
    rows = await db.fetch(
        "SELECT f.uuid FROM file f CROSS JOIN LATERAL (VALUES (f.object_key), (f.poster_key)) AS o (key)"
        " WHERE f.state NOT IN ('begun', 'removed') AND f.updated_at < $4"
        ' AND o.key COLLATE "C" > $1 AND o.key COLLATE "C" <= $2 AND o.key <> ALL($3::text[])'
        " ORDER BY f.id LIMIT $5",
        *between,
        [entry.key for entry in page],
        before,
        REPORTED_MAX,
    )
    swept.missing = [*swept.missing, *(str(row["uuid"]) for row in rows)][:REPORTED_MAX]


async def _named(names: Sequence[str]) -> set[str]:
    """Those objects that a row names: a file, a job, or the list of what is deleted later."""
    parsed = [parse(name) for name in names]
    rows = await db.fetch(
        "SELECT key FROM unnest($1::text[], $2::uuid[]) AS k (key, job_uuid)"
        " WHERE EXISTS (SELECT FROM file WHERE object_key = key) OR EXISTS (SELECT FROM file WHERE poster_key = key)"
        " OR EXISTS (SELECT FROM discarded_object WHERE object_key = key)"
        " OR EXISTS (SELECT FROM job WHERE job.uuid = job_uuid)",
        names,
        [name.uuid if name and name.kind in OF_JOBS else None for name in parsed],
    )
    return {row["key"] for row in rows}


async def _delete_discarded(store: Store) -> int:
    """Delete objects whose time has come; first the object, then its line, so that none is forgotten."""
    deleted = 0
    while True:
        rows = await db.fetch(
            "SELECT object_key FROM discarded_object WHERE delete_after < now() ORDER BY object_key LIMIT $1", PAGE
        )
        for row in rows:
            await store.delete(row["object_key"])
        done = [row["object_key"] for row in rows]
        async with transaction():
            await db.statement("DELETE FROM discarded_object WHERE object_key = ANY($1)", done)
        deleted += len(done)
        if len(rows) < PAGE:
            return deleted
