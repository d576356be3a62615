"""What can be asked about batches."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, boolean, page, small
from backend.core.paging import Listing, Paged
from backend.domain.accounts.terms import GroupType
from backend.domain.batches.errors import BatchNotFound, MeetingNotFound, NotTeaching
from backend.domain.batches.terms import CourseType, Day, MeetingKind
from backend.domain.courses.queries import most_popular_first


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the week on which a batch meets."""

    uuid: UUID
    day: Day


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """A group that may buy a batch, and what it pays in rupiah; None: nobody has set a price."""

    uuid: UUID
    group_type: GroupType
    price: int | None = None
    created_at: datetime
    updated_at: datetime


class TeacherName(msgspec.Struct, frozen=True, kw_only=True):
    """Who teaches, as everybody may know them."""

    name: str
    avatar: str | None


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """What a custom field says of a batch; `uuid` is the field's."""

    uuid: UUID
    name: str
    value: str


class BatchView(msgspec.Struct, frozen=True, kw_only=True):
    """A batch. `seats_taken` counts enrolled people and open purchases; clock times are in the school's zone.

    `teachers` are by name; None where they were not asked for.
    """

    id: int
    uuid: UUID
    code: str
    slug: str
    course_id: int
    course_uuid: UUID
    course_code: str
    course_slug: str
    course_title: str
    title: str
    description: str | None
    batch_thumbnail: str | None
    start_at: datetime
    end_at: datetime
    registration_start_at: datetime
    registration_end_at: datetime
    start_time: time
    end_time: time
    room: str
    quota: int
    seats_taken: int
    course_type: CourseType
    gate: bool
    certificate_after_h: int
    auto_issue: bool
    language: str
    duration_h: float | None
    post_start_at: datetime | None
    post_end_at: datetime | None
    platform: str
    note: str
    additional_info: str
    has_reminders: bool
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    days: list[DayView] = []
    groups: list[GroupView] = []
    custom_fields: list[FieldView] = []
    required_courses: list[UUID] = []
    teachers: list[TeacherName] | None = None

    @property
    def seats_left(self) -> int:
        """How many may still buy."""
        return self.quota - self.seats_taken

    @property
    def group_types(self) -> frozenset[GroupType]:
        """The groups that may buy."""
        return frozenset(group.group_type for group in self.groups)


class MeetingView(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting, and the batch it belongs to."""

    id: int
    uuid: UUID
    batch_id: int
    batch_uuid: UUID
    batch_slug: str
    batch_title: str
    title: str
    description: str
    kind: MeetingKind
    start_at: datetime
    end_at: datetime
    is_open: bool
    room: str | None
    join_url: str | None
    self_check_in: bool
    late_after_min: int | None
    check_in_min: int | None
    created_at: datetime
    updated_at: datetime


BATCH_COLUMNS = (
    "b.id, b.uuid, b.code, b.slug, b.course_id, c.uuid AS course_uuid, c.code AS course_code, c.slug AS course_slug,"
    " c.title AS course_title, b.title, b.description, b.batch_thumbnail, b.start_at, b.end_at,"
    " b.registration_start_at, b.registration_end_at, b.start_time, b.end_time, b.room, b.quota, b.seats_taken,"
    " b.course_type, b.gate, b.certificate_after_h, b.auto_issue, b.language, b.duration_h, b.post_start_at,"
    " b.post_end_at, b.platform, b.note, b.additional_info, b.has_reminders, b.archived_at, b.created_at, b.updated_at"
)
BATCH_SOURCE = "batch b LEFT JOIN course c ON c.id = b.course_id"
MEETING_COLUMNS = (
    "m.id, m.uuid, m.batch_id, b.uuid AS batch_uuid, b.slug AS batch_slug, b.title AS batch_title,"
    " m.title, m.description, m.kind, m.start_at, m.end_at, m.is_open, m.room, m.join_url, m.self_check_in,"
    " m.late_after_min, m.check_in_min, m.created_at, m.updated_at"
)
MEETING_SOURCE = "meeting m LEFT JOIN batch b ON b.id = m.batch_id"

_WEEK = ", ".join(f"'{day}'" for day in Day)
BATCH_JSON = f"""(SELECT row_to_json(x) FROM (SELECT {BATCH_COLUMNS},
    (SELECT coalesce(json_agg(json_build_object('uuid', d.uuid, 'day', d.day)
        ORDER BY array_position(ARRAY[{_WEEK}], d.day::text), d.id), '[]')
        FROM batch_day d WHERE d.batch_id = b.id) AS days,
    (SELECT coalesce(json_agg(json_build_object('uuid', g.uuid, 'group_type', g.group_type,
        'price', (SELECT o.price FROM price_group o WHERE o.group_type = g.group_type),
        'created_at', g.created_at, 'updated_at', g.updated_at) ORDER BY g.id), '[]')
        FROM batch_group g WHERE g.batch_id = b.id) AS groups
    FROM {BATCH_SOURCE} WHERE b.id = {{id}}) AS x)"""  # noqa: S608 - our names
"""SQL that gives a whole BatchView as JSON, for statements that show more than a batch; `id` names the column."""

_LENS = Lens(
    key="b.id",
    sorts={
        **{
            name: f"b.{name}"
            for name in (
                *("title", "slug", "room", "quota", "course_type", "start_at", "end_at", "start_time", "end_time"),
                *("registration_start_at", "registration_end_at", "created_at", "updated_at"),
            )
        },
        "popular": "b.seats_taken",
    },
    filters={
        "id": ("b.uuid", UUID),
        "course_id": ("c.uuid", UUID),
        "archived": ("(b.archived_at IS NOT NULL)", boolean),
        "quota": ("b.quota", small),
        **{name: (f"b.{name}", str) for name in ("course_type", "slug", "code", "title", "room")},
    },
    search=("b.title",),
)


async def batches(listing: Listing, *, course_id: int | None = None) -> Paged[BatchView]:
    """Batches, perhaps of one course; archived ones only when the filter `archived` asks. Three statements."""
    where = "true" if course_id is None else "b.course_id = $1"
    if "archived" not in listing.filters:
        where += " AND b.archived_at IS NULL"
    return await _page(listing, where, [] if course_id is None else [course_id])


async def batches_by_id(batch_ids: Sequence[int], listing: Listing) -> Paged[BatchView]:
    """Those of some batches that a list asks for (somebody's own ones); archived ones, too. Three statements."""
    return await _page(listing, "b.id = ANY($1)", [list(batch_ids)])


async def batches_taught(account_id: int, listing: Listing) -> Paged[BatchView]:
    """Batches of which a person teaches a meeting. Three statements."""
    taught = (
        "b.id IN (SELECT m.batch_id FROM meeting m JOIN meeting_teacher t ON t.meeting_id = m.id"
        " WHERE t.account_id = $1)"
    )
    return await _page(listing, taught, [account_id])


async def _page(listing: Listing, where: str, args: Sequence[object]) -> Paged[BatchView]:
    paged = await page(
        BatchView,
        _LENS,
        most_popular_first(listing),
        select=BATCH_COLUMNS,
        source=BATCH_SOURCE,
        where=where,
        args=args,
    )
    return Paged(await complete(paged.items), paged.total)


async def batch(ref: Ref | str) -> BatchView:
    """A batch by id, uuid or slug, with all that belongs to it. Two statements.

    Raises: BatchNotFound.
    """
    column = "slug" if isinstance(ref, str) else db.column_of(ref)
    found = await db.row(f"SELECT {BATCH_COLUMNS} FROM {BATCH_SOURCE} WHERE b.{column} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise BatchNotFound(ref=str(ref))
    return (await complete([db.view(BatchView, found)]))[0]


_PARTS = (
    "SELECT batch_id, 'day' AS part, uuid, day AS value, NULL AS name, NULL::timestamptz AS created_at,"
    " NULL::timestamptz AS updated_at, id FROM batch_day WHERE batch_id = ANY($1)"
    # a look upwards, at what a group pays: it is shown, and decides nothing
    " UNION ALL SELECT g.batch_id, 'group', g.uuid, g.group_type, o.price::text, g.created_at, g.updated_at, g.id"
    " FROM batch_group g LEFT JOIN price_group o ON o.group_type = g.group_type WHERE g.batch_id = ANY($1)"
    # OFFSET 0: looked up one by one, because of ANY the planner would rather read all meetings and people
    " UNION ALL SELECT d.batch_id, 'teacher', a.uuid, a.avatar, a.name, NULL::timestamptz, NULL::timestamptz, a.id"
    " FROM (SELECT DISTINCT m.batch_id, t.account_id FROM meeting m, LATERAL"
    " (SELECT account_id FROM meeting_teacher WHERE meeting_id = m.id OFFSET 0) t WHERE $2 AND m.batch_id = ANY($1)) d,"
    " LATERAL (SELECT * FROM account WHERE id = d.account_id AND removed_at IS NULL OFFSET 0) a"
    " UNION ALL SELECT v.batch_id, 'field', f.uuid, v.value, f.name, NULL, NULL, f.id FROM batch_field v"
    " JOIN custom_field f ON f.id = v.field_id WHERE v.batch_id = ANY($1)"
    " UNION ALL SELECT r.batch_id, 'requirement', c.uuid, NULL, NULL, NULL, NULL, c.id FROM batch_requirement r"
    " JOIN course c ON c.id = r.course_id WHERE r.batch_id = ANY($1)"
    " ORDER BY id"
)


class _Parts(msgspec.Struct):
    """What belongs to a batch and stands in tables of its own."""

    days: list[DayView] = []
    groups: list[GroupView] = []
    custom_fields: list[FieldView] = []
    required_courses: list[UUID] = []
    teachers: list[TeacherName] | None = None

    def add(self, row: Record) -> None:
        uuid, text = row["uuid"], row["value"]
        if row["part"] == "day":
            self.days.append(DayView(uuid=uuid, day=Day(text)))
        elif row["part"] == "group":
            at, changed = row["created_at"], row["updated_at"]
            price = None if row["name"] is None else int(row["name"])
            group = GroupType(text)
            self.groups.append(GroupView(uuid=uuid, group_type=group, price=price, created_at=at, updated_at=changed))
        elif row["part"] == "teacher":
            self.teachers = [*(self.teachers or ()), TeacherName(name=row["name"], avatar=text)]
        elif row["part"] == "field":
            self.custom_fields.append(FieldView(uuid=uuid, name=row["name"], value=text))
        else:
            self.required_courses.append(uuid)


async def complete(batches: Sequence[BatchView], *, has_teachers: bool = True) -> list[BatchView]:
    """The same batches with their days (in the order of the week) and all else that belongs to them. One statement."""
    parts = {batch.id: _Parts() for batch in batches}
    for row in await db.fetch(_PARTS, list(parts), has_teachers):
        parts[row["batch_id"]].add(row)
    week = list(Day)
    for found in parts.values():
        found.days.sort(key=lambda view: week.index(view.day))
        if has_teachers:
            found.teachers = sorted(found.teachers or (), key=lambda view: view.name)
    return [msgspec.structs.replace(batch, **msgspec.structs.asdict(parts[batch.id])) for batch in batches]


async def meeting(ref: Ref) -> MeetingView:
    """A meeting by id or uuid. One statement.

    Raises: MeetingNotFound.
    """
    found = await db.row(f"SELECT {MEETING_COLUMNS} FROM {MEETING_SOURCE} WHERE m.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise MeetingNotFound(ref=str(ref))
    return db.view(MeetingView, found)


async def teaches_batch(account_id: int | None, batch_id: int) -> bool:
    """Whether a person teaches at least one meeting of a batch."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM meeting_teacher t JOIN meeting m ON m.id = t.meeting_id"
            " WHERE t.account_id = $1 AND m.batch_id = $2)",
            account_id,
            batch_id,
        )
    )


async def teaches_meeting(account_id: int | None, meeting_id: int) -> bool:
    """Whether a person teaches that very meeting."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM meeting_teacher WHERE account_id = $1 AND meeting_id = $2)",
            account_id,
            meeting_id,
        )
    )


async def must_teach_batch(actor: Actor, batch_id: int) -> None:
    """Let admins pass, and those who teach a meeting of the batch.

    Raises: NotTeaching.
    """
    if not actor.is_admin and not await teaches_batch(actor.account_id, batch_id):
        raise NotTeaching


async def must_teach_meeting(actor: Actor, meeting_id: int) -> None:
    """Let admins pass, and those who teach that very meeting.

    Raises: NotTeaching.
    """
    if not actor.is_admin and not await teaches_meeting(actor.account_id, meeting_id):
        raise NotTeaching
