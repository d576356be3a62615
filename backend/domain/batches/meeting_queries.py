"""What can be asked about meetings with all that belongs to them, about their teachers and their materials."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, boolean, page
from backend.core.paging import Listing, Paged
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.queries import PersonView
from backend.domain.batches import queries
from backend.domain.batches.errors import MaterialNotFound
from backend.domain.batches.queries import MEETING_COLUMNS, MEETING_SOURCE, MeetingView
from backend.domain.batches.terms import MaterialKind
from backend.domain.files import rules as files


class MaterialView(msgspec.Struct, frozen=True, kw_only=True):
    """A material. `is_open` is its meeting's: students read the content only then.

    `file_…` tell of a file of ours; `duration_s` is a recording's.
    """

    id: int
    uuid: UUID
    meeting_id: int
    meeting_uuid: UUID
    batch_id: int
    is_open: bool
    title: str
    description: str | None
    kind: MaterialKind
    url: str | None
    file_uuid: UUID | None
    file_location: str | None
    file_extension: str | None
    file_created_at: datetime | None
    content_type: str | None
    size_bytes: int | None
    duration_s: float | None
    created_at: datetime
    updated_at: datetime

    @property
    def address(self) -> str | None:
        """Where the content is found: elsewhere, or on our host."""
        if self.file_uuid is None or self.file_created_at is None:
            return self.url
        return files.address(self.file_location or "", self.file_created_at, self.file_uuid, self.file_extension or "")


class FullMeeting(MeetingView, frozen=True, kw_only=True):
    """A meeting with its teachers (by name) and its materials (in the order they were made)."""

    teachers: Sequence[PersonView] = ()
    materials: Sequence[MaterialView] = ()


_MATERIAL_COLUMNS = (
    "l.id, l.uuid, l.meeting_id, m.uuid AS meeting_uuid, m.batch_id, m.is_open, l.title, l.description, l.kind,"
    " l.url, f.uuid AS file_uuid, f.location AS file_location, f.extension AS file_extension,"
    " f.created_at AS file_created_at, f.content_type, f.size_bytes, f.duration_s, l.created_at, l.updated_at"
)
_MATERIAL_SOURCE = "material l JOIN meeting m ON m.id = l.meeting_id LEFT JOIN file f ON f.id = l.file_id"

_MEETINGS = Lens(
    key="m.id",
    sorts={
        **{name: f"m.{name}" for name in ("title", "start_at", "end_at", "is_open", "created_at", "updated_at")},
        "type": "m.kind",
        "meeting_type": "m.kind",
    },
    filters={
        "id": ("m.uuid", UUID),
        "batch_id": ("b.uuid", UUID),
        "type": ("m.kind", str),
        "meeting_type": ("m.kind", str),
        "is_open": ("m.is_open", boolean),
        "title": ("m.title", str),
    },
    search=("m.title",),
)
_MATERIALS = Lens(
    key="l.id",
    sorts={name: f"l.{name}" for name in ("title", "kind", "created_at", "updated_at")},
    filters={
        "id": ("l.uuid", UUID),
        "meeting_id": ("m.uuid", UUID),
        "kind": ("l.kind", str),
        "title": ("l.title", str),
    },
    search=("l.title", "m.title"),
)
_TEACHERS = Lens(
    key="a.id",
    sorts={name: f"a.{name}" for name in ("name", "email", "created_at", "updated_at")},
    filters={"id": ("a.uuid", UUID), "email": ("a.email", str.lower)},
    search=("a.name", "a.email"),
)


class _Id(msgspec.Struct, frozen=True):
    id: int


async def meetings(listing: Listing, *, batch_id: int | None = None) -> Paged[FullMeeting]:
    """Meetings, perhaps of one batch. Five statements."""
    paged = await page(
        FullMeeting,
        _MEETINGS,
        listing,
        select=MEETING_COLUMNS,
        source=MEETING_SOURCE,
        where="($1::bigint IS NULL OR m.batch_id = $1)",
        args=[batch_id],
    )
    return Paged(await _complete(paged.items), paged.total)


async def full_meeting(actor: Actor, ref: Ref) -> FullMeeting:
    """A meeting for admins, and for those who teach in its batch. Five statements at most.

    Raises: MeetingNotFound, NotTeaching.
    """
    found = await queries.meeting(ref)
    await queries.must_teach_batch(actor, found.batch_id)
    return (await _complete([FullMeeting(**msgspec.structs.asdict(found))]))[0]


async def teachers(meeting_ref: Ref, listing: Listing) -> Paged[PersonView]:
    """Who teaches a meeting.

    Raises: MeetingNotFound.
    """
    meeting = await queries.meeting(meeting_ref)
    paged = await page(
        _Id,
        _TEACHERS,
        listing,
        select="a.id",
        source="meeting_teacher t JOIN account a ON a.id = t.account_id",
        where="t.meeting_id = $1",
        args=[meeting.id],
    )
    people = await accounts.people([found.id for found in paged.items])
    return Paged([people[found.id] for found in paged.items], paged.total)


async def materials(listing: Listing) -> Paged[MaterialView]:
    """All materials there are. Two statements."""
    return await page(MaterialView, _MATERIALS, listing, select=_MATERIAL_COLUMNS, source=_MATERIAL_SOURCE)


async def materials_of(actor: Actor, meeting_ref: Ref, listing: Listing) -> Paged[MaterialView]:
    """The materials of a meeting, for admins and for those who teach it.

    Raises: MeetingNotFound, NotTeaching.
    """
    meeting = await queries.meeting(meeting_ref)
    await queries.must_teach_meeting(actor, meeting.id)
    return await page(
        MaterialView,
        _MATERIALS,
        listing,
        select=_MATERIAL_COLUMNS,
        source=_MATERIAL_SOURCE,
        where="l.meeting_id = $1",
        args=[meeting.id],
    )


async def material(ref: Ref) -> MaterialView:
    """A material, for callers that decide themselves who may read it. One statement.

    Raises: MaterialNotFound.
    """
    column = db.column_of(ref)
    found = await db.row(f"SELECT {_MATERIAL_COLUMNS} FROM {_MATERIAL_SOURCE} WHERE l.{column} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise MaterialNotFound(ref=str(ref))
    return db.view(MaterialView, found)


async def _complete(found: Sequence[FullMeeting]) -> list[FullMeeting]:
    ids = [meeting.id for meeting in found]
    teaching = await db.fetch(
        "SELECT meeting_id, array_agg(account_id) AS account_ids FROM meeting_teacher WHERE meeting_id = ANY($1)"
        " GROUP BY meeting_id",
        ids,
    )
    account_ids = {row["meeting_id"]: row["account_ids"] for row in teaching}
    people = await accounts.people(sorted({id_ for some in account_ids.values() for id_ in some}))
    materials = await _materials_by_meeting(ids)
    return [
        msgspec.structs.replace(
            meeting,
            teachers=sorted(
                (people[id_] for id_ in account_ids.get(meeting.id, ())), key=lambda who: (who.name, who.id)
            ),
            materials=materials[meeting.id],
        )
        for meeting in found
    ]


async def _materials_by_meeting(meeting_ids: Sequence[int]) -> dict[int, list[MaterialView]]:
    rows = await db.fetch(
        f"SELECT {_MATERIAL_COLUMNS} FROM {_MATERIAL_SOURCE} WHERE l.meeting_id = ANY($1) ORDER BY l.id",  # noqa: S608 - our names
        list(meeting_ids),
    )
    grouped: dict[int, list[MaterialView]] = {meeting_id: [] for meeting_id in meeting_ids}
    for view in db.views(MaterialView, rows):
        grouped[view.meeting_id].append(view)
    return grouped
