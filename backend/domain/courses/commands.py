"""What can be done with courses."""

from collections.abc import Sequence
from typing import Any

import asyncpg
from msgspec import UNSET, structs
from piccolo.columns import Column

from backend.core import clock, db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref, new_code
from backend.core.outbox import Deed, emit
from backend.core.slugs import claim_slug
from backend.domain.courses import queries
from backend.domain.courses.errors import CourseInUse, CourseKeptByAdmins, CourseNotFound
from backend.domain.courses.events import CourseChanged
from backend.domain.courses.queries import CourseView
from backend.domain.courses.tables import Course, CourseImage
from backend.domain.courses.terms import CourseChanges, NewCourse
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind


async def create_course(actor: Actor, new: NewCourse) -> CourseView:
    """Offer a course. Its slug comes from the title, and its code from chance; neither ever changes.

    Raises: CourseKeptByAdmins, FileNotFound, FileNotReady.
    Emits: CourseChanged.
    """
    _admins_only(actor)
    values = structs.asdict(new)
    images: Sequence[str] = values.pop("images")
    async with transaction():
        slug, code = await claim_slug("course", new.title), f"COURSE-{new_code()}"
        course = Course(**values, slug=slug, code=code, created_by=actor.account_id)
        await course.save()
        await _set_images(actor, course.id, images)
        await emit(CourseChanged(course.id, Deed.CREATED, new.title))
        return await queries.course(course.id)


async def update_course(actor: Actor, ref: Ref, changes: CourseChanges) -> CourseView:
    """Change a course; slug and code stay.

    Raises: CourseKeptByAdmins, CourseNotFound, FileNotFound, FileNotReady.
    Emits: CourseChanged.
    """
    _admins_only(actor)
    values: dict[Column | str, Any] = {
        name: value for name, value in structs.asdict(changes).items() if value is not UNSET
    }
    images: Sequence[str] | None = values.pop("images", None)
    async with transaction():
        course_id = await _lock(ref)
        values["updated_at"] = clock.now()
        await Course.update(values).where(Course.id == course_id)
        if images is not None:
            await _set_images(actor, course_id, images)
        return await _told(course_id, Deed.UPDATED)


async def archive_course(actor: Actor, ref: Ref) -> CourseView:
    """Offer a course no more; what it was is kept. A second call changes nothing.

    Raises: CourseKeptByAdmins, CourseNotFound.
    Emits: CourseChanged.
    """
    _admins_only(actor)
    async with transaction():
        course_id = await _lock(ref)
        changed = await db.statement(
            "UPDATE course SET archived_at = now() WHERE id = $1 AND archived_at IS NULL", course_id
        )
        return await (_told(course_id, Deed.ARCHIVED) if changed else queries.course(course_id))


async def restore_course(actor: Actor, ref: Ref) -> CourseView:
    """Offer an archived course again. A second call changes nothing.

    Raises: CourseKeptByAdmins, CourseNotFound.
    Emits: CourseChanged.
    """
    _admins_only(actor)
    async with transaction():
        course_id = await _lock(ref)
        changed = await db.statement(
            "UPDATE course SET archived_at = NULL WHERE id = $1 AND archived_at IS NOT NULL", course_id
        )
        return await (_told(course_id, Deed.RESTORED) if changed else queries.course(course_id))


async def delete_course(actor: Actor, ref: Ref) -> None:
    """Remove a course that never had a batch.

    Raises: CourseKeptByAdmins, CourseNotFound, CourseInUse.
    Emits: CourseChanged.
    """
    _admins_only(actor)
    async with transaction():
        course_id = await _lock(ref)
        try:
            async with db.savepoint():
                await _set_images(actor, course_id, ())
                title = await db.value("DELETE FROM course WHERE id = $1 RETURNING title", course_id)
        except asyncpg.RestrictViolationError:
            raise CourseInUse(course=course_id) from None
        await emit(CourseChanged(course_id, Deed.REMOVED, title))


async def _told(course_id: int, deed: Deed) -> CourseView:
    course = await queries.course(course_id)
    await emit(CourseChanged(course.id, deed, course.title))
    return course


async def _lock(ref: Ref) -> int:
    found = await db.lock("course", ref)
    if found is None:
        raise CourseNotFound(ref=str(ref))
    return found


async def _set_images(actor: Actor, course_id: int, images: Sequence[str]) -> None:
    """Replace the pictures of a course; uploads that nothing shows any more are removed by `files`."""
    await files.replace(actor, images, OwnerKind.COURSE_IMAGE, course_id)
    await db.statement("DELETE FROM course_image WHERE course_id = $1", course_id)
    if images:
        await CourseImage.insert(
            *(CourseImage(course_id=course_id, image_url=url, position=at) for at, url in enumerate(images))
        )


def _admins_only(actor: Actor) -> None:
    if not actor.is_admin:
        raise CourseKeptByAdmins
