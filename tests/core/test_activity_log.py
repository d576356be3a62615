"""The log of what people did: who acted is noted beside each event, and what only starts work is not shown."""

from backend.core import db
from backend.core.actor import SYSTEM, acting, acting_as
from backend.core.outbox import emit
from backend.domain.courses import commands as courses
from backend.domain.courses.terms import NewCourse
from backend.domain.enrolments.events import ProgressMade, StudentEnrolled
from tests.people import Person

NEW = NewCourse(title="Brevet", short_description="S", description="D", learning_outcomes="L", achievements="A")


async def rows() -> list[tuple]:
    found = await db.fetch("SELECT name, actor_id, is_activity, body ->> 'deed' AS deed FROM outbox ORDER BY id")
    return [tuple(row.values()) for row in found]


async def test_who_acts_is_noted(admin: Person):
    with acting_as(admin.actor):
        course = await courses.create_course(admin.actor, NEW)
    with acting_as(SYSTEM):
        await courses.archive_course(SYSTEM, course.id)
        await courses.archive_course(SYSTEM, course.id)
    assert acting.get() is None
    changed = "courses.course.changed.v1"
    assert await rows() == [(changed, admin.id, True, "created"), (changed, None, True, "archived")]


async def test_what_only_starts_work_is_no_activity(database: None):
    async with db.transaction():
        await emit(StudentEnrolled(1), ProgressMade(1))
    assert [(name, shown) for name, _, shown, _ in await rows()] == [
        ("enrolments.student.enrolled.v1", True),
        ("enrolments.progress.made.v1", False),
    ]


async def test_a_request_is_noted_as_its_sender(admin: Person):
    body = {
        "title": "Brevet",
        **dict.fromkeys(("short_description", "description", "learning_outcomes", "achievements"), "x"),
        "course_images": [{"image_url": "https://img.example/a.png"}],
    }
    assert (await admin.http.post("/api/v1/courses", json=body)).status_code == 201
    assert [row[:2] for row in await rows()] == [("courses.course.changed.v1", admin.id)]
    assert acting.get() is None
