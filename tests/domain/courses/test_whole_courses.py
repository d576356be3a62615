"""All courses with who made them, page by page."""

import pytest

from backend.core import db
from backend.domain.courses import whole_queries
from backend.domain.courses.errors import CourseNotFound
from tests.people import Person
from tests.school import a_course


async def test_all_come_once_page_by_page(admin: Person, monkeypatch: pytest.MonkeyPatch, statements: list[str]):
    rows = [await a_course() for _ in range(5)]
    await db.statement("UPDATE course SET archived_at = now() WHERE id = $1", rows[1].id)
    await db.statement("UPDATE course SET created_by = $1 WHERE id = $2", admin.id, rows[0].id)
    monkeypatch.setattr(whole_queries, "PAGE", 2)
    monkeypatch.setattr(whole_queries.whole_courses, "__kwdefaults__", {"after": 0, "limit": 2})
    statements.clear()
    found = [course async for page in whole_queries.every_whole_course() for course in page]
    assert [course.id for course in found] == [row.id for row in rows if row is not rows[1]]
    assert len(statements) == 3
    assert [course.author_email for course in found] == [admin.email, None, None, None]
    assert (await whole_queries.whole_course(rows[1].id)).title == "Brevet A"


async def test_a_course_that_is_not_there(database: None):
    with pytest.raises(CourseNotFound):
        await whole_queries.whole_course(987654)


async def test_who_was_removed_is_not_named(admin: Person):
    row = await a_course()
    await db.statement("UPDATE course SET created_by = $1", admin.id)
    await db.statement("UPDATE account SET removed_at = now()")
    assert (await whole_queries.whole_course(row.id)).author_email is None
