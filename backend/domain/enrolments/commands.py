"""What can be done about who is in a batch, and what they have done there."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.batches import queries as batches
from backend.domain.enrolments import attendance_queries
from backend.domain.enrolments.attendance_queries import AttendanceView
from backend.domain.enrolments.errors import MeetingNotOfBatch, NotYourMeeting, PersonNotOfBatch
from backend.domain.enrolments.events import (
    AttendanceTaken,
    ProgressLost,
    ProgressMade,
    StudentEnrolled,
    StudentWithdrawn,
)
from backend.domain.enrolments.terms import ActivityKind


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a person was at a meeting, both by uuid."""

    person: UUID
    meeting: UUID
    is_present: bool
    note: str | None = None


async def enrol(account_id: int, batch_id: int) -> int:
    """Put a person into a batch and say the enrolment's id. The seat was taken before, by who calls this.

    Safe to repeat: somebody who is in it already stays so. Somebody who had left comes back to what they had done.

    Emits: StudentEnrolled, when the person was not in it.
    """
    async with transaction():
        found = await db.row(
            "INSERT INTO enrolment (account_id, batch_id, state) VALUES ($1, $2, 'active')"
            " ON CONFLICT (account_id, batch_id) DO UPDATE SET state = 'active', updated_at = now()"
            " WHERE enrolment.state <> 'active' RETURNING id",
            account_id,
            batch_id,
        )
        if found is not None:
            await emit(StudentEnrolled(found["id"]))
            return int(found["id"])
        return int(
            await db.value("SELECT id FROM enrolment WHERE account_id = $1 AND batch_id = $2", account_id, batch_id)
        )


async def enrol_each(places: Sequence[tuple[int, int]]) -> None:
    """As `enrol`, for many (account, batch) pairs; two statements for however many.

    Emits: StudentEnrolled, for each who was not in it.
    """
    async with transaction():
        rows = await db.fetch(
            "INSERT INTO enrolment (account_id, batch_id, state)"
            " SELECT account_id, batch_id, 'active' FROM unnest($1::bigint[], $2::bigint[]) AS p (account_id, batch_id)"
            " ORDER BY batch_id, account_id"
            " ON CONFLICT (account_id, batch_id) DO UPDATE SET state = 'active', updated_at = now()"
            " WHERE enrolment.state <> 'active' RETURNING id",
            [account_id for account_id, _ in places],
            [batch_id for _, batch_id in places],
        )
        await emit(*[StudentEnrolled(row["id"]) for row in rows])


async def withdraw(account_id: int, batch_id: int) -> bool:
    """Take a person out of a batch; says whether they were in it. The seat is given back by who calls this.

    What they did is kept.

    Emits: StudentWithdrawn, when the person was in it.
    """
    async with transaction():
        found = await db.value(
            "UPDATE enrolment SET state = 'withdrawn', updated_at = now()"
            " WHERE account_id = $1 AND batch_id = $2 AND state = 'active' RETURNING id",
            account_id,
            batch_id,
        )
        if found is not None:
            await emit(StudentWithdrawn(found))
        return found is not None


async def add_activity(batch_id: int, meeting_id: int, kind: ActivityKind, item_id: int, title: str) -> None:
    """Let an assignment or a quiz count to progress. Safe to repeat. Meetings count without one."""
    async with transaction():
        await db.statement(
            "INSERT INTO activity (batch_id, meeting_id, kind, item_id, title) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (kind, item_id) DO UPDATE SET title = excluded.title",
            batch_id,
            meeting_id,
            str(kind),
            item_id,
            title,
        )


async def rename_activity(kind: ActivityKind, item_id: int, title: str) -> None:
    """Tell an assignment or a quiz by another title from now on."""
    async with transaction():
        await db.statement("UPDATE activity SET title = $3 WHERE kind = $1 AND item_id = $2", str(kind), item_id, title)


async def remove_activity(kind: ActivityKind, item_id: int) -> None:
    """Let an assignment or a quiz count no longer, for anybody. Safe to repeat."""
    async with transaction():
        await db.statement("DELETE FROM activity WHERE kind = $1 AND item_id = $2", str(kind), item_id)


async def complete(account_id: int, kind: ActivityKind, item_id: int) -> None:
    """Note that a person has done an assignment or a quiz. Safe to repeat; nothing for who is not in the batch.

    Emits: ProgressMade, when it is new.
    """
    async with transaction():
        enrolment_id = await db.value(
            "INSERT INTO completion (enrolment_id, activity_id)"
            " SELECT e.id, a.id FROM activity a JOIN enrolment e ON e.batch_id = a.batch_id"
            " WHERE e.account_id = $1 AND e.state = 'active' AND a.kind = $2 AND a.item_id = $3"
            " ON CONFLICT (enrolment_id, activity_id) DO NOTHING RETURNING enrolment_id",
            account_id,
            str(kind),
            item_id,
        )
        if enrolment_id is not None:
            await emit(ProgressMade(enrolment_id))


async def complete_each(kind: ActivityKind, done: Sequence[tuple[int, int]]) -> None:
    """As `complete`, for many (account, item) pairs of one kind; two statements for however many.

    Emits: ProgressMade, for each that is new.
    """
    async with transaction():
        rows = await db.fetch(
            "INSERT INTO completion (enrolment_id, activity_id)"
            " SELECT DISTINCT e.id, a.id FROM unnest($2::bigint[], $3::bigint[]) AS d (account_id, item_id)"
            " JOIN activity a ON a.kind = $1 AND a.item_id = d.item_id"
            " JOIN enrolment e ON e.batch_id = a.batch_id AND e.account_id = d.account_id AND e.state = 'active'"
            " ORDER BY e.id, a.id ON CONFLICT (enrolment_id, activity_id) DO NOTHING RETURNING enrolment_id",
            str(kind),
            [account_id for account_id, _ in done],
            [item_id for _, item_id in done],
        )
        await emit(*[ProgressMade(row["enrolment_id"]) for row in rows])


async def uncomplete(account_id: int, kind: ActivityKind, item_id: int) -> None:
    """Take back that a person has done an assignment or a quiz. Safe to repeat.

    Emits: ProgressLost, when it was so.
    """
    async with transaction():
        enrolment_id = await db.value(
            "DELETE FROM completion c USING activity a, enrolment e"
            " WHERE a.id = c.activity_id AND e.id = c.enrolment_id"
            " AND e.account_id = $1 AND a.kind = $2 AND a.item_id = $3 RETURNING c.enrolment_id",
            account_id,
            str(kind),
            item_id,
        )
        if enrolment_id is not None:
            await emit(ProgressLost(enrolment_id))


async def take_attendance(actor: Actor, batch_ref: Ref, marks: Sequence[Mark]) -> list[AttendanceView]:
    """Mark people at meetings of a batch: all of the marks or none. A mark that says nothing new changes nothing.

    Admins mark everywhere, teachers at the meetings they teach. Of two marks for one pair the later counts.

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
    """Hold the enrolments of people until the end of the transaction, so that nobody leaves meanwhile."""
    asked = sorted(set(people))
    rows = await db.fetch(
        "SELECT a.uuid FROM enrolment e JOIN account a ON a.id = e.account_id"
        " WHERE e.batch_id = $1 AND e.state = 'active' AND a.uuid = ANY($2) ORDER BY e.id FOR SHARE OF e",
        batch_id,
        asked,
    )
    known = {row["uuid"] for row in rows}
    unknown = [uuid for uuid in asked if uuid not in known]
    if unknown:
        raise PersonNotOfBatch(people=_named(unknown))


def _named(uuids: Sequence[UUID]) -> str:
    return ", ".join(str(uuid) for uuid in uuids[:20])


async def _mark(actor: Actor, batch_id: int, marks: Sequence[Mark]) -> None:
    changed = await db.fetch(
        "WITH changed AS (INSERT INTO attendance (meeting_id, account_id, is_present, note, updated_by)"
        " SELECT m.id, a.id, u.is_present, u.note, $5"
        " FROM unnest($1::uuid[], $2::uuid[], $3::bool[], $4::text[]) AS u (meeting, person, is_present, note)"
        " JOIN meeting m ON m.uuid = u.meeting JOIN account a ON a.uuid = u.person ORDER BY m.id, a.id"
        " ON CONFLICT (meeting_id, account_id) DO UPDATE SET is_present = excluded.is_present, note = excluded.note,"
        " updated_by = excluded.updated_by, updated_at = now()"
        " WHERE (attendance.is_present, attendance.note) IS DISTINCT FROM (excluded.is_present, excluded.note)"
        " RETURNING new.account_id, coalesce(old.is_present, false) AS was, new.is_present AS is_now)"
        " SELECT DISTINCT e.id, c.is_now, c.was <> c.is_now AS is_other FROM changed c"
        " JOIN enrolment e ON e.account_id = c.account_id AND e.batch_id = $6 ORDER BY e.id",
        [mark.meeting for mark in marks],
        [mark.person for mark in marks],
        [mark.is_present for mark in marks],
        [mark.note for mark in marks],
        actor.account_id,
        batch_id,
    )
    if not changed:
        return
    moved = [row for row in changed if row["is_other"]]
    await emit(
        AttendanceTaken(batch_id, people=len({row["id"] for row in changed})),
        *(ProgressMade(row["id"]) if row["is_now"] else ProgressLost(row["id"]) for row in moved),
    )
