"""Assignments, handed-in work and whole classes for tests, written as rows or through the front door."""

from datetime import timedelta

import msgspec

from backend.core import clock, db
from backend.core.actor import Role
from tests.people import MakePerson, Person
from tests.school import BatchRow, MeetingRow, Row, a_batch, a_meeting, enrol, teach


class TaskRow(Row):
    """An assignment, and where it belongs."""

    meeting: MeetingRow
    batch: BatchRow


class Class(msgspec.Struct):
    """A batch with one meeting, a teacher, a student and an assignment."""

    task: TaskRow
    teacher: Person
    student: Person


async def a_task(
    batch: BatchRow,
    meeting: MeetingRow,
    *,
    kind: str = "essay",
    begins: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(hours=1),
) -> TaskRow:
    """An assignment that counts to progress; it is open now unless said otherwise."""
    found = await db.row(
        "INSERT INTO assignment (meeting_id, title, kind, start_at, end_at, created_at, updated_at)"
        " VALUES ($1, 'Task', $2, $3, $4, now(), now()) RETURNING id, uuid",
        meeting.id,
        kind,
        clock.now() + begins,
        clock.now() + ends,
    )
    assert found is not None
    await db.statement(
        "INSERT INTO activity (batch_id, meeting_id, kind, item_id, title, created_at)"
        " VALUES ($1, $2, 'assignment', $3, 'Task', now())",
        batch.id,
        meeting.id,
        found["id"],
    )
    return TaskRow(found["id"], found["uuid"], meeting, batch)


async def a_class(a_person: MakePerson, *, kind: str = "essay", **values: object) -> Class:
    """A class with everybody in place."""
    batch = await a_batch(**values)
    meeting = await a_meeting(batch)
    teacher, student = await a_person(Role.TEACHER), await a_person(Role.STUDENT)
    await teach(meeting, teacher.id)
    await enrol(batch, student.id)
    return Class(await a_task(batch, meeting, kind=kind), teacher, student)


async def hand_in(group: Class, text: str = "An essay of some length") -> str:
    """Have the student of a class hand in an essay; says its id on the wire."""
    answer = await group.student.http.post(
        f"/api/v1/assignments/{group.task.uuid}/submissions", json={"essay_text": text}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


async def many_students(batch: BatchRow, count: int) -> None:
    """Enrol this many more students at once."""
    await db.statement("UPDATE batch SET quota = quota + $2 WHERE id = $1", batch.id, count)
    await db.statement(
        "WITH made AS (INSERT INTO account (email, phone, name, password_hash, role, verified_at, created_at,"
        " updated_at) SELECT 'many' || n || '@example.test', '09' || lpad(n::text, 10, '0'),"
        " 'Student ' || lpad(n::text, 6, '0'), '!', 'student', now(), now(), now()"
        " FROM generate_series(1, $2::int) n RETURNING id)"
        " INSERT INTO enrolment (account_id, batch_id, state, created_at, updated_at)"
        " SELECT id, $1, 'active', now(), now() FROM made",
        batch.id,
        count,
    )
