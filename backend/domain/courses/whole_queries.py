"""Courses with who made them, for who reads all of them: page by page, one statement each."""

from collections.abc import AsyncGenerator

import msgspec

from backend.core import db
from backend.domain.courses.errors import CourseNotFound

PAGE = 500


class WholeCourse(msgspec.Struct, frozen=True, kw_only=True):
    """A course. `author_email` is None when nobody knows who made it, or that person was removed."""

    id: int
    code: str
    title: str
    description: str
    additional_info: str
    author_email: str | None


_WHOLE = (
    "SELECT c.id, c.code, c.title, c.description, c.additional_info, a.email AS author_email"
    " FROM course c LEFT JOIN account a ON a.id = c.created_by AND a.removed_at IS NULL"
)


async def whole_courses(*, after: int = 0, limit: int = PAGE) -> list[WholeCourse]:
    """The next courses by their ids, archived ones left out. One statement, and nothing is held between two pages."""
    rows = await db.fetch(
        f"{_WHOLE} WHERE c.id > $1 AND c.archived_at IS NULL ORDER BY c.id LIMIT $2",  # our own text
        after,
        limit,
    )
    return db.views(WholeCourse, rows)


async def every_whole_course() -> AsyncGenerator[list[WholeCourse], None]:
    """All courses, page by page. A slow reader holds no connection: each page is a statement of its own."""
    page = await whole_courses()
    while page:
        yield page
        page = await whole_courses(after=page[-1].id) if len(page) == PAGE else []


async def whole_course(course_id: int) -> WholeCourse:
    """One course, also when it is archived. One statement.

    Raises: CourseNotFound.
    """
    found = await db.row(f"{_WHOLE} WHERE c.id = $1", course_id)
    if found is None:
        raise CourseNotFound(ref=str(course_id))
    return db.view(WholeCourse, found)
