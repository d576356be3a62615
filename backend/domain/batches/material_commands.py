"""What can be done with materials. The files of materials are kept and removed by `files`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET, structs

from backend.core import clock, db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import Broken, Invalid
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.batches import meeting_queries, queries
from backend.domain.batches.errors import MaterialNotFound
from backend.domain.batches.events import MaterialChanged
from backend.domain.batches.meeting_queries import MaterialView
from backend.domain.batches.tables import Material
from backend.domain.batches.terms import MaterialChanges, MaterialKind, NewMaterial
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind


async def create_material(actor: Actor, meeting_ref: Ref, new: NewMaterial) -> MaterialView:
    """Give a meeting something to read, hear or watch; an address of an upload of ours counts as the file.

    Raises: Invalid, MeetingNotFound, NotTeaching, FileNotFound, FileNotReady.
    Emits: MaterialChanged.
    """
    if (new.url is None) == (new.file is None):
        raise Invalid(fields={"url": Broken("required")} if new.url is None else {"file_id": Broken("invalid")})
    async with transaction():
        meeting = await queries.meeting(meeting_ref)
        await queries.must_teach_meeting(actor, meeting.id)
        material = Material(
            meeting_id=meeting.id,
            title=new.title,
            description=new.description,
            kind=MaterialKind.LINK,
            url=new.url,
            created_by=actor.account_id,
        )
        await material.save()
        await _set_content(actor, material.id, new.file or new.url or "")
        return await _told(material.id, Deed.CREATED)


async def update_material(actor: Actor, ref: Ref, changes: MaterialChanges) -> MaterialView:
    """Change a material.

    Raises: Invalid, MaterialNotFound, NotTeaching, FileNotFound, FileNotReady.
    Emits: MaterialChanged.
    """
    if changes.url is not UNSET and changes.file is not UNSET:
        raise Invalid(fields={"file_id": Broken("invalid")})
    values: dict[Any, Any] = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
    content = values.pop("file", None) or values.pop("url", None)
    async with transaction():
        material_id = await _lock(actor, ref)
        await Material.update({**values, Material.updated_at: clock.now()}).where(Material.id == material_id)
        if content is not None:
            await _set_content(actor, material_id, content)
        return await _told(material_id, Deed.UPDATED)


async def delete_material(actor: Actor, ref: Ref) -> None:
    """Take a material away, and its file, if nothing else needs it.

    Raises: MaterialNotFound, NotTeaching.
    Emits: MaterialChanged.
    """
    async with transaction():
        material_id = await _lock(actor, ref)
        gone = await db.row("DELETE FROM material WHERE id = $1 RETURNING meeting_id, title", material_id)
        await files.detach(OwnerKind.MATERIAL, material_id)
        if gone is not None:
            await emit(MaterialChanged(material_id, gone["meeting_id"], Deed.REMOVED, gone["title"]))


async def _told(material_id: int, deed: Deed) -> MaterialView:
    material = await meeting_queries.material(material_id)
    await emit(MaterialChanged(material.id, material.meeting_id, deed, material.title))
    return material


async def drop_materials(meeting_ids: Sequence[int]) -> None:
    """Take away the materials of meetings that are deleted. Joins the caller's transaction, which has decided."""
    async with transaction():
        rows = await db.fetch(
            "DELETE FROM material WHERE meeting_id = ANY($1) RETURNING id, file_id", list(meeting_ids)
        )
        for row in rows:  # those with files of ours are few
            if row["file_id"] is not None:
                await files.detach(OwnerKind.MATERIAL, row["id"])


async def _lock(actor: Actor, ref: Ref) -> int:
    found = await db.row(f"SELECT id, meeting_id FROM material WHERE {db.column_of(ref)} = $1 FOR UPDATE", ref)  # noqa: S608 - our names
    if found is None:
        raise MaterialNotFound(ref=str(ref))
    await queries.must_teach_meeting(actor, found["meeting_id"])
    material_id: int = found["id"]
    return material_id


async def _set_content(actor: Actor, material_id: int, content: UUID | str) -> None:
    """Let a material be a file of ours, or an address elsewhere; files it had before go."""
    file_id = await files.attach(actor, content, OwnerKind.MATERIAL, material_id)
    await db.statement(
        "UPDATE material SET kind = $2, file_id = $3, url = $4 WHERE id = $1",
        material_id,
        str(MaterialKind.LINK if file_id is None else MaterialKind.FILE),
        file_id,
        str(content) if file_id is None else None,
    )
    await files.replace(actor, [content], OwnerKind.MATERIAL, material_id)
