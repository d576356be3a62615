"""When and where batches are held, by their codes."""

from datetime import timedelta

import pytest

from backend.core import db
from backend.domain.batches import schedule_queries
from backend.domain.batches.errors import BatchNotFound
from backend.domain.courses.errors import CourseNotFound
from tests.school import BatchRow, a_batch, a_course, a_meeting


async def code_of(table: str, id_: int) -> str:
    return str(await db.value(f"SELECT code FROM {table} WHERE id = $1", id_))


async def test_batches_come_in_the_order_in_which_they_begin(database: None, statements: list[str]):
    course = await a_course()
    days = (3, 1, 2, 1)
    rows = [
        await a_batch(course=course, begins=timedelta(days=day), ends=timedelta(days=9), code=f"BATCH-{letter}")
        for letter, day in zip("CBAD", days, strict=True)
    ]
    await db.statement("UPDATE batch SET start_at = $2 WHERE id = $1", rows[3].id, await start_of(rows[1]))
    await a_batch()
    await db.statement("UPDATE batch SET archived_at = now() WHERE id = $1", (await a_batch(course=course)).id)
    code = await code_of("course", course.id)
    statements.clear()
    paged = await schedule_queries.batches_scheduled(code, offset=0, limit=10)
    assert len(statements) == 3
    assert ([batch.code for batch in paged.items], paged.total) == (["BATCH-B", "BATCH-D", "BATCH-A", "BATCH-C"], 4)
    part = await schedule_queries.batches_scheduled(code, offset=1, limit=2)
    assert ([batch.code for batch in part.items], part.total) == (["BATCH-D", "BATCH-A"], 4)
    beyond = await schedule_queries.batches_scheduled(code, offset=90, limit=10)
    assert (beyond.items, beyond.total) == ([], 4)


async def start_of(row: BatchRow) -> object:
    return await db.value("SELECT start_at FROM batch WHERE id = $1", row.id)


async def test_the_first_join_address_is_shown(database: None):
    batch = await a_batch(platform="Google Meet", note="Don't forget to join")
    course_code, code = await code_of("course", batch.course_id), await code_of("batch", batch.id)
    found = await schedule_queries.batch_scheduled(course_code, code)
    assert (found.join_url, found.platform, found.note, found.room) == (
        *(None, "Google Meet", "Don't forget to join", "Room 1"),
    )
    for days, url in ((-5, ""), (-3, "https://meet.example/second"), (-4, "https://meet.example/first")):
        meeting = await a_meeting(batch, begins=timedelta(days=days))
        await db.statement("UPDATE meeting SET join_url = $2 WHERE id = $1", meeting.id, url)
    found = await schedule_queries.batch_scheduled(course_code, code)
    assert found.join_url == "https://meet.example/first"
    assert (await schedule_queries.batches_scheduled(course_code, offset=0, limit=1)).items == [found]


async def test_what_is_not_there(database: None):
    one, other = await a_batch(), await a_batch()
    course_code = await code_of("course", one.course_id)
    for act, error in (
        (schedule_queries.batches_scheduled("COURSE-NONE", offset=0, limit=10), CourseNotFound),
        (schedule_queries.batch_scheduled("COURSE-NONE", "BATCH-NONE"), CourseNotFound),
        (schedule_queries.batch_scheduled(course_code, "BATCH-NONE"), BatchNotFound),
        (schedule_queries.batch_scheduled(course_code, await code_of("batch", other.id)), BatchNotFound),
    ):
        with pytest.raises(error):
            await act
