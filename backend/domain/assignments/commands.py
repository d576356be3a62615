"""What can be done with assignments. Handing in work is in `handing_in`."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.assignments import queries, rules
from backend.domain.assignments.errors import (
    AssignmentInUse,
    AssignmentNotFound,
    EndsBeforeStart,
)
from backend.domain.assignments.events import AssignmentChanged, AssignmentCreated
from backend.domain.assignments.queries import AssignmentView
from backend.domain.assignments.terms import AssignmentType
from backend.domain.batches import queries as batches
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments.terms import ActivityKind
from backend.domain.files import commands as uploads
from backend.domain.files.terms import OwnerKind


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What an assignment asks for. `files` are addresses."""

    title: str
    description: str | None = None
    kind: AssignmentType
    start_at: datetime
    end_at: datetime
    files: Sequence[str] = ()


class TaskChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different; `files` replace all that there were."""

    title: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    kind: AssignmentType | UnsetType = UNSET
    start_at: datetime | UnsetType = UNSET
    end_at: datetime | UnsetType = UNSET
    files: Sequence[str] | UnsetType = UNSET


async def create_assignment(actor: Actor, meeting: Ref, task: Task) -> AssignmentView:
    """Give a meeting a task; it counts to progress from now on.

    Raises: MeetingNotFound, NotTeachingMeeting, EndsBeforeStart, FileNotFound, FileNotReady.
    Emits: AssignmentCreated.
    """
    async with transaction():
        found = await batches.meeting(meeting)
        await queries.must_teach(actor, found.id)
        if not rules.is_period(task.start_at, task.end_at):
            raise EndsBeforeStart
        assignment_id = await db.value(
            "INSERT INTO assignment (meeting_id, teacher_id, title, description, kind, start_at, end_at,"
            " created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now()) RETURNING id",
            found.id,
            actor.account_id,
            task.title,
            task.description,
            str(task.kind),
            task.start_at,
            task.end_at,
        )
        await _write_files(actor, assignment_id, task.files)
        await enrolments.add_activity(found.batch_id, found.id, ActivityKind.ASSIGNMENT, assignment_id, task.title)
        await emit(AssignmentCreated(assignment_id))
        return await queries.assignment_of(assignment_id)


async def update_assignment(actor: Actor, ref: Ref, changes: TaskChanges) -> AssignmentView:
    """Change a task. Its type stays once work was handed in.

    Raises: AssignmentNotFound, NotTeachingMeeting, EndsBeforeStart, AssignmentInUse, FileNotFound, FileNotReady.
    Emits: AssignmentChanged.
    """
    async with transaction():
        now = await _locked(actor, ref)
        wanted = Task(
            title=now.title if changes.title is UNSET else changes.title,
            description=now.description if changes.description is UNSET else changes.description,
            kind=now.kind if changes.kind is UNSET else changes.kind,
            start_at=now.start_at if changes.start_at is UNSET else changes.start_at,
            end_at=now.end_at if changes.end_at is UNSET else changes.end_at,
        )
        if not rules.is_period(wanted.start_at, wanted.end_at):
            raise EndsBeforeStart
        if wanted.kind is not now.kind and await _has_work(now.id):
            raise AssignmentInUse
        await _write(now.id, wanted)
        if changes.files is not UNSET:
            await db.statement("DELETE FROM assignment_file WHERE assignment_id = $1", now.id)
            await _write_files(actor, now.id, changes.files)
        await enrolments.rename_activity(ActivityKind.ASSIGNMENT, now.id, wanted.title)
        await emit(AssignmentChanged(now.id, now.meeting_id, Deed.UPDATED, wanted.title))
        return await queries.assignment_of(now.id)


async def delete_assignment(actor: Actor, ref: Ref) -> None:
    """Take a task away, unless work or grades hang on it.

    Raises: AssignmentNotFound, NotTeachingMeeting, AssignmentInUse.
    Emits: AssignmentChanged.
    """
    async with transaction():
        now = await _locked(actor, ref)
        await enrolments.remove_activity(ActivityKind.ASSIGNMENT, now.id)
        await uploads.detach(OwnerKind.ASSIGNMENT, now.id)
        try:
            async with db.savepoint():
                await db.statement("DELETE FROM assignment WHERE id = $1", now.id)
        except (asyncpg.ForeignKeyViolationError, asyncpg.RestrictViolationError):  # grades are a feature above
            raise AssignmentInUse from None
        await emit(AssignmentChanged(now.id, now.meeting_id, Deed.REMOVED, now.title))


async def _locked(actor: Actor, ref: Ref) -> AssignmentView:
    if await db.lock("assignment", ref) is None:
        raise AssignmentNotFound
    found = await queries.assignment_of(ref)
    await queries.must_teach(actor, found.meeting_id)
    return found


async def _has_work(assignment_id: int) -> bool:
    return bool(await db.value("SELECT EXISTS (SELECT 1 FROM submission WHERE assignment_id = $1)", assignment_id))


async def _write(assignment_id: int, task: Task) -> None:
    await db.statement(
        "UPDATE assignment SET title = $2, description = $3, kind = $4, start_at = $5, end_at = $6,"
        " updated_at = now() WHERE id = $1",
        assignment_id,
        task.title,
        task.description,
        str(task.kind),
        task.start_at,
        task.end_at,
    )


async def _write_files(actor: Actor, assignment_id: int, urls: Sequence[str]) -> None:
    await uploads.replace(actor, urls, OwnerKind.ASSIGNMENT, assignment_id)
    await db.statement(
        "INSERT INTO assignment_file (assignment_id, file_url, created_at, updated_at)"
        " SELECT $1, url, now(), now() FROM unnest($2::text[]) WITH ORDINALITY AS f (url, position) ORDER BY position",
        assignment_id,
        list(urls),
    )
