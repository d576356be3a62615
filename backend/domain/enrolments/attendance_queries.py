"""What can be asked about attendance."""

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
from backend.domain.batches import queries as batches
from backend.domain.enrolments.errors import AttendanceNotFound, NotYourBatch
from backend.domain.enrolments.terms import AttendanceStatus


class AttendanceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A mark by itself: whether a person was at a meeting. `updated_at` is when it was last changed, `by` by whom.

    `checked_in_at`: the person noted it themselves.
    """

    id: int
    uuid: UUID
    meeting_id: int
    meeting_uuid: UUID
    account_id: int
    account_uuid: UUID
    is_present: bool
    status: AttendanceStatus
    note: str | None
    checked_in_at: datetime | None
    by: UUID | None
    created_at: datetime
    updated_at: datetime


class AttendanceView(AttendanceRow, frozen=True, kw_only=True):
    """A mark, with the person it is about."""

    person: PersonView


class StudentAttendance(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of a batch, and their marks in the order of meetings; a meeting without a mark has none here."""

    person: PersonView
    marks: Sequence[AttendanceRow]


COLUMNS = (
    "t.id, t.uuid, t.meeting_id, m.uuid AS meeting_uuid, t.account_id, a.uuid AS account_uuid, t.is_present, t.status,"
    " t.note, t.checked_in_at,"
    " u.uuid AS by, t.created_at, t.updated_at"
)
SOURCE = (
    "attendance t LEFT JOIN meeting m ON m.id = t.meeting_id LEFT JOIN account a ON a.id = t.account_id"
    " LEFT JOIN account u ON u.id = t.updated_by"
)

_LENS = Lens(
    key="t.id",
    sorts={
        "is_present": "t.is_present",
        "status": "t.status",
        "attendance_time": "t.updated_at",
        "created_at": "t.created_at",
        "updated_at": "t.updated_at",
    },
    filters={
        "id": ("t.uuid", UUID),
        "meeting_id": ("m.uuid", UUID),
        "user_id": ("a.uuid", UUID),
        "is_present": ("t.is_present", boolean),
        "status": ("t.status", str),
    },
    search=("a.name", "a.email"),
)

_STUDENTS = Lens(
    key="a.id",
    sorts={"name": "a.name", "email": "a.email", "created_at": "e.created_at"},
    filters={"id": ("a.uuid", UUID), "name": ("a.name", str), "email": ("a.email", str.lower)},
    search=("a.name", "a.email"),
    order="a.name",
)
_STUDENTS_SOURCE = "enrolment e JOIN account a ON a.id = e.account_id"
_STUDENTS_OF = "e.batch_id = $1 AND e.state = 'active'"


class _Id(msgspec.Struct):
    id: int


async def people_of(batch_id: int, listing: Listing) -> Paged[PersonView]:
    """The people who are in a batch, by name; `q` finds a part of a name or e-mail. Three statements."""
    found = await page(
        _Id, _STUDENTS, listing, select="a.id", source=_STUDENTS_SOURCE, where=_STUDENTS_OF, args=[batch_id]
    )
    people = await accounts.people([one.id for one in found.items])
    return Paged([people[one.id] for one in found.items], found.total)


async def attendances(listing: Listing) -> Paged[AttendanceView]:
    """All marks, for admins. Filters: meeting_id, user_id, is_present. Three statements."""
    found = await page(AttendanceRow, _LENS, listing, select=COLUMNS, source=SOURCE)
    return Paged(await with_people(found.items), found.total)


async def attendance(ref: Ref) -> AttendanceView:
    """One mark.

    Raises: AttendanceNotFound.
    """
    found = await db.row(f"SELECT {COLUMNS} FROM {SOURCE} WHERE t.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise AttendanceNotFound(ref=str(ref))
    return (await with_people([db.view(AttendanceRow, found)]))[0]


async def attendances_of_batch(batch_ref: Ref | str, listing: Listing) -> Paged[StudentAttendance]:
    """Each person of a batch with their marks there, for admins. Six statements.

    Raises: BatchNotFound.
    """
    batch = await batches.batch(batch_ref)
    people = await people_of(batch.id, listing)
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE m.batch_id = $1 AND t.account_id = ANY($2)"  # noqa: S608 - our names
        " ORDER BY m.start_at, m.id",
        batch.id,
        [person.id for person in people.items],
    )
    marks: dict[int, list[AttendanceRow]] = {person.id: [] for person in people.items}
    for row in db.views(AttendanceRow, rows):
        marks[row.account_id].append(row)
    return Paged([StudentAttendance(person=one, marks=marks[one.id]) for one in people.items], people.total)


async def attendances_named(meetings: Sequence[UUID], people: Sequence[UUID]) -> list[AttendanceView]:
    """The marks of pairs of meeting and person (two lists of one length), in the order of meetings and names."""
    rows = await db.fetch(
        f"SELECT {COLUMNS} FROM {SOURCE} WHERE (m.uuid, a.uuid) IN"  # noqa: S608 - our names
        " (SELECT * FROM unnest($1::uuid[], $2::uuid[])) ORDER BY m.start_at, m.id, a.name, a.id",
        list(meetings),
        list(people),
    )
    return await with_people(db.views(AttendanceRow, rows))


async def with_people(rows: Sequence[AttendanceRow]) -> list[AttendanceView]:
    """Marks with the people they are about. One statement."""
    people = await accounts.people([row.account_id for row in rows])
    return [AttendanceView(**msgspec.structs.asdict(row), person=people[row.account_id]) for row in rows]


async def students(actor: Actor, batch_ref: Ref | str, listing: Listing) -> Paged[PersonView]:
    """The people who are in a batch, for admins and for those who teach there.

    Raises: BatchNotFound, NotYourBatch.
    """
    batch = await batches.batch(batch_ref)
    if not actor.is_admin and not await batches.teaches_batch(actor.account_id, batch.id):
        raise NotYourBatch
    return await people_of(batch.id, listing)
