"""Checking in by a code that changes: only who is in the batch, only while the meeting lasts, once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.ids import new_uuid
from backend.core.paging import Listing
from backend.core.settings import settings
from backend.domain.batches.errors import MeetingNotFound, NotTeaching
from backend.domain.enrolments import attendance_commands, check_in_queries, commands, rules
from backend.domain.enrolments.attendance_commands import TRIES, Mark, check_in
from backend.domain.enrolments.errors import (
    AlreadyMarked,
    CheckInCodeWrong,
    CheckInNotOpen,
    CheckInOff,
    CheckInOver,
    NotEnrolled,
    TooManyCheckIns,
)
from backend.domain.enrolments.terms import AttendanceStatus
from tests.people import an_account
from tests.school import a_batch, a_meeting, enrol, teach

pytestmark = pytest.mark.usefixtures("database")


async def a_class(students: int = 1, *, begins: timedelta = timedelta(minutes=-5), **settings_):
    """A meeting that students check in to themselves, and the students."""
    batch = await a_batch()
    meeting = await a_meeting(batch, begins=begins)
    await db.statement(
        "UPDATE meeting SET self_check_in = $2, late_after_min = $3, check_in_min = $4 WHERE id = $1",
        meeting.id,
        settings_.get("on", True),
        settings_.get("late"),
        settings_.get("closes"),
    )
    people = []
    for _ in range(students):
        account_id, *_ = await an_account(Role.STUDENT)
        await enrol(batch, account_id)
        people.append(Actor(account_id, Role.STUDENT))
    return batch, meeting, people


async def code_of(meeting) -> str:
    return (await check_in_queries.check_in_code(SYSTEM, meeting.id)).code


def test_a_code_is_good_for_its_step_and_the_next_and_for_its_meeting():
    meeting, at = new_uuid(), 1_700_000_010.0
    code = rules.check_in_code("key", meeting, at)
    assert len(code) == 16
    known = {later: rules.is_check_in_code("key", meeting, at + later, code) for later in (-1, 0, 14.9, 15, 29.9, 30)}
    assert known == {-1: False, 0: True, 14.9: True, 15: True, 29.9: True, 30: False}
    assert rules.is_check_in_code("key", meeting, at, f" {code.lower()} ")
    assert not rules.is_check_in_code("key", new_uuid(), at, code)
    assert not rules.is_check_in_code("other", meeting, at, code)
    assert not rules.is_check_in_code("key", meeting, at, "é" * 16)
    assert rules.code_ends_at(at + 14.9) == at + 15


def test_who_comes_late():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for after, minutes, status in ((None, 90, "present"), (10, 10, "present"), (10, 11, "late"), (0, 1, "late")):
        assert rules.status_on_arrival(start + timedelta(minutes=minutes), start, after) == status


async def test_checking_in_is_noted_once_with_its_history():
    _, meeting, (student,) = await a_class()
    found = await check_in(student, meeting.uuid, await code_of(meeting))
    assert (found.is_present, found.status, found.account_id) == (True, AttendanceStatus.PRESENT, student.person_id)
    assert found.checked_in_at is not None
    with pytest.raises(AlreadyMarked):
        await check_in(student, meeting.uuid, await code_of(meeting))
    (line,) = (await check_in_queries.attendance_changes(SYSTEM, found.id, Listing())).items
    assert (line.before, line.after, line.source) == (None, "present", "self")
    told = await db.fetch("SELECT name FROM outbox ORDER BY id")
    assert [row["name"] for row in told] == ["enrolments.attendance.taken.v1", "enrolments.progress.made.v1"]
    listed = await check_in_queries.check_ins(SYSTEM, meeting.id, Listing())
    assert [one.person.id for one in listed.items] == [student.person_id]
    code = await check_in_queries.check_in_code(SYSTEM, meeting.id)
    assert (code.checked_in, code.enrolled) == (1, 1)
    assert code.url == f"{settings().frontend_url}/check-in/{meeting.uuid}?code={code.code}"


async def test_late_and_too_late_and_too_early():
    _, meeting, (student,) = await a_class(begins=timedelta(minutes=-30), late=15)
    assert (await check_in(student, meeting.id, await code_of(meeting))).status is AttendanceStatus.LATE
    _, over, (student,) = await a_class(begins=timedelta(minutes=-30), closes=20)
    with pytest.raises(CheckInOver):
        await check_in(student, over.id, await code_of(over))
    _, ended, (student,) = await a_class(begins=timedelta(hours=-3))
    with pytest.raises(CheckInOver):
        await check_in(student, ended.id, await code_of(ended))
    _, coming, (student,) = await a_class(begins=timedelta(minutes=5))
    with pytest.raises(CheckInNotOpen):
        await check_in(student, coming.id, await code_of(coming))
    assert await db.value("SELECT count(*) FROM attendance") == 1


async def test_who_cannot_check_in():
    batch, meeting, (student,) = await a_class()
    code = await code_of(meeting)
    _, other, _ = await a_class()
    with pytest.raises(CheckInCodeWrong):
        await check_in(student, meeting.id, "A" * 16)
    with pytest.raises(NotEnrolled):
        await check_in(student, other.id, await code_of(other))
    with pytest.raises(MeetingNotFound):
        await check_in(student, new_uuid(), code)
    await commands.withdraw(student.person_id, batch.id)
    with pytest.raises(NotEnrolled):
        await check_in(student, meeting.id, code)
    _, off, (somebody,) = await a_class(on=False)
    with pytest.raises(CheckInOff):
        await check_in(somebody, off.id, code)
    with pytest.raises(CheckInOff):
        await code_of(off)
    assert await db.value("SELECT count(*) FROM attendance") == 0


async def test_what_staff_have_marked_stands():
    batch, meeting, (student,) = await a_class()
    person = await db.value("SELECT uuid FROM account WHERE id = $1", student.person_id)
    marks = [Mark(person=person, meeting=meeting.uuid, status=AttendanceStatus.ABSENT)]
    (mark,) = await attendance_commands.take_attendance(SYSTEM, batch.uuid, marks)
    with pytest.raises(AlreadyMarked):
        await check_in(student, meeting.id, await code_of(meeting))
    assert (mark.status, mark.checked_in_at) == (AttendanceStatus.ABSENT, None)


async def test_ten_tries_in_a_minute():
    _, meeting, (student,) = await a_class()
    for _ in range(TRIES):
        with pytest.raises(CheckInCodeWrong):
            await check_in(student, meeting.id, "WRONG")
    with pytest.raises(TooManyCheckIns) as refused:
        await check_in(student, meeting.id, await code_of(meeting))
    assert 1 <= refused.value.data["retry_after_s"] <= 61


async def test_the_code_is_for_who_teaches_the_meeting():
    batch, meeting, _ = await a_class()
    account_id, *_ = await an_account(Role.TEACHER)
    teacher = Actor(account_id, Role.TEACHER)
    await teach(await a_meeting(batch), account_id)
    for ask in (check_in_queries.check_in_code(teacher, meeting.id),
                check_in_queries.check_ins(teacher, meeting.id, Listing())):  # fmt: skip
        with pytest.raises(NotTeaching):
            await ask
    await teach(meeting, account_id)
    assert (await check_in_queries.check_in_code(teacher, meeting.id)).enrolled == 1


@pytest.mark.commits
async def test_a_class_that_checks_in_at_once_twice_each():
    _, meeting, people = await a_class(6)
    code = await code_of(meeting)
    tries = [check_in(person, meeting.id, code) for person in people for _ in range(3)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, AlreadyMarked) for one in done) == 12
    assert sum(not isinstance(one, BaseException) for one in done) == 6
    for table in ("attendance", "attendance_change"):
        assert await db.value(f"SELECT count(*) FROM {table}") == 6


@pytest.mark.commits
async def test_checking_in_while_staff_mark_and_while_one_leaves():
    batch, meeting, people = await a_class(4)
    code = await code_of(meeting)
    uuids = [await db.value("SELECT uuid FROM account WHERE id = $1", who.person_id) for who in people]
    marks = [Mark(person=uuid, meeting=meeting.uuid, status=AttendanceStatus.EXCUSED) for uuid in uuids]
    await asyncio.gather(
        *(check_in(who, meeting.id, code) for who in people),
        attendance_commands.take_attendance(SYSTEM, batch.uuid, marks[:3]),
        commands.withdraw(people[3].person_id, batch.id),
        return_exceptions=True,
    )
    rows = await db.fetch(
        "SELECT t.status, (SELECT after FROM attendance_change WHERE attendance_id = t.id ORDER BY id DESC LIMIT 1)"
        " AS told FROM attendance t"
    )
    assert [row["status"] for row in rows] == [row["told"] for row in rows]
    assert sum(row["status"] == "excused" for row in rows) == 3
