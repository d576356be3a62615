"""What can be asked about files."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.settings import settings
from backend.domain.files import rules
from backend.domain.files.access import READERS
from backend.domain.files.errors import FileNotFound, FileNotReady
from backend.domain.files.terms import FileKind, FileState, OwnerKind


class FileView(msgspec.Struct, frozen=True, kw_only=True):
    """A file. `owner_id` is None for one sent without a login; `failure` is why a recording was refused."""

    id: int
    uuid: UUID
    owner_id: int | None
    kind: FileKind
    state: FileState
    location: str
    original_name: str
    extension: str
    object_key: str
    content_type: str
    size_bytes: int
    sha256: str
    duration_s: float | None
    width: int | None
    height: int | None
    audio_codec: str | None
    video_codec: str | None
    poster_key: str | None
    failure: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def address(self) -> str:
        """Where it is found on our host."""
        return rules.address(self.location, self.created_at, self.uuid, self.extension)


FILE_ADDRESS = (
    "'/uploads/' || f.location || to_char(f.created_at AT TIME ZONE 'UTC', '/YYYY/MM/DD/') || f.uuid || '.' ||"
    " f.extension"
)
"""The address of a file `f`, for SQL of other features; `FileView.address` says it of a view."""
FILE_COLUMNS = (
    "f.id, f.uuid, f.owner_id, f.kind, f.state, f.location, f.original_name, f.extension, f.object_key,"
    " f.content_type, f.size_bytes, f.sha256, f.duration_s, f.width, f.height, f.audio_codec, f.video_codec,"
    " f.poster_key, f.failure, f.created_at, f.updated_at"
)


async def file(ref: Ref) -> FileView:
    """A file whose bytes have arrived, whoever asks (for jobs and for commands of other features).

    Raises: FileNotFound, also for one that was removed.
    """
    found = await db.row(
        f"SELECT {FILE_COLUMNS} FROM file f"  # noqa: S608 - our names
        f" WHERE f.{db.column_of(ref)} = $1 AND f.state NOT IN ('begun', 'removed')",
        ref,
    )
    if found is None:
        raise FileNotFound(ref=str(ref))
    return db.view(FileView, found)


async def durations(refs: Collection[UUID]) -> dict[UUID, float]:
    """How many seconds some recordings take, of those that were looked into; whoever asks. One statement."""
    rows = await db.fetch(
        "SELECT uuid, duration_s FROM file WHERE uuid = ANY($1) AND duration_s IS NOT NULL", list(refs)
    )
    return {row["uuid"]: row["duration_s"] for row in rows}


async def files_at(addresses: Collection[str]) -> list[FileView]:
    """The files at some addresses that can be served, whoever asks, in the order of their making. One statement."""
    uuids = [found.uuid for address in addresses if (found := rules.parse_address(address)) is not None]
    rows = await db.fetch(
        f"SELECT {FILE_COLUMNS} FROM file f WHERE f.uuid = ANY($1) AND f.state = ANY($2) ORDER BY f.id",  # noqa: S608 - our names
        uuids,
        [str(state) for state in rules.SERVED],
    )
    return db.views(FileView, rows)


async def readable(actor: Actor | None, ref: Ref) -> FileView:
    """A file that the actor may see; None is a stranger, who sees what is public. Three statements at most.

    Its owner and admins always may; others through what it belongs to, as things are now.

    Raises: FileNotFound, also when the actor may not.
    """
    found = await file(ref)
    if not await _may_read(actor, found):
        raise FileNotFound(ref=str(ref))
    return found


async def readable_at(actor: Actor | None, path: str) -> FileView:
    """A file to be served, by its address.

    Raises: FileNotFound, FileNotReady.
    """
    address = rules.parse_address(path)
    if address is None:
        raise FileNotFound(path=path[:200])
    found = await readable(actor, address.uuid)
    if found.address != path:
        raise FileNotFound(path=path[:200])
    return servable(found)


def servable(found: FileView) -> FileView:
    """The same file, if its bytes may be sent.

    Raises: FileNotReady.
    """
    if found.state not in rules.SERVED:
        raise FileNotReady(state=str(found.state))
    return found


async def _may_read(actor: Actor | None, found: FileView) -> bool:
    if actor is not None and (actor.is_admin or actor.account_id == found.owner_id):
        return True
    owners = await _owners(found)
    if rules.PUBLIC & owners.keys():
        return True
    if actor is None:
        return False
    return actor.account_id in owners.get(OwnerKind.CARD_PROOF, ()) or await _reads_owner(actor, owners)


async def _reads_owner(actor: Actor, owners: dict[OwnerKind, list[int]]) -> bool:
    for kind, ids in owners.items():
        reader = READERS.get(kind)
        if reader is not None and await reader(actor, ids):
            return True
    return False


async def _owners(found: FileView) -> dict[OwnerKind, list[int]]:
    """What a file belongs to. One statement.

    Accounts lie below this feature and name a picture and a card by address; an address counts there only for the
    person's own file, and for a card sent before there was an account.
    """
    rows = await db.fetch(
        "SELECT owner_kind, owner_id FROM attachment WHERE file_id = $1"
        " UNION ALL SELECT 'avatar', id FROM account WHERE avatar IN ($2, $4) AND id = $3"
        " UNION ALL SELECT 'card_proof', account_id FROM profile"
        " WHERE nim_proof IN ($2, $4) AND (account_id = $3 OR $3::bigint IS NULL)",
        found.id,
        found.address,
        found.owner_id,
        settings().public_url + found.address,
    )
    owners: dict[OwnerKind, list[int]] = {}
    for row in rows:
        owners.setdefault(OwnerKind(row["owner_kind"]), []).append(row["owner_id"])
    return owners
