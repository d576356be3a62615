"""Courses: who may change them, and what happens to their pictures."""

import pytest

from backend.core import db
from backend.core.ids import new_uuid
from backend.domain.courses import commands, queries
from backend.domain.courses.errors import CourseInUse, CourseKeptByAdmins, CourseNotFound
from backend.domain.courses.terms import CourseChanges, NewCourse
from tests import school
from tests.people import Person

NEW = NewCourse(title="T", short_description="S", description="D", learning_outcomes="L", achievements="A")


async def a_picture(owner_id: int) -> str:
    return await db.value(
        "INSERT INTO file (owner_id, kind, state, location, extension, object_key, created_at, updated_at)"
        " VALUES ($1, 'image', 'stored', 'course', 'png', 'key' || uuidv7()::text, '2026-01-02T00:00:00Z', now())"
        " RETURNING '/uploads/course/2026/01/02/' || uuid || '.png'",
        owner_id,
    )


async def states() -> list[str]:
    return [row["state"] for row in await db.fetch("SELECT state FROM file ORDER BY id")]


async def test_pictures_that_nothing_shows_any_more_are_removed(admin: Person):
    first, second = await a_picture(admin.id), await a_picture(admin.id)
    course = await commands.create_course(admin.actor, NewCourse(**{**_values(), "images": (first, second)}))
    assert [image.image_url for image in course.images] == [first, second]
    changed = await commands.update_course(
        admin.actor, course.id, CourseChanges(images=(second, "https://x.example/a"))
    )
    assert [image.image_url for image in changed.images] == [second, "https://x.example/a"]
    assert await states() == ["removed", "stored"]
    await commands.delete_course(admin.actor, course.id)
    assert await states() == ["removed", "removed"]


async def test_a_refused_deletion_keeps_the_pictures(admin: Person):
    picture = await a_picture(admin.id)
    course = await commands.create_course(admin.actor, NewCourse(**{**_values(), "images": (picture,)}))
    await school.a_batch(course=school.Row(course.id, course.uuid))
    with pytest.raises(CourseInUse):
        await commands.delete_course(admin.actor, course.uuid)
    assert await states() == ["stored"]
    assert len((await queries.course(course.slug)).images) == 1


async def test_only_admins_change_courses(teacher: Person):
    course = await school.a_course()
    for act in (
        commands.create_course(teacher.actor, NEW),
        commands.update_course(teacher.actor, course.id, CourseChanges()),
        commands.archive_course(teacher.actor, course.id),
        commands.restore_course(teacher.actor, course.id),
        commands.delete_course(teacher.actor, course.id),
    ):
        with pytest.raises(CourseKeptByAdmins):
            await act


async def test_a_course_that_is_not_there(admin: Person):
    for act in (
        queries.course("nothing"),
        commands.update_course(admin.actor, new_uuid(), CourseChanges()),
        commands.archive_course(admin.actor, new_uuid()),
        commands.delete_course(admin.actor, 987654),
    ):
        with pytest.raises(CourseNotFound):
            await act


async def test_archiving_twice_keeps_the_first_time(admin: Person):
    course = await school.a_course()
    first = await commands.archive_course(admin.actor, course.id)
    assert (await commands.archive_course(admin.actor, course.id)).archived_at == first.archived_at


def _values() -> dict:
    return {name: getattr(NEW, name) for name in NEW.__struct_fields__}
