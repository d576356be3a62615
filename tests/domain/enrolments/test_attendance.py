"""Marks: all or none, by those who may, and what they do to progress."""

import asyncio
from datetime import timedelta

import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.ids import new_uuid
from backend.core.paging import Listing
from backend.domain.batches.errors import BatchNotFound
from backend.domain.enrolments import attendance_queries, commands, queries
from backend.domain.enrolments.commands import Mark
from backend.domain.enrolments.errors import (
    AttendanceNotFound,
    MeetingNotOfBatch,
    NotYourBatch,
    NotYourMeeting,
    PersonNotOfBatch,
)
from tests.people import an_account
from tests.school import a_batch, a_meeting, enrol, teach

pytestmark = pytest.mark.usefixtures("database")


async def told(name: str) -> int:
    return await db.value("SELECT count(*) FROM outbox WHERE name = $1", f"enrolments.progress.{name}.v1")


def at(person, meeting, *, present: bool = True, note: str | None = None) -> Mark:
    return Mark(person=person, meeting=meeting, is_present=present, note=note)


async def a_class(students: int = 3):
    batch = await a_batch()
    meetings = [await a_meeting(batch, begins=timedelta(days=day)) for day in (-2, -1)]
    people = [await an_account(Role.STUDENT) for _ in range(students)]
    for account_id, *_ in people:
        await enrol(batch, account_id)
    return batch, meetings, [uuid for _, uuid, *_ in people]


async def test_a_grid_is_saved_and_tells_only_what_changed(statements):
    batch, meetings, people = await a_class()
    grid = [at(person, meeting.uuid, note="Hadir") for person in people for meeting in meetings]
    statements.clear()
    saved = await commands.take_attendance(SYSTEM, batch.uuid, grid)
    assert len(statements) <= 8
    assert [mark.meeting_id for mark in saved] == [meetings[0].id] * 3 + [meetings[1].id] * 3
    assert all(mark.is_present and mark.note == "Hadir" for mark in saved)
    assert await told("made") == 3
    before = {mark.id: mark.updated_at for mark in saved}
    again = await commands.take_attendance(SYSTEM, batch.uuid, grid)
    assert {mark.id: mark.updated_at for mark in again} == before
    assert (await told("made"), await told("lost")) == (3, 0)
    await commands.take_attendance(SYSTEM, batch.uuid, [at(people[0], meetings[0].uuid, present=False)])
    assert (await told("made"), await told("lost")) == (3, 1)


async def test_of_two_marks_for_one_pair_the_later_counts():
    batch, meetings, people = await a_class()
    pair = (people[0], meetings[0].uuid)
    (saved,) = await commands.take_attendance(SYSTEM, batch.uuid, [at(*pair), at(*pair, present=False)])
    assert not saved.is_present


async def test_teachers_mark_at_their_own_meetings():
    batch, meetings, people = await a_class()
    account_id, *_ = await an_account(Role.TEACHER)
    teacher = Actor(account_id, Role.TEACHER)
    await teach(meetings[0], account_id)
    (saved,) = await commands.take_attendance(teacher, batch.uuid, [at(people[0], meetings[0].uuid)])
    assert saved.is_present
    with pytest.raises(NotYourMeeting) as refused:
        marks = [at(people[0], meeting.uuid) for meeting in meetings]
        await commands.take_attendance(teacher, batch.uuid, marks)
    assert refused.value.data["meetings"] == str(meetings[1].uuid)
    assert await db.value("SELECT count(*) FROM attendance") == 1


async def test_one_unfit_mark_refuses_all():
    batch, meetings, people = await a_class()
    other = await a_meeting(await a_batch())
    _, stranger, *_ = await an_account(Role.STUDENT)
    good = at(people[0], meetings[0].uuid)
    with pytest.raises(MeetingNotOfBatch) as refused:
        await commands.take_attendance(SYSTEM, batch.uuid, [good, at(people[0], other.uuid)])
    assert refused.value.data["meetings"] == str(other.uuid)
    with pytest.raises(PersonNotOfBatch) as refused:
        await commands.take_attendance(SYSTEM, batch.uuid, [good, at(stranger, meetings[0].uuid)])
    assert refused.value.data["people"] == str(stranger)
    with pytest.raises(BatchNotFound):
        await commands.take_attendance(SYSTEM, new_uuid(), [good])
    assert await db.value("SELECT count(*) FROM attendance") == 0


async def test_who_sees_the_people_of_a_batch(statements):
    batch, meetings, people = await a_class()
    account_id, *_ = await an_account(Role.TEACHER)
    teacher = Actor(account_id, Role.TEACHER)
    with pytest.raises(NotYourBatch):
        await attendance_queries.students(teacher, batch.slug, Listing())
    await teach(meetings[0], account_id)
    statements.clear()
    found = await attendance_queries.students(teacher, batch.slug, Listing())
    assert len(statements) == 6
    assert (found.total, {person.uuid for person in found.items}) == (3, set(people))


async def test_a_student_who_left_is_gone_from_the_lists():
    batch, meetings, people = await a_class()
    await commands.take_attendance(SYSTEM, batch.uuid, [at(people[0], meetings[0].uuid)])
    account_id = await db.value("SELECT id FROM account WHERE uuid = $1", people[0])
    await commands.withdraw(account_id, batch.id)
    found = await attendance_queries.attendances_of_batch(batch.slug, Listing())
    assert found.total == 2
    with pytest.raises(PersonNotOfBatch):
        await commands.take_attendance(SYSTEM, batch.uuid, [at(people[0], meetings[0].uuid)])


async def test_a_mark_that_is_none():
    with pytest.raises(AttendanceNotFound):
        await attendance_queries.attendance(new_uuid())


async def test_whose_batches():
    batch, meetings, people = await a_class()
    await a_batch()
    student = Actor(await db.value("SELECT id FROM account WHERE uuid = $1", people[0]), Role.STUDENT)
    account_id, *_ = await an_account(Role.TEACHER)
    teacher = Actor(account_id, Role.TEACHER)
    assert (await queries.batches_of(teacher, Listing())).total == 0
    await teach(meetings[0], account_id)
    for actor in (student, teacher):
        assert [one.id for one in (await queries.batches_of(actor, Listing())).items] == [batch.id]


@pytest.mark.commits
async def test_two_who_save_the_same_grid_do_not_wait_for_each_other():
    batch, meetings, people = await a_class(6)
    grid = [at(person, meeting.uuid) for person in people for meeting in meetings]
    await asyncio.gather(
        *(commands.take_attendance(SYSTEM, batch.uuid, grid if n % 2 else grid[::-1]) for n in range(8))
    )
    assert await db.value("SELECT count(*) FROM attendance") == 12
    assert await told("made") == 6
