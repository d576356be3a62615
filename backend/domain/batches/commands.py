"""What can be done with batches and their seats. Meetings and materials have modules of their own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import UNSET, structs

from backend.core import clock, db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref, new_code
from backend.core.outbox import Deed, emit
from backend.core.slugs import claim_slug
from backend.domain.accounts.terms import GroupType
from backend.domain.batches import queries, rules
from backend.domain.batches.errors import (
    BatchFull,
    BatchInUse,
    BatchKeptByAdmins,
    BatchNotFound,
    ClassEndsTooEarly,
    EndsTooEarly,
    PostActivityUnfit,
    QuotaBelowSeats,
    RegistrationEndsTooEarly,
    RegistrationOutlastsBatch,
    RequiredCourseNotFound,
)
from backend.domain.batches.events import BatchChanged
from backend.domain.batches.material_commands import drop_materials
from backend.domain.batches.queries import BatchView
from backend.domain.batches.rules import Fault
from backend.domain.batches.tables import Batch
from backend.domain.batches.terms import BatchChanges, Day, NewBatch
from backend.domain.courses import queries as courses
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind

_REGISTRATION = frozenset({"registration_start_at", "registration_end_at"})
_PARTS = frozenset({"days", "group_types", "custom_fields", "required_courses"})


async def create_batch(actor: Actor, course_ref: Ref, new: NewBatch) -> BatchView:
    """Open a batch of a course. Its slug comes from the title, and its code from chance; neither ever changes.

    Raises: BatchKeptByAdmins, ClassEndsTooEarly, CourseNotFound, EndsTooEarly, FileNotFound, FileNotReady,
        PostActivityUnfit, RegistrationEndsTooEarly, RegistrationOutlastsBatch, RequiredCourseNotFound.
    Emits: BatchChanged.
    """
    _admins_only(actor)
    _refuse_fault(rules.fault_of(new))
    values = structs.asdict(new)
    parts = {name: values.pop(name) for name in _PARTS}
    async with transaction():
        course = await courses.course(course_ref)
        slug = await claim_slug("batch", new.title)
        code = f"BATCH-{new_code()}"
        batch = Batch(**values, course_id=course.id, slug=slug, code=code, created_by=actor.account_id)
        await batch.save()
        await _set_parts(batch.id, parts)
        await _keep_thumbnail(actor, batch.id, new.batch_thumbnail)
        return await _told(batch.id, Deed.CREATED)


async def update_batch(actor: Actor, ref: Ref, changes: BatchChanges) -> BatchView:
    """Change a batch; slug and code stay. The row is locked, so no seat is taken meanwhile.

    A batch may be moved without its registration, which ends with the batch at the latest.

    Raises: BatchKeptByAdmins, BatchNotFound, ClassEndsTooEarly, EndsTooEarly, FileNotFound, FileNotReady,
        PostActivityUnfit, QuotaBelowSeats, RegistrationEndsTooEarly, RegistrationOutlastsBatch,
        RequiredCourseNotFound.
    Emits: BatchChanged.
    """
    _admins_only(actor)
    values: dict[Any, Any] = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
    parts = {name: values.pop(name) for name in _PARTS & values.keys()}
    async with transaction():
        batch = await queries.batch(await _lock(ref))
        changed = structs.replace(batch, **values)
        fault = rules.fault_of(changed)
        if fault is not Fault.REGISTRATION_OUTLASTS_BATCH or values.keys() & _REGISTRATION:
            _refuse_fault(fault)
        if changed.quota < batch.seats_taken:
            raise QuotaBelowSeats(seats_taken=batch.seats_taken)
        await Batch.update({**values, Batch.updated_at: clock.now()}).where(Batch.id == batch.id)
        await _set_parts(batch.id, parts)
        if "batch_thumbnail" in values:
            await _keep_thumbnail(actor, batch.id, changed.batch_thumbnail)
        return await _told(batch.id, Deed.UPDATED)


async def archive_batch(actor: Actor, ref: Ref) -> BatchView:
    """Offer a batch no more; what it was is kept. A second call changes nothing.

    Raises: BatchKeptByAdmins, BatchNotFound.
    Emits: BatchChanged.
    """
    _admins_only(actor)
    async with transaction():
        batch_id = await _lock(ref)
        changed = await db.statement(
            "UPDATE batch SET archived_at = now() WHERE id = $1 AND archived_at IS NULL", batch_id
        )
        return await (_told(batch_id, Deed.ARCHIVED) if changed else queries.batch(batch_id))


async def restore_batch(actor: Actor, ref: Ref) -> BatchView:
    """Offer an archived batch again. A second call changes nothing.

    Raises: BatchKeptByAdmins, BatchNotFound.
    Emits: BatchChanged.
    """
    _admins_only(actor)
    async with transaction():
        batch_id = await _lock(ref)
        changed = await db.statement(
            "UPDATE batch SET archived_at = NULL WHERE id = $1 AND archived_at IS NOT NULL", batch_id
        )
        return await (_told(batch_id, Deed.RESTORED) if changed else queries.batch(batch_id))


async def delete_batch(actor: Actor, ref: Ref) -> None:
    """Remove a batch with its meetings and their materials, as long as nobody has bought, joined or worked in it.

    Raises: BatchInUse, BatchKeptByAdmins, BatchNotFound.
    Emits: BatchChanged.
    """
    _admins_only(actor)
    async with transaction():
        batch_id = await _lock(ref)
        try:
            async with db.savepoint():
                await _keep_thumbnail(actor, batch_id, None)
                meetings = await db.fetch("SELECT id FROM meeting WHERE batch_id = $1", batch_id)
                await drop_materials([meeting["id"] for meeting in meetings])
                await db.statement("DELETE FROM meeting WHERE batch_id = $1", batch_id)
                title = await db.value("DELETE FROM batch WHERE id = $1 RETURNING title", batch_id)
        except asyncpg.RestrictViolationError:
            raise BatchInUse(batch=batch_id) from None
        await emit(BatchChanged(batch_id, Deed.REMOVED, title))


async def _told(batch_id: int, deed: Deed) -> BatchView:
    batch = await queries.batch(batch_id)
    await emit(BatchChanged(batch.id, deed, batch.title))
    return batch


async def take_seat(batch_id: int) -> None:
    """Take one of a batch's seats; of two who want the last, one gets it. Joins the caller's transaction.

    Raises: BatchFull, BatchNotFound.
    """
    async with transaction():
        taken = await db.statement(
            "UPDATE batch SET seats_taken = seats_taken + 1 WHERE id = $1 AND seats_taken < quota", batch_id
        )
        if taken:
            return
        if await db.value("SELECT id FROM batch WHERE id = $1", batch_id) is None:
            raise BatchNotFound(ref=str(batch_id))
        raise BatchFull(batch=batch_id)


async def release_seat(batch_id: int) -> None:
    """Give a seat back. Joins the caller's transaction; whoever took the seat calls this once."""
    async with transaction():
        await db.statement("UPDATE batch SET seats_taken = seats_taken - 1 WHERE id = $1 AND seats_taken > 0", batch_id)


async def release_seats(seats: Mapping[int, int]) -> None:
    """Give several seats back at once: batch id → how many. Joins the caller's transaction, which holds the batches."""
    async with transaction():
        await db.statement(
            "UPDATE batch SET seats_taken = greatest(seats_taken - n, 0)"
            " FROM unnest($1::bigint[], $2::int[]) AS freed (batch_id, n) WHERE batch.id = freed.batch_id",
            list(seats.keys()),
            list(seats.values()),
        )


async def _lock(ref: Ref) -> int:
    found = await db.lock("batch", ref)
    if found is None:
        raise BatchNotFound(ref=str(ref))
    return found


async def _set_parts(batch_id: int, parts: Mapping[str, Any]) -> None:
    """Set those of `_PARTS` that are given."""
    if "days" in parts:
        await _set_days(batch_id, parts["days"])
    if "group_types" in parts:
        await _set_groups(batch_id, parts["group_types"])
    if "custom_fields" in parts:
        await _set_fields(batch_id, parts["custom_fields"])
    if "required_courses" in parts:
        await _set_requirements(batch_id, parts["required_courses"])


async def _set_days(batch_id: int, days: frozenset[Day]) -> None:
    """Make these the days; those that stay keep their rows."""
    wanted = [str(day) for day in Day if day in days]
    await db.statement("DELETE FROM batch_day WHERE batch_id = $1 AND day <> ALL($2)", batch_id, wanted)
    await db.statement(
        "INSERT INTO batch_day (batch_id, day) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING", batch_id, wanted
    )


async def _set_groups(batch_id: int, groups: frozenset[GroupType]) -> None:
    """Make these the groups; those that stay keep their rows."""
    wanted = [str(group) for group in GroupType if group in groups]
    await db.statement("DELETE FROM batch_group WHERE batch_id = $1 AND group_type <> ALL($2)", batch_id, wanted)
    await db.statement(
        "INSERT INTO batch_group (batch_id, group_type, created_at, updated_at)"
        " SELECT $1, unnest($2::text[]), now(), now() ON CONFLICT DO NOTHING",
        batch_id,
        wanted,
    )


async def _set_fields(batch_id: int, fields: Mapping[str, str]) -> None:
    """Make these what the custom fields say; a name that was never used becomes a field."""
    names, values = list(fields.keys()), list(fields.values())
    await db.statement("DELETE FROM batch_field WHERE batch_id = $1", batch_id)
    if not names:
        return
    await db.statement(
        "INSERT INTO custom_field (name, created_at) SELECT unnest($1::text[]), now() ON CONFLICT DO NOTHING", names
    )
    await db.statement(
        "INSERT INTO batch_field (batch_id, field_id, value) SELECT $1, f.id, given.value"
        " FROM unnest($2::text[], $3::text[]) AS given (name, value) JOIN custom_field f ON f.name = given.name",
        batch_id,
        names,
        values,
    )


async def _set_requirements(batch_id: int, courses: frozenset[UUID]) -> None:
    """Make these the courses that are required."""
    await db.statement("DELETE FROM batch_requirement WHERE batch_id = $1", batch_id)
    if not courses:
        return
    made = await db.statement(
        "INSERT INTO batch_requirement (batch_id, course_id) SELECT $1, id FROM course WHERE uuid = ANY($2)",
        batch_id,
        list(courses),
    )
    if made < len(courses):
        raise RequiredCourseNotFound(batch=batch_id)


async def _keep_thumbnail(actor: Actor, batch_id: int, url: str | None) -> None:
    """Let a picture that was uploaded belong to its batch; one that nothing shows any more is removed by `files`."""
    await files.replace(actor, [url] if url else [], OwnerKind.BATCH_THUMBNAIL, batch_id)


def _refuse_fault(fault: Fault | None) -> None:
    if fault is Fault.ENDS_TOO_EARLY:
        raise EndsTooEarly
    if fault is Fault.REGISTRATION_ENDS_TOO_EARLY:
        raise RegistrationEndsTooEarly
    if fault is Fault.REGISTRATION_OUTLASTS_BATCH:
        raise RegistrationOutlastsBatch
    if fault is Fault.CLASS_ENDS_TOO_EARLY:
        raise ClassEndsTooEarly
    if fault is Fault.POST_UNFIT:
        raise PostActivityUnfit


def _admins_only(actor: Actor) -> None:
    if not actor.is_admin:
        raise BatchKeptByAdmins
