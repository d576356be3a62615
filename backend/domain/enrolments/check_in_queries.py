"""What can be asked about checking in: the code of the moment, who has come, and the history of marks."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.core.settings import settings
from backend.domain.batches import queries as batches
from backend.domain.batches.errors import MeetingNotFound
from backend.domain.enrolments import attendance_queries, rules
from backend.domain.enrolments.attendance_queries import AttendanceRow, AttendanceView
from backend.domain.enrolments.errors import CheckInOff
from backend.domain.enrolments.terms import AttendanceStatus, MarkSource


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting as who checks in meets it. `now` is the database's clock, the only one that counts."""

    id: int
    uuid: UUID
    batch_id: int
    start_at: datetime
    closes_at: datetime
    self_check_in: bool
    late_after_min: int | None
    now: datetime


class CheckInCode(msgspec.Struct, frozen=True, kw_only=True):
    """The code of the moment, for who shows it in class: `url` is what the picture says.

    `checked_in` of `enrolled` have come so far. The code is taken for one more step after `expires_at`.
    """

    code: str
    url: str
    expires_at: datetime
    server_time: datetime
    opens_at: datetime
    closes_at: datetime
    checked_in: int
    enrolled: int


class AttendanceChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a mark: who, when, before and after."""

    before: AttendanceStatus | None
    after: AttendanceStatus
    note_before: str | None
    note_after: str | None
    source: MarkSource
    by: UUID | None
    by_name: str | None
    created_at: datetime


_DOOR = """
SELECT m.id, m.uuid, m.batch_id, m.start_at, m.self_check_in, m.late_after_min, now() AS now,
    coalesce(m.start_at + make_interval(mins => m.check_in_min), m.end_at) AS closes_at
FROM meeting m WHERE m.{column} = $1
"""
_COUNTS = """
SELECT (SELECT count(*) FROM attendance WHERE meeting_id = $1 AND checked_in_at IS NOT NULL) AS checked_in,
       (SELECT count(*) FROM enrolment WHERE batch_id = $2 AND state = 'active') AS enrolled
"""
_COMING = Lens(
    key="t.id",
    order="t.checked_in_at DESC",
    sorts={"checked_in_at": "t.checked_in_at", "name": "a.name", "status": "t.status"},
    filters={"status": ("t.status", str)},
    search=("a.name", "a.email"),
)
_MARKED = Lens(
    key="t.id",
    order="a.name",
    sorts={"name": "a.name", "status": "t.status", "updated_at": "t.updated_at"},
    filters={"status": ("t.status", str), "user_id": ("a.uuid", UUID)},
    search=("a.name", "a.email"),
)
_CHANGES = Lens(key="c.id", sorts={"created_at": "c.id"})


async def door(ref: Ref) -> Door:
    """A meeting's check-in, whether anybody may use it now or not.

    Raises: MeetingNotFound.
    """
    found = await db.row(_DOOR.format(column=db.column_of(ref)), ref)
    if found is None:
        raise MeetingNotFound(ref=str(ref))
    return db.view(Door, found)


async def check_in_code(actor: Actor, ref: Ref) -> CheckInCode:
    """The code of the moment, for admins and who teaches the meeting; also before it begins, to have it ready.

    Raises: MeetingNotFound, NotTeaching, CheckInOff.
    """
    found = await door(ref)
    await batches.must_teach_meeting(actor, found.id)
    if not found.self_check_in:
        raise CheckInOff
    at = found.now.timestamp()
    code = rules.check_in_code(settings().ticket_secret, found.uuid, at)
    counts = await db.row(_COUNTS, found.id, found.batch_id)
    return CheckInCode(
        code=code,
        url=f"{settings().frontend_url}/check-in/{found.uuid}?code={code}",
        expires_at=datetime.fromtimestamp(rules.code_ends_at(at), UTC),
        server_time=found.now,
        opens_at=found.start_at,
        closes_at=found.closes_at,
        **dict(counts or {}),
    )


async def check_ins(actor: Actor, ref: Ref, listing: Listing) -> Paged[AttendanceView]:
    """Who has checked in to a meeting, the latest first, for admins and who teaches it.

    Raises: MeetingNotFound, NotTeaching.
    """
    return await _marks(actor, ref, listing, _COMING, "t.meeting_id = $1 AND t.checked_in_at IS NOT NULL")


async def marks_of_meeting(actor: Actor, ref: Ref, listing: Listing) -> Paged[AttendanceView]:
    """All marks of a meeting by name, for admins and who teaches it; who was not marked yet is not in it.

    Raises: MeetingNotFound, NotTeaching.
    """
    return await _marks(actor, ref, listing, _MARKED, "t.meeting_id = $1")


async def _marks(actor: Actor, ref: Ref, listing: Listing, lens: Lens, where: str) -> Paged[AttendanceView]:
    meeting = await batches.meeting(ref)
    await batches.must_teach_meeting(actor, meeting.id)
    found = await page(
        AttendanceRow,
        lens,
        listing,
        select=attendance_queries.COLUMNS,
        source=attendance_queries.SOURCE,
        where=where,
        args=[meeting.id],
    )
    return Paged(await attendance_queries.with_people(found.items), found.total)


async def attendance_changes(actor: Actor, ref: Ref, listing: Listing) -> Paged[AttendanceChangeView]:
    """What became of a mark, from the first on, for admins and who teaches its meeting.

    Raises: AttendanceNotFound, NotTeaching.
    """
    mark = await attendance_queries.attendance(ref)
    await batches.must_teach_meeting(actor, mark.meeting_id)
    return await page(
        AttendanceChangeView,
        _CHANGES,
        listing,
        select="c.before, c.after, c.note_before, c.note_after, c.source, u.uuid AS by, u.name AS by_name,"
        " c.created_at",
        source="attendance_change c LEFT JOIN account u ON u.id = c.actor_id",
        where="c.attendance_id = $1",
        args=[mark.id],
    )
