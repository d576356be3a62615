"""One student is excused from one thing: the gate opens for them, and nothing else changes."""

import asyncio
from datetime import timedelta

import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.ids import new_uuid
from backend.core.paging import Listing
from backend.domain.batches.errors import NotTeaching
from backend.domain.enrolments import attendance_commands, commands, excuse_commands, excuse_queries, queries, standing
from backend.domain.enrolments.attendance_commands import Mark
from backend.domain.enrolments.errors import (
    AlreadyExcused,
    AssignmentOpen,
    AttendanceNotTaken,
    ExcuseNotFound,
    ItemNotOfBatch,
    PersonNotOfBatch,
)
from backend.domain.enrolments.excuse_commands import Plea
from backend.domain.enrolments.terms import ActivityKind, AttendanceStatus
from tests.people import an_account
from tests.school import a_batch, a_meeting, enrol, teach

pytestmark = pytest.mark.usefixtures("database")


async def a_class():
    """Two meetings with a gate between them; the first has an assignment (5) and a quiz (6)."""
    batch = await a_batch(gate=True)
    first = await a_meeting(batch, begins=timedelta(days=-2), title="First")
    second = await a_meeting(batch, begins=timedelta(days=-1), title="Second")
    await commands.add_activity(batch.id, first.id, ActivityKind.ASSIGNMENT, 5, "Essay")
    await commands.add_activity(batch.id, first.id, ActivityKind.QUIZ, 6, "Quiz")
    account_id, uuid, *_ = await an_account(Role.STUDENT)
    return batch, first, second, uuid, Actor(account_id, Role.STUDENT), await enrol(batch, account_id)


async def missing(enrolment_id: int, meeting) -> list[str]:
    return [one.title for one in await queries.missing_before(enrolment_id, meeting.id)]


async def test_the_gate_names_everything_and_what_staff_excuse_no_more():
    batch, first, second, person, student, enrolment = await a_class()
    with pytest.raises(AttendanceNotTaken) as refused:
        await queries.pass_gate(enrolment, second.id)
    assert refused.value.data["missing"] == [
        {"kind": "meeting", "title": "First"},
        {"kind": "assignment", "title": "Essay"},
        {"kind": "quiz", "title": "Quiz"},
    ]
    before = await queries.progress(enrolment)
    await excuse_commands.excuse_student(SYSTEM, batch.id, Plea(person=person, kind=ActivityKind.QUIZ, item_id=6))
    assert await missing(enrolment, second) == ["First", "Essay"]
    marks = [Mark(person=person, meeting=first.uuid, status=AttendanceStatus.EXCUSED)]
    await attendance_commands.take_attendance(SYSTEM, batch.uuid, marks)
    with pytest.raises(AssignmentOpen):
        await queries.pass_gate(enrolment, second.id)
    shown = (await standing.standings(student, batch.id))[second.id]
    assert ([one.title for one in shown.missing], shown.lock_code) == (["Essay"], AssignmentOpen.code)
    given = await excuse_commands.excuse_student(
        SYSTEM, batch.id, Plea(person=person, kind=ActivityKind.MEETING, item_id=first.id, reason="Ill")
    )
    await queries.pass_gate(enrolment, second.id)
    assert (await standing.standings(student, batch.id))[second.id].missing == []
    after = await queries.progress(enrolment)
    assert (after.done, after.total) == (before.done, before.total - 1)  # the excused meeting alone
    await excuse_commands.revoke_excuse(SYSTEM, given.uuid)
    assert await missing(enrolment, second) == ["Essay"]


async def test_an_excuse_is_given_once_taken_back_once_and_kept():
    batch, first, _, person, *_ = await a_class()
    plea = Plea(person=person, kind=ActivityKind.MEETING, item_id=first.id, reason="Ill")
    given = await excuse_commands.excuse_student(SYSTEM, batch.uuid, plea)
    with pytest.raises(AlreadyExcused):
        await excuse_commands.excuse_student(SYSTEM, batch.uuid, plea)
    revoked = await excuse_commands.revoke_excuse(SYSTEM, given.uuid)
    assert revoked.revoked_at is not None
    assert (await excuse_commands.revoke_excuse(SYSTEM, given.uuid)).revoked_at == revoked.revoked_at
    again = await excuse_commands.excuse_student(SYSTEM, batch.uuid, plea)
    listed = (await excuse_queries.excuses(SYSTEM, batch.slug, Listing())).items
    assert [one.uuid for one in listed] == [again.uuid, given.uuid]
    assert (listed[0].title, listed[0].kind, listed[0].reason) == ("First", ActivityKind.MEETING, "Ill")
    names = await db.fetch("SELECT body->>'deed' AS deed FROM outbox WHERE name = 'enrolments.excuse.changed.v1'")
    assert [row["deed"] for row in names] == ["created", "removed", "created"]
    with pytest.raises(ExcuseNotFound):
        await excuse_commands.revoke_excuse(SYSTEM, new_uuid())


async def test_whom_nobody_can_excuse_and_from_what():
    batch, first, _, person, *_ = await a_class()
    other = await a_meeting(await a_batch())
    _, stranger, *_ = await an_account(Role.STUDENT)
    for plea in (
        Plea(person=person, kind=ActivityKind.MEETING, item_id=other.id),
        Plea(person=person, kind=ActivityKind.QUIZ, item_id=5),
    ):
        with pytest.raises(ItemNotOfBatch):
            await excuse_commands.excuse_student(SYSTEM, batch.id, plea)
    plea = Plea(person=stranger, kind=ActivityKind.MEETING, item_id=first.id)
    with pytest.raises(PersonNotOfBatch):
        await excuse_commands.excuse_student(SYSTEM, batch.id, plea)


async def test_teachers_excuse_in_the_meetings_they_teach():
    batch, first, second, person, *_ = await a_class()
    account_id, *_ = await an_account(Role.TEACHER)
    teacher = Actor(account_id, Role.TEACHER)
    await teach(second, account_id)
    plea = Plea(person=person, kind=ActivityKind.ASSIGNMENT, item_id=5)
    with pytest.raises(NotTeaching):
        await excuse_commands.excuse_student(teacher, batch.id, plea)
    await teach(first, account_id)
    given = await excuse_commands.excuse_student(teacher, batch.id, plea)
    assert given.by == await db.value("SELECT uuid FROM account WHERE id = $1", account_id)
    await db.statement("DELETE FROM meeting_teacher WHERE meeting_id = $1", first.id)
    with pytest.raises(NotTeaching):
        await excuse_commands.revoke_excuse(teacher, given.uuid)


@pytest.mark.commits
async def test_two_who_excuse_at_once():
    batch, first, _, person, *_ = await a_class()
    plea = Plea(person=person, kind=ActivityKind.MEETING, item_id=first.id)
    done = await asyncio.gather(
        *(excuse_commands.excuse_student(SYSTEM, batch.id, plea) for _ in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, AlreadyExcused) for one in done) == 3
    assert await db.value("SELECT count(*) FROM gate_excuse") == 1
