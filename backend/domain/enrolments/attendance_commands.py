"""What can be done about attendance: marks by staff, and students who check in by themselves."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from backend.core import db, throttle
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.core.settings import settings
from backend.domain.batches import queries as batches
from backend.domain.enrolments import attendance_queries, check_in_queries, rules
from backend.domain.enrolments.attendance_queries import AttendanceView
from backend.domain.enrolments.check_in_queries import Door
from backend.domain.enrolments.errors import (
    AlreadyMarked,
    CheckInCodeWrong,
    CheckInNotOpen,
    CheckInOff,
    CheckInOver,
    MeetingNotOfBatch,
    NotEnrolled,
    NotYourMeeting,
    PersonNotOfBatch,
    TooManyCheckIns,
)
from backend.domain.enrolments.events import AttendanceTaken, ProgressLost, ProgressMade
from backend.domain.enrolments.terms import AttendanceStatus, MarkSource

TRIES, TRIES_WINDOW_S = 10, 60


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a person was at a meeting, both by uuid.

    `status` says more than the boolean, and counts before it. Without one, late stays late and excused stays excused
    as long as the boolean says nothing else. A note that is not sent stays; None takes it away.
    """

    person: UUID
    meeting: UUID
    is_present: bool = False
    status: AttendanceStatus | None = None
    note: str | UnsetType | None = UNSET


async def check_in(actor: Actor, meeting_ref: Ref, code: str) -> AttendanceView:
    """Note one's own presence by the code that is shown in class: present, or late by the meeting's own rule.

    Once; what staff have marked stands. Ten tries in a minute.

    Raises: TooManyCheckIns, MeetingNotFound, NotEnrolled, CheckInOff, CheckInNotOpen, CheckInOver, CheckInCodeWrong,
        AlreadyMarked.
    Emits: AttendanceTaken, ProgressMade.
    """
    key = f"check-in:{actor.person_id}"
    if await throttle.hit(key, window_s=TRIES_WINDOW_S) > TRIES:
        raise TooManyCheckIns(retry_after_s=max(1, await throttle.wait_s(key, limit=TRIES, window_s=TRIES_WINDOW_S)))
    async with transaction():
        door = await check_in_queries.door(meeting_ref)
        enrolment_id = await _hold_place(actor.person_id, door.batch_id)
        _must_be_open(door)
        if not rules.is_check_in_code(settings().ticket_secret, door.uuid, door.now.timestamp(), code):
            raise CheckInCodeWrong
        status = rules.status_on_arrival(door.now, door.start_at, door.late_after_min)
        attendance_id = await _note_arrival(actor.person_id, door.id, status)
        if attendance_id is None:
            raise AlreadyMarked
        await emit(AttendanceTaken(door.batch_id, people=1), ProgressMade(enrolment_id))
        return await attendance_queries.attendance(attendance_id)


async def _hold_place(account_id: int, batch_id: int) -> int:
    found = await db.value(
        "SELECT id FROM enrolment WHERE account_id = $1 AND batch_id = $2 AND state = 'active' FOR NO KEY UPDATE",
        account_id,
        batch_id,
    )
    if found is None:
        raise NotEnrolled
    return int(found)


def _must_be_open(door: Door) -> None:
    if not door.self_check_in:
        raise CheckInOff
    if door.now < door.start_at:
        raise CheckInNotOpen(opens_at=door.start_at.isoformat())
    if door.now > door.closes_at:
        raise CheckInOver


async def _note_arrival(account_id: int, meeting_id: int, status: AttendanceStatus) -> int | None:
    """Write the mark and its history; None when there is a mark already."""
    found: int | None = await db.value(
        "WITH made AS (INSERT INTO attendance (meeting_id, account_id, is_present, special, checked_in_at, updated_by)"
        " VALUES ($1, $2, true, nullif($3, 'present'), now(), $2)"
        " ON CONFLICT (meeting_id, account_id) DO NOTHING RETURNING id, status)"
        " INSERT INTO attendance_change (attendance_id, after, source, actor_id)"
        " SELECT id, status, $4, $2 FROM made RETURNING attendance_id",
        meeting_id,
        account_id,
        str(status),
        str(MarkSource.SELF),
    )
    return found


async def take_attendance(actor: Actor, batch_ref: Ref, marks: Sequence[Mark]) -> list[AttendanceView]:
    """Mark people at meetings of a batch: all of the marks or none. A mark that says nothing new changes nothing.

    Admins mark everywhere, teachers at the meetings they teach. Of two marks for one pair the later counts. Each
    change has its line in the history.

    Raises: BatchNotFound, MeetingNotOfBatch, NotYourMeeting, PersonNotOfBatch; each names who or what it is about.
    Emits: AttendanceTaken, when a mark says something new; ProgressMade and ProgressLost, once for each person whose
        presence changed that way.
    """
    async with transaction():
        batch = await batches.batch(batch_ref)
        last = {(mark.meeting, mark.person): mark for mark in marks}
        meetings, people = [meeting for meeting, _ in last], [person for _, person in last]
        await _check_meetings(actor, batch.id, meetings)
        await _check_people(batch.id, people)
        await _mark(actor, batch.id, list(last.values()))
        return await attendance_queries.attendances_named(meetings, people)


async def _check_meetings(actor: Actor, batch_id: int, meetings: Sequence[UUID]) -> None:
    asked = sorted(set(meetings))
    rows = await db.fetch(
        "SELECT m.uuid, EXISTS (SELECT FROM meeting_teacher t WHERE t.meeting_id = m.id AND t.account_id = $3) AS mine"
        " FROM meeting m WHERE m.batch_id = $1 AND m.uuid = ANY($2)",
        batch_id,
        asked,
        actor.account_id,
    )
    mine = {row["uuid"]: row["mine"] for row in rows}
    foreign = [uuid for uuid, is_mine in mine.items() if not is_mine]
    if foreign and not actor.is_admin:
        raise NotYourMeeting(meetings=_named(sorted(foreign)))
    unknown = [uuid for uuid in asked if uuid not in mine]
    if unknown:
        raise MeetingNotOfBatch(meetings=_named(unknown))


async def _check_people(batch_id: int, people: Sequence[UUID]) -> None:
    """Hold the enrolments of people until the end of the transaction: nobody leaves, and nobody else marks them."""
    asked = sorted(set(people))
    rows = await db.fetch(
        "SELECT a.uuid FROM enrolment e JOIN account a ON a.id = e.account_id"
        " WHERE e.batch_id = $1 AND e.state = 'active' AND a.uuid = ANY($2) ORDER BY e.id FOR NO KEY UPDATE OF e",
        batch_id,
        asked,
    )
    known = {row["uuid"] for row in rows}
    unknown = [uuid for uuid in asked if uuid not in known]
    if unknown:
        raise PersonNotOfBatch(people=_named(unknown))


def _named(uuids: Sequence[UUID]) -> str:
    return ", ".join(str(uuid) for uuid in uuids[:20])


# how much a mark counts to progress: not at all, as one that is left out, as attended
_RANK = "CASE coalesce({row}.status, 'absent') WHEN 'absent' THEN 0 WHEN 'excused' THEN 1 ELSE 2 END"
_MARK = f"""
WITH given AS (
    SELECT m.id AS meeting_id, a.id AS account_id, u.is_present,
        CASE WHEN u.keeps_note THEN t.note ELSE u.note END AS note,
        CASE WHEN u.is_kept AND t.is_present = u.is_present THEN t.special ELSE u.special END AS special
    FROM unnest($1::uuid[], $2::uuid[], $3::bool[], $4::text[], $5::bool[], $6::text[], $10::bool[])
        AS u (meeting, person, is_present, special, is_kept, note, keeps_note)
    JOIN meeting m ON m.uuid = u.meeting JOIN account a ON a.uuid = u.person
    LEFT JOIN attendance t ON t.meeting_id = m.id AND t.account_id = a.id
), changed AS (
    INSERT INTO attendance (meeting_id, account_id, is_present, special, note, updated_by)
    SELECT meeting_id, account_id, is_present, special, note, $7 FROM given ORDER BY meeting_id, account_id
    ON CONFLICT (meeting_id, account_id) DO UPDATE SET is_present = excluded.is_present, special = excluded.special,
        note = excluded.note, updated_by = excluded.updated_by, updated_at = now()
    WHERE (attendance.is_present, attendance.special, attendance.note)
        IS DISTINCT FROM (excluded.is_present, excluded.special, excluded.note)
    RETURNING new.id, new.account_id, old.status AS before, new.status AS after, old.note AS note_before,
        new.note AS note_after, {_RANK.format(row="old")} AS was, {_RANK.format(row="new")} AS is_now
), noted AS (
    INSERT INTO attendance_change (attendance_id, before, after, note_before, note_after, source, actor_id)
    SELECT id, before, after, note_before, note_after, $8, $7 FROM changed
)
SELECT DISTINCT e.id, c.is_now > c.was AS is_more, c.was <> c.is_now AS is_other FROM changed c
JOIN enrolment e ON e.account_id = c.account_id AND e.batch_id = $9 ORDER BY e.id
"""  # noqa: S608 - our own text


async def _mark(actor: Actor, batch_id: int, marks: Sequence[Mark]) -> None:
    changed = await db.fetch(
        _MARK,
        [mark.meeting for mark in marks],
        [mark.person for mark in marks],
        [mark.is_present if mark.status is None else mark.status.is_present for mark in marks],
        [str(mark.status) if mark.status in rules.SPECIAL else None for mark in marks],
        [mark.status is None for mark in marks],
        [None if isinstance(mark.note, UnsetType) else mark.note for mark in marks],
        actor.account_id,
        str(MarkSource.STAFF),
        batch_id,
        [mark.note is UNSET for mark in marks],
    )
    if not changed:
        return
    moved = [row for row in changed if row["is_other"]]
    await emit(
        AttendanceTaken(batch_id, people=len({row["id"] for row in changed})),
        *(ProgressMade(row["id"]) if row["is_more"] else ProgressLost(row["id"]) for row in moved),
    )
