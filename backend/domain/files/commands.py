"""What can be done with files. A file that nothing refers to any more loses its objects seven days later."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db, throttle
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.settings import settings
from backend.domain.files import rules
from backend.domain.files.errors import (
    FileInUse,
    FileNotFound,
    FileNotReady,
    LocationInvalid,
    PathInvalid,
    TooManyUploads,
    UrlInvalid,
)
from backend.domain.files.queries import FileView, file
from backend.domain.files.terms import FileKind, FileState, OwnerKind
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.commands import Queued

UPLOAD_WINDOW_S = 3600
UPLOADS_OF_ACCOUNT = 1000
UPLOADS_OF_ADDRESS = 20
_DISCARD = (
    "INSERT INTO discarded_object (object_key, delete_after)"
    " SELECT key, now() + interval '7 days' FROM unnest($1::text[]) AS k (key) WHERE key <> ''"
    " ON CONFLICT (object_key) DO NOTHING"
)


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that lie in storage, and what they are. `width` and `height` are a picture's."""

    object_key: str
    extension: str
    content_type: str
    size_bytes: int
    sha256: str
    width: int | None = None
    height: int | None = None


class Begun(msgspec.Struct, frozen=True):
    """A file whose bytes are about to come."""

    id: int
    uuid: UUID


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was looked at, and the object it is served from (another one if it had to be remuxed)."""

    object_key: str
    content_type: str
    size_bytes: int
    sha256: str
    duration_s: float
    width: int | None
    height: int | None
    audio_codec: str | None
    video_codec: str | None
    poster_key: str | None


class ProcessMedia(msgspec.Struct, frozen=True):
    """The body of the job `process_media`."""

    file_id: int


class Received(msgspec.Struct, frozen=True):
    """A file that is kept, and the job that looks at it, if it is a recording."""

    file: FileView
    job: Queued | None


async def begin(actor: Actor | None, kind: FileKind, original_name: str, address: str) -> Begun:
    """Write the row of a file whose bytes are about to come, and commit it.

    `address` is the client's; it is counted where there is no actor (pictures only: a card for registration).

    Raises: TooManyUploads.
    """
    owner_id = actor.account_id if actor else None
    key = f"upload:address:{address}" if actor is None else f"upload:account:{owner_id}"
    limit = UPLOADS_OF_ADDRESS if actor is None else UPLOADS_OF_ACCOUNT
    if await throttle.hit(key, window_s=UPLOAD_WINDOW_S) > limit:
        raise TooManyUploads(retry_after_s=await throttle.wait_s(key, limit=limit, window_s=UPLOAD_WINDOW_S))
    async with transaction():
        row = await db.fetch(
            "INSERT INTO file (owner_id, kind, state, original_name) VALUES ($1, $2, 'begun', $3) RETURNING id, uuid",
            owner_id,
            str(kind),
            original_name,
        )
        return db.view(Begun, row[0])


async def record(file_id: int, location: str, arrived: Arrived) -> Received:
    """Keep a file that was begun and whose bytes are in storage; recordings are then looked at by a job.

    Raises: LocationInvalid, FileNotFound when it is not waited for any more.
    """
    if not rules.is_location(location):
        raise LocationInvalid
    async with transaction():
        done = await db.row(
            "UPDATE file SET state = CASE kind WHEN 'media' THEN 'processing' ELSE 'stored' END, location = $2,"
            " object_key = $3, extension = $4, content_type = $5, size_bytes = $6, sha256 = $7, width = $8,"
            " height = $9, updated_at = now() WHERE id = $1 AND state = 'begun' RETURNING kind, owner_id",
            file_id,
            location,
            *msgspec.structs.astuple(arrived),
        )
        if done is None:
            raise FileNotFound(ref=str(file_id))
        job = None
        if done["kind"] == FileKind.MEDIA:
            job = await jobs.enqueue("process_media", ProcessMedia(file_id), owner_id=done["owner_id"])
        return Received(await file(file_id), job)


async def abort(file_id: int) -> None:
    """Forget a file whose bytes did not all come. Safe to repeat."""
    async with transaction():
        await db.statement("DELETE FROM file WHERE id = $1 AND state = 'begun'", file_id)


async def attach(actor: Actor, name: UUID | str, kind: OwnerKind, owner_id: int) -> int | None:
    """Let a file of the actor belong to something; says its id, None for an address on another host.

    `name` is the file's uuid or its address. Safe to repeat.

    Raises: FileNotFound, also for other people's files; FileNotReady.
    """
    async with transaction():
        ids = await _attach(actor, [name], kind, owner_id)
        return ids[0] if ids else None


async def replace(actor: Actor, names: Sequence[UUID | str], kind: OwnerKind, owner_id: int) -> None:
    """Let exactly these files belong to something. Files that belonged to it and to nothing else are removed.

    Files that belong to it already may be other people's. Addresses on other hosts are passed over.

    Raises: FileNotFound, FileNotReady.
    """
    async with transaction():
        ids = await _attach(actor, names, kind, owner_id)
        await _let_go(kind, owner_id, ids)


async def share(kind: OwnerKind, links: Sequence[tuple[str, int]]) -> None:
    """Let files (by their addresses) belong to things (by their ids); that they may, the caller has asked.

    Safe to repeat.

    Raises: FileNotFound for one that is not there any more.
    """
    pairs = [(found.uuid if (found := rules.parse_address(address)) else None, owner) for address, owner in links]
    async with transaction():
        rows = await db.fetch(
            "SELECT id, uuid FROM file WHERE uuid = ANY($1) AND state = ANY($2) ORDER BY id FOR UPDATE",
            list({uuid for uuid, _ in pairs if uuid}),
            [str(state) for state in rules.ATTACHABLE],
        )
        ids = {row["uuid"]: row["id"] for row in rows}
        gone = next((address for (address, _), (uuid, _) in zip(links, pairs, strict=True) if uuid not in ids), None)
        if gone is not None:
            raise FileNotFound(path=gone[:200])
        await db.statement(
            "INSERT INTO attachment (file_id, owner_kind, owner_id)"
            " SELECT f.file_id, $2, f.owner_id FROM unnest($1::bigint[], $3::bigint[]) WITH ORDINALITY"
            "  AS f (file_id, owner_id, place) ORDER BY f.place ON CONFLICT (file_id, owner_kind, owner_id) DO NOTHING",
            [ids[uuid] for uuid, _ in pairs if uuid],
            str(kind),
            [owner for _, owner in pairs],
        )


async def detach(kind: OwnerKind, owner_id: int) -> None:
    """Let no file belong to something that is deleted. Files that belonged to nothing else are removed.

    Safe to repeat.
    """
    async with transaction():
        await _let_go(kind, owner_id, [])


async def remove(actor: Actor, path: str) -> None:
    """Remove a file of the actor (an admin: any) to which nothing refers, by its address.

    Raises: PathInvalid, UrlInvalid, FileNotFound, FileInUse.
    """
    path = _own_path(path)
    address = rules.parse_address(path)
    if address is None and path.startswith(("http://", "https://")):
        raise UrlInvalid(url=path[:200])
    if address is None:
        raise PathInvalid(path=path[:200])
    async with transaction():
        await db.value("SELECT 1 FROM file WHERE uuid = $1 FOR UPDATE", address.uuid)
        found = await file(address.uuid)
        if found.address != path or not (actor.is_admin or found.owner_id == actor.account_id):
            raise FileNotFound(path=path[:200])
        if await _is_used(found.id, found.address):
            raise FileInUse
        await db.statement(
            "UPDATE file SET state = 'removed', removed_at = now(), updated_at = now() WHERE id = $1", found.id
        )
        await discard([found.object_key, found.poster_key or ""])


async def discard(keys: Sequence[str]) -> None:
    """Let the sweep delete objects in seven days. Safe to repeat; empty names are passed over."""
    async with transaction():
        await db.statement(_DISCARD, list(keys))


async def mark_ready(ref: Ref, probed: Probed) -> bool:
    """A recording can be watched; False when it is not waited for any more, and the new objects are discarded.

    Safe to repeat.
    """
    async with transaction():
        found = await db.row(
            "SELECT id, state, object_key FROM file"  # noqa: S608 - our names
            f" WHERE {db.column_of(ref)} = $1 FOR UPDATE",
            ref,
        )
        made = [probed.object_key, probed.poster_key or ""]
        if found is None or found["state"] != FileState.PROCESSING:
            await db.statement(
                "INSERT INTO discarded_object (object_key, delete_after)"
                " SELECT key, now() + interval '7 days' FROM unnest($1::text[]) AS k (key) WHERE key <> ''"
                " AND NOT EXISTS (SELECT FROM file WHERE object_key = key OR poster_key = key)"
                " ON CONFLICT (object_key) DO NOTHING",
                made,
            )
            return False
        await db.statement(
            "UPDATE file SET state = 'ready', failure = NULL, object_key = $2, content_type = $3, size_bytes = $4,"
            " sha256 = $5, duration_s = $6, width = $7, height = $8, audio_codec = $9, video_codec = $10,"
            " poster_key = $11, updated_at = now() WHERE id = $1",
            found["id"],
            *msgspec.structs.astuple(probed),
        )
        if found["object_key"] != probed.object_key:
            await discard([found["object_key"]])
        return True


async def mark_failed(ref: Ref, reason: str) -> None:
    """A recording cannot be watched, and never will. Safe to repeat."""
    async with transaction():
        await db.statement(
            "UPDATE file SET state = 'failed', failure = $2, updated_at = now()"  # noqa: S608 - our names
            f" WHERE {db.column_of(ref)} = $1 AND state = 'processing'",
            ref,
            reason,
        )


def _own_path(name: str) -> str:
    """The path of an address on our own host; anything else as it is."""
    return name.removeprefix(settings().public_url)


async def _attach(actor: Actor, names: Sequence[UUID | str], kind: OwnerKind, owner_id: int) -> list[int]:
    uuids = [uuid for name in names if (uuid := _uuid(name)) is not None]
    if not uuids:
        return []
    rows = await db.fetch(
        "SELECT f.id, f.uuid, f.owner_id, f.state, EXISTS (SELECT FROM attachment a WHERE a.file_id = f.id"
        " AND a.owner_kind = $2 AND a.owner_id = $3) AS is_attached"
        " FROM file f WHERE f.uuid = ANY($1) ORDER BY f.id FOR UPDATE OF f",
        uuids,
        str(kind),
        owner_id,
    )
    known = {row["uuid"]: row for row in rows}
    for uuid in uuids:
        _check_attachable(actor, uuid, known.get(uuid))
    await db.statement(
        "INSERT INTO attachment (file_id, owner_kind, owner_id) SELECT id, $2, $3 FROM unnest($1::bigint[]) AS f (id)"
        " ON CONFLICT (file_id, owner_kind, owner_id) DO NOTHING",
        [row["id"] for row in rows],
        str(kind),
        owner_id,
    )
    return [row["id"] for row in rows]


def _uuid(name: UUID | str) -> UUID | None:
    """The file that is meant; None for an address on another host.

    Raises: FileNotFound for an address of ours that no file can have.
    """
    if isinstance(name, UUID):
        return name
    path = _own_path(name)
    address = rules.parse_address(path)
    if address is None and path.startswith("/uploads/"):
        raise FileNotFound(path=path[:200])
    return address.uuid if address else None


def _check_attachable(actor: Actor, uuid: UUID, found: Record | None) -> None:
    gone = found is None or found["state"] in (FileState.BEGUN, FileState.REMOVED)
    if found is None or gone or not (found["is_attached"] or actor.is_admin or found["owner_id"] == actor.account_id):
        raise FileNotFound(ref=str(uuid))
    if found["state"] not in rules.ATTACHABLE:
        raise FileNotReady(state=found["state"])


async def _let_go(kind: OwnerKind, owner_id: int, kept: Sequence[int]) -> None:
    """Take the attachments away, but for those of the files kept; remove files that belong to nothing now."""
    rows = await db.fetch(
        "SELECT f.id FROM file f JOIN attachment a ON a.file_id = f.id"
        " WHERE a.owner_kind = $1 AND a.owner_id = $2 AND f.id <> ALL($3::bigint[]) ORDER BY f.id FOR UPDATE OF f",
        str(kind),
        owner_id,
        list(kept),
    )
    ids = [row["id"] for row in rows]
    if not ids:
        return
    await db.statement(
        "DELETE FROM attachment WHERE owner_kind = $1 AND owner_id = $2 AND file_id = ANY($3)", str(kind), owner_id, ids
    )
    gone = await db.fetch(
        "UPDATE file f SET state = 'removed', removed_at = now(), updated_at = now()"
        " FROM (SELECT id, '/uploads/' || location || to_char(created_at AT TIME ZONE 'UTC', '/YYYY/MM/DD/')"
        "  || uuid || '.' || extension AS place FROM file WHERE id = ANY($1)) AS g"
        " WHERE g.id = f.id AND NOT EXISTS (SELECT FROM attachment a WHERE a.file_id = f.id)"
        " AND NOT EXISTS (SELECT FROM account c WHERE c.avatar IN (g.place, $2 || g.place))"
        " AND NOT EXISTS (SELECT FROM profile p WHERE p.nim_proof IN (g.place, $2 || g.place))"
        " RETURNING object_key, coalesce(poster_key, '') AS poster_key",
        ids,
        settings().public_url,
    )
    await discard([key for row in gone for key in row.values()])


async def _is_used(file_id: int, address: str) -> bool:
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM attachment WHERE file_id = $1)"
            " OR EXISTS (SELECT FROM account WHERE avatar = ANY($2))"
            " OR EXISTS (SELECT FROM profile WHERE nim_proof = ANY($2))",
            file_id,
            [address, settings().public_url + address],
        )
    )
