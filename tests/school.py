"""A small school for tests, written as rows. Times are moved, not clocks."""

from datetime import datetime, time, timedelta
from itertools import count
from uuid import UUID

import msgspec

from backend.core import clock, db

_numbers = count(1)


class Row(msgspec.Struct):
    """A row by both of its names."""

    id: int
    uuid: UUID


class MeetingRow(Row):
    """A meeting, and the batch it belongs to."""

    batch_id: int


class BatchRow(Row):
    """A batch, its course and its slug."""

    course_id: int
    slug: str


async def _insert(table: str, **values: object) -> tuple[int, UUID]:
    values = {"created_at": clock.now(), "updated_at": clock.now(), **values}
    names = ", ".join(values)
    slots = ", ".join(f"${index}" for index in range(1, len(values) + 1))
    found = await db.row(f"INSERT INTO {table} ({names}) VALUES ({slots}) RETURNING id, uuid", *values.values())
    assert found is not None
    return found["id"], found["uuid"]


async def a_course(title: str = "Brevet A") -> Row:
    """A course."""
    number = next(_numbers)
    return Row(
        *await _insert(
            "course",
            code=f"COURSE-{number:06}",
            slug=f"course-{number}",
            title=title,
            short_description="Short",
            description="Long",
            learning_outcomes="Outcomes",
            achievements="Achievements",
        )
    )


async def a_batch(
    *,
    quota: int = 30,
    begins: timedelta = timedelta(days=-10),
    ends: timedelta = timedelta(days=10),
    gate: bool = False,
    course: Row | None = None,
    groups: tuple[str, ...] = ("own_student", "other_student", "public"),
    **values: object,
) -> BatchRow:
    """A batch whose registration is open; days are counted from now."""
    number = next(_numbers)
    now: datetime = clock.now()
    course = course or await a_course()
    slug = f"batch-{number}"
    id_, uuid = await _insert(
        "batch",
        **{
            "code": f"BATCH-{number:06}",
            "slug": slug,
            "course_id": course.id,
            "title": f"Batch {number}",
            "start_at": now + begins,
            "end_at": now + ends,
            "registration_start_at": now - timedelta(days=30),
            "registration_end_at": now + timedelta(days=5),
            "start_time": time(8),
            "end_time": time(10),
            "room": "Room 1",
            "quota": quota,
            "seats_taken": 0,
            "course_type": "online",
            "gate": gate,
            "certificate_after_h": 24,
            "auto_issue": False,
            **values,
        },
    )
    for group in groups:
        await _insert("batch_group", batch_id=id_, group_type=group)
    return BatchRow(id_, uuid, course.id, slug)


async def a_meeting(
    batch: BatchRow, *, begins: timedelta = timedelta(hours=-1), is_open: bool = True, title: str = ""
) -> MeetingRow:
    """A meeting of two hours."""
    title = title or f"Meeting {next(_numbers)}"
    begin = clock.now() + begins
    id_, uuid = await _insert(
        "meeting",
        batch_id=batch.id,
        title=title,
        description="",
        kind="basic",
        start_at=begin,
        end_at=begin + timedelta(hours=2),
        is_open=is_open,
    )
    return MeetingRow(id_, uuid, batch.id)


async def teach(meeting: MeetingRow, account_id: int) -> None:
    """Have a person teach a meeting."""
    await db.statement(
        "INSERT INTO meeting_teacher (meeting_id, account_id, created_at) VALUES ($1, $2, now())",
        meeting.id,
        account_id,
    )


async def enrol(batch: BatchRow, account_id: int) -> int:
    """Put a person into a batch, on a seat; says the enrolment's id."""
    await db.statement("UPDATE batch SET seats_taken = seats_taken + 1 WHERE id = $1", batch.id)
    id_, _ = await _insert("enrolment", account_id=account_id, batch_id=batch.id, state="active")
    return id_
