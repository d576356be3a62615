"""Marks: all or none, by those who may, and what they do to progress."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.ids import new_uuid
from backend.core.paging import Listing
from backend.domain.batches.errors import BatchNotFound, NotTeaching
from backend.domain.enrolments import attendance_commands, attendance_queries, check_in_queries, commands, queries
from backend.domain.enrolments.attendance_commands import Mark
from backend.domain.enrolments.errors import (
    AttendanceNotFound,
    MeetingNotOfBatch,
    NotYourBatch,
    NotYourMeeting,
    PersonNotOfBatch,
)
from backend.domain.enrolments.terms import AttendanceStatus
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
    saved = await attendance_commands.take_attendance(SYSTEM, batch.uuid, grid)
    assert len(statements) <= 8
    assert [mark.meeting_id for mark in saved] == [meetings[0].id] * 3 + [meetings[1].id] * 3
    assert all(mark.is_present and mark.note == "Hadir" for mark in saved)
    assert await told("made") == 3
    before = {mark.id: mark.updated_at for mark in saved}
    again = await attendance_commands.take_attendance(SYSTEM, batch.uuid, grid)
    assert {mark.id: mark.updated_at for mark in again} == before
    assert (await told("made"), await told("lost")) == (3, 0)
    await attendance_commands.take_attendance(SYSTEM, batch.uuid, [at(people[0], meetings[0].uuid, present=False)])
    assert (await told("made"), await told("lost")) == (3, 1)


async def test_of_two_marks_for_one_pair_the_later_counts():
    batch, meetings, people = await a_class()
    pair = (people[0], meetings[0].uuid)
    (saved,) = await attendance_commands.take_attendance(SYSTEM, batch.uuid, [at(*pair), at(*pair, present=False)])
    assert not saved.is_present


async def test_teachers_mark_at_their_own_meetings():
    batch, meetings, people = await a_class()
    account_id, *_ = await an_account(Role.TEACHER)
    teacher = Actor(account_id, Role.TEACHER)
    await teach(meetings[0], account_id)
    (saved,) = await attendance_commands.take_attendance(teacher, batch.uuid, [at(people[0], meetings[0].uuid)])
    assert saved.is_present
    with pytest.raises(NotYourMeeting) as refused:
        marks = [at(people[0], meeting.uuid) for meeting in meetings]
        await attendance_commands.take_attendance(teacher, batch.uuid, marks)
    assert refused.value.data["meetings"] == str(meetings[1].uuid)
    assert await db.value("SELECT count(*) FROM attendance") == 1


async def test_one_unfit_mark_refuses_all():
    batch, meetings, people = await a_class()
    other = await a_meeting(await a_batch())
    _, stranger, *_ = await an_account(Role.STUDENT)
    good = at(people[0], meetings[0].uuid)
    with pytest.raises(MeetingNotOfBatch) as refused:
        await attendance_commands.take_attendance(SYSTEM, batch.uuid, [good, at(people[0], other.uuid)])
    assert refused.value.data["meetings"] == str(other.uuid)
    with pytest.raises(PersonNotOfBatch) as refused:
        await attendance_commands.take_attendance(SYSTEM, batch.uuid, [good, at(stranger, meetings[0].uuid)])
    assert refused.value.data["people"] == str(stranger)
    with pytest.raises(BatchNotFound):
        await attendance_commands.take_attendance(SYSTEM, new_uuid(), [good])
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
    await attendance_commands.take_attendance(SYSTEM, batch.uuid, [at(people[0], meetings[0].uuid)])
    account_id = await db.value("SELECT id FROM account WHERE uuid = $1", people[0])
    await commands.withdraw(account_id, batch.id)
    found = await attendance_queries.attendances_of_batch(batch.slug, Listing())
    assert found.total == 2
    with pytest.raises(PersonNotOfBatch):
        await attendance_commands.take_attendance(SYSTEM, batch.uuid, [at(people[0], meetings[0].uuid)])


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
        *(attendance_commands.take_attendance(SYSTEM, batch.uuid, grid if n % 2 else grid[::-1]) for n in range(8))
    )
    assert await db.value("SELECT count(*) FROM attendance") == 12
    assert await told("made") == 6


async def history() -> list[tuple]:
    rows = await db.fetch("SELECT before, after, note_after, source FROM attendance_change ORDER BY id")
    return [tuple(row) for row in rows]


def state(person, meeting, status: str | None = None, *, present: bool = False) -> Mark:
    return Mark(person=person, meeting=meeting, is_present=present, status=status and AttendanceStatus(status))


async def test_a_boolean_that_says_nothing_new_leaves_the_state_as_it_is():
    batch, meetings, people = await a_class()
    pairs = [(people[0], meetings[0].uuid), (people[1], meetings[0].uuid)]

    async def take(*marks: Mark) -> list[str]:
        return [str(one.status) for one in await attendance_commands.take_attendance(SYSTEM, batch.uuid, marks)]

    assert await take(state(*pairs[0], "late"), state(*pairs[1], "excused")) == ["late", "excused"]
    assert await take(state(*pairs[0], present=True), state(*pairs[1])) == ["late", "excused"]
    assert await take(state(*pairs[0]), state(*pairs[1], present=True)) == ["absent", "present"]
    assert await take(state(*pairs[0], "present"), state(*pairs[1], "absent", present=True)) == ["present", "absent"]
    assert [line[:2] for line in await history()] == [
        (None, "late"), (None, "excused"), ("late", "absent"), ("excused", "present"), ("absent", "present"),
        ("present", "absent"),
    ]  # fmt: skip


async def test_a_note_that_is_not_sent_stays():
    batch, meetings, people = await a_class(1)
    pair = (people[0], meetings[0].uuid)

    async def take(mark: Mark) -> tuple[str, str | None]:
        (made,) = await attendance_commands.take_attendance(SYSTEM, batch.uuid, [mark])
        return str(made.status), made.note

    assert await take(Mark(person=pair[0], meeting=pair[1], status=AttendanceStatus.EXCUSED, note="sakit")) == (
        "excused", "sakit",
    )  # fmt: skip
    assert await take(state(*pair)) == ("excused", "sakit")
    assert await take(state(*pair, "present")) == ("present", "sakit")
    assert await take(at(*pair, note=None)) == ("present", None)
    assert [line[1:3] for line in await history()] == [("excused", "sakit"), ("present", "sakit"), ("present", None)]


async def test_excused_is_neither_attended_nor_missed():
    batch, meetings, people = await a_class(1)
    account_id = await db.value("SELECT id FROM account WHERE uuid = $1", people[0])
    enrolment = await queries.must_be_enrolled(account_id, batch.id)
    first, second = (meeting.uuid for meeting in meetings)

    async def take(*marks: Mark) -> tuple[int, int, bool]:
        await attendance_commands.take_attendance(SYSTEM, batch.uuid, marks)
        found = await queries.progress(enrolment.id)
        numbers = (await queries.standings([enrolment.id])).get(enrolment.id)
        assert (numbers.attended, numbers.meetings) == (found.done, found.total) if numbers else found.total == 0
        return found.done, found.total, found.is_whole

    assert await take(state(people[0], first, "late")) == (1, 2, False)
    assert await take(state(people[0], second, "excused")) == (1, 1, True)
    assert (await told("made"), await told("lost")) == (2, 0)
    assert await take(state(people[0], first, "excused")) == (0, 0, False)
    assert await told("lost") == 1
    assert await take(state(people[0], second, "absent")) == (0, 1, False)
    assert await told("lost") == 2


async def test_each_change_of_a_mark_is_kept_and_can_be_read():
    batch, meetings, people = await a_class(1)
    pair = (people[0], meetings[0].uuid)
    account_id, *_ = await an_account(Role.TEACHER)
    teacher = Actor(account_id, Role.TEACHER)
    await teach(meetings[0], account_id)
    (mark,) = await attendance_commands.take_attendance(teacher, batch.uuid, [at(*pair, note="Hadir")])
    await attendance_commands.take_attendance(teacher, batch.uuid, [at(*pair, note="Hadir")])
    await attendance_commands.take_attendance(SYSTEM, batch.uuid, [at(*pair, note="Ya")])
    assert await history() == [(None, "present", "Hadir", "staff"), ("present", "present", "Ya", "staff")]
    lines = (await check_in_queries.attendance_changes(teacher, mark.id, Listing())).items
    name = await db.value("SELECT name FROM account WHERE id = $1", account_id)
    assert [(line.by_name, line.note_before, line.note_after) for line in lines] == [
        (name, None, "Hadir"),
        (None, "Hadir", "Ya"),
    ]
    other, *_ = await an_account(Role.TEACHER)
    await teach(meetings[1], other)
    with pytest.raises(NotTeaching):
        await check_in_queries.attendance_changes(Actor(other, Role.TEACHER), mark.id, Listing())
    for change in ("UPDATE attendance_change SET after = 'late'", "DELETE FROM attendance_change"):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with db.savepoint():
                await db.statement(change)
