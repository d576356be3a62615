"""When and where batches are held, by the codes that people know them by."""

from datetime import datetime

import msgspec

from backend.core import db
from backend.core.listing import length
from backend.core.paging import Paged
from backend.domain.batches.errors import BatchNotFound
from backend.domain.batches.terms import CourseType
from backend.domain.courses import queries as courses


class ScheduledBatch(msgspec.Struct, frozen=True, kw_only=True):
    """When and where a batch is held. `join_url` is that of its first meeting that has one."""

    id: int
    code: str
    title: str
    course_type: CourseType
    start_at: datetime
    end_at: datetime
    post_start_at: datetime | None
    post_end_at: datetime | None
    platform: str
    room: str
    join_url: str | None
    note: str
    archived_at: datetime | None


_SHOWN = """
SELECT b.id, b.code, b.title, b.course_type, b.start_at, b.end_at, b.post_start_at, b.post_end_at, b.platform, b.room,
    m.join_url, b.note, b.archived_at
FROM ({which}) w JOIN batch b ON b.id = w.id
LEFT JOIN LATERAL (
    SELECT m.join_url FROM meeting m WHERE m.batch_id = b.id AND m.join_url <> '' ORDER BY m.start_at, m.id LIMIT 1
) m ON true
ORDER BY b.start_at, b.code
"""

_OF_COURSE = "FROM batch WHERE course_id = $1 AND archived_at IS NULL"

# the index has all that passing over rows needs
SCHEDULE_PAGE = _SHOWN.format(which=f"SELECT id {_OF_COURSE} ORDER BY start_at, code OFFSET $2 LIMIT $3")
"""The statement behind a page. Shape: $1 course's id, $2 how many rows to pass over, $3 the most rows."""

_ONE = _SHOWN.format(which="SELECT id FROM batch WHERE course_id = $1 AND code = $2")


async def batches_scheduled(course_code: str, *, offset: int, limit: int) -> Paged[ScheduledBatch]:
    """Batches of a course in the order in which they begin, archived ones left out. Three statements at most.

    Beyond the end there are none, and the length is told all the same. A length above 2,000 may be 15 seconds old.

    Raises: CourseNotFound.
    """
    course_id = await courses.course_id_of(course_code)
    total = await length(f"SELECT count(*) {_OF_COURSE}", [course_id])
    rows = await db.fetch(SCHEDULE_PAGE, course_id, offset, limit)
    return Paged(db.views(ScheduledBatch, rows), total)


async def batch_scheduled(course_code: str, code: str) -> ScheduledBatch:
    """A batch of a course by both of their codes, also when it is archived. Two statements.

    Raises: BatchNotFound, CourseNotFound.
    """
    found = await db.row(_ONE, await courses.course_id_of(course_code), code)
    if found is None:
        raise BatchNotFound(ref=code)
    return db.view(ScheduledBatch, found)
