"""What can be done with meetings and those who teach them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import UNSET, structs

from backend.core import clock, db
from backend.core.actor import Actor, Role
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.batches import meeting_queries, queries
from backend.domain.batches.errors import (
    AlreadyTeaching,
    BatchKeptByAdmins,
    EndsTooEarly,
    MeetingInUse,
    MeetingNotFound,
    NotATeacher,
    SomeAlreadyTeaching,
    TeacherNotFound,
)
from backend.domain.batches.events import MeetingChanged, TeachersChanged
from backend.domain.batches.material_commands import drop_materials
from backend.domain.batches.meeting_queries import FullMeeting
from backend.domain.batches.tables import Meeting
from backend.domain.batches.terms import MeetingChanges, NewMeeting


async def create_meeting(actor: Actor, batch_ref: Ref, new: NewMeeting) -> FullMeeting:
    """Plan a meeting of a batch; who teaches it is said by `assign_teachers`.

    Raises: BatchKeptByAdmins, EndsTooEarly, BatchNotFound.
    Emits: MeetingChanged.
    """
    _admins_only(actor)
    if new.end_at <= new.start_at:
        raise EndsTooEarly
    async with transaction():
        batch = await queries.batch(batch_ref)
        meeting = Meeting(**structs.asdict(new), batch_id=batch.id)
        await meeting.save()
        await emit(MeetingChanged(meeting.id, batch.id, Deed.CREATED, new.title))
        return await meeting_queries.full_meeting(actor, meeting.id)


async def update_meeting(actor: Actor, ref: Ref, changes: MeetingChanges) -> FullMeeting:
    """Change a meeting.

    Raises: BatchKeptByAdmins, EndsTooEarly, MeetingNotFound.
    Emits: MeetingChanged.
    """
    _admins_only(actor)
    values: dict[Any, Any] = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
    async with transaction():
        meeting = await queries.meeting(await _lock(ref))
        changed = structs.replace(meeting, **values)
        if changed.end_at <= changed.start_at:
            raise EndsTooEarly
        await Meeting.update({**values, Meeting.updated_at: clock.now()}).where(Meeting.id == meeting.id)
        await emit(MeetingChanged(meeting.id, meeting.batch_id, Deed.UPDATED, changed.title))
        return await meeting_queries.full_meeting(actor, meeting.id)


async def delete_meeting(actor: Actor, ref: Ref) -> None:
    """Remove a meeting with its materials, as long as it has no assignments, quizzes or attendance.

    Raises: BatchKeptByAdmins, MeetingInUse, MeetingNotFound.
    Emits: MeetingChanged.
    """
    _admins_only(actor)
    async with transaction():
        meeting_id = await _lock(ref)
        try:
            async with db.savepoint():
                await drop_materials([meeting_id])
                gone = await db.row("DELETE FROM meeting WHERE id = $1 RETURNING batch_id, title", meeting_id)
        except asyncpg.RestrictViolationError:
            raise MeetingInUse(meeting=meeting_id) from None
        if gone is not None:
            await emit(MeetingChanged(meeting_id, gone["batch_id"], Deed.REMOVED, gone["title"]))


async def assign_teachers(actor: Actor, ref: Ref, teachers: Sequence[UUID]) -> FullMeeting:
    """Let people teach a meeting, too: all of them or none.

    Raises: AlreadyTeaching, BatchKeptByAdmins, MeetingNotFound, NotATeacher, SomeAlreadyTeaching, TeacherNotFound.
    Emits: TeachersChanged.
    """
    _admins_only(actor)
    async with transaction():
        meeting_id = await _lock(ref)
        wanted = await _teachers(teachers)
        rows = await db.fetch(
            "SELECT account_id FROM meeting_teacher WHERE meeting_id = $1 AND account_id = ANY($2) ORDER BY account_id",
            meeting_id,
            list(wanted),
        )
        if rows and len(rows) == len(wanted):
            raise AlreadyTeaching(meeting=meeting_id)
        if rows:
            raise SomeAlreadyTeaching(ids=", ".join(str(wanted[row["account_id"]]) for row in rows))
        await _add_teachers(meeting_id, list(wanted))
        return await _told(actor, meeting_id)


async def replace_teachers(actor: Actor, ref: Ref, teachers: Sequence[UUID]) -> FullMeeting:
    """Let exactly these people teach a meeting.

    Raises: BatchKeptByAdmins, MeetingNotFound, NotATeacher, TeacherNotFound.
    Emits: TeachersChanged.
    """
    _admins_only(actor)
    async with transaction():
        meeting_id = await _lock(ref)
        wanted = list(await _teachers(teachers))
        await db.statement(
            "DELETE FROM meeting_teacher WHERE meeting_id = $1 AND account_id <> ALL($2)", meeting_id, wanted
        )
        await _add_teachers(meeting_id, wanted)
        return await _told(actor, meeting_id)


async def unassign_teacher(actor: Actor, ref: Ref, teacher: UUID) -> FullMeeting:
    """Let somebody teach a meeting no more.

    Raises: BatchKeptByAdmins, MeetingNotFound, TeacherNotFound.
    Emits: TeachersChanged.
    """
    _admins_only(actor)
    async with transaction():
        meeting_id = await _lock(ref)
        done = await db.statement(
            "DELETE FROM meeting_teacher t USING account a WHERE a.id = t.account_id AND t.meeting_id = $1"
            " AND a.uuid = $2",
            meeting_id,
            teacher,
        )
        if not done:
            raise TeacherNotFound(meeting=meeting_id)
        return await _told(actor, meeting_id)


async def _told(actor: Actor, meeting_id: int) -> FullMeeting:
    meeting = await meeting_queries.full_meeting(actor, meeting_id)
    await emit(TeachersChanged(meeting_id, meeting.batch_id, meeting.title))
    return meeting


async def _teachers(uuids: Sequence[UUID]) -> dict[int, UUID]:
    """The accounts of teachers by id, in the order of ids."""
    rows = await db.fetch(
        "SELECT id, uuid, role FROM account WHERE uuid = ANY($1) AND removed_at IS NULL ORDER BY id", list(uuids)
    )
    if len(rows) < len(set(uuids)):
        raise TeacherNotFound
    for row in rows:
        if row["role"] != Role.TEACHER:
            raise NotATeacher(id=str(row["uuid"]))
    return {row["id"]: row["uuid"] for row in rows}


async def _add_teachers(meeting_id: int, account_ids: Sequence[int]) -> None:
    await db.statement(
        "INSERT INTO meeting_teacher (meeting_id, account_id, created_at) SELECT $1, unnest($2::bigint[]), now()"
        " ON CONFLICT DO NOTHING",
        meeting_id,
        list(account_ids),
    )


async def _lock(ref: Ref) -> int:
    found = await db.lock("meeting", ref)
    if found is None:
        raise MeetingNotFound(ref=str(ref))
    return found


def _admins_only(actor: Actor) -> None:
    if not actor.is_admin:
        raise BatchKeptByAdmins
