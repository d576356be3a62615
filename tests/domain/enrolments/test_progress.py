"""Who is in a batch, what they have done there, and the gate between meetings."""

from datetime import timedelta
from decimal import Decimal

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.domain.enrolments import commands, queries
from backend.domain.enrolments.errors import (
    AssignmentOpen,
    AttendanceNotTaken,
    EnrolmentNotFound,
    NotEnrolled,
    QuizOpen,
    WasAbsent,
)
from backend.domain.enrolments.terms import ActivityKind
from tests.people import an_account
from tests.school import a_batch, a_meeting, enrol

pytestmark = pytest.mark.usefixtures("database")


async def events(name: str) -> int:
    return await db.value("SELECT count(*) FROM outbox WHERE name = $1", name)


async def attend(meeting, account_id: int, *, present: bool = True) -> None:
    await db.statement(
        "INSERT INTO attendance (meeting_id, account_id, is_present) VALUES ($1, $2, $3)"
        " ON CONFLICT (meeting_id, account_id) DO UPDATE SET is_present = excluded.is_present",
        meeting.id,
        account_id,
        present,
    )


async def a_class(*, gate: bool = True):
    """A batch with two meetings and one student in it."""
    batch = await a_batch(gate=gate)
    first = await a_meeting(batch, begins=timedelta(days=-2), title="First")
    second = await a_meeting(batch, begins=timedelta(days=-1), title="Second")
    account_id, *_ = await an_account(Role.STUDENT)
    return batch, first, second, account_id, await enrol(batch, account_id)


async def test_enrolling_twice_is_once_and_leaving_can_be_taken_back():
    batch = await a_batch()
    account_id, *_ = await an_account(Role.STUDENT)
    first = await commands.enrol(account_id, batch.id)
    assert await commands.enrol(account_id, batch.id) == first
    assert await events("enrolments.student.enrolled.v1") == 1
    assert await commands.withdraw(account_id, batch.id)
    assert not await commands.withdraw(account_id, batch.id)
    assert await events("enrolments.student.withdrawn.v1") == 1
    assert await queries.enrolment(account_id, batch.id) is None
    with pytest.raises(NotEnrolled):
        await queries.must_be_enrolled(account_id, batch.id)
    assert await commands.enrol(account_id, batch.id) == first
    assert (await queries.must_be_enrolled(account_id, batch.id)).id == first
    assert [one.id for one in await queries.enrolments_of(batch.id)] == [first]


async def test_an_enrolment_that_is_none():
    with pytest.raises(EnrolmentNotFound):
        await queries.enrolment_by_id(4711)


async def test_progress_counts_everything_once(statements):
    batch, first, second, account_id, enrolment_id = await a_class()
    await commands.add_activity(batch.id, first.id, ActivityKind.QUIZ, 5, "Quiz")
    await commands.add_activity(batch.id, second.id, ActivityKind.ASSIGNMENT, 5, "Essay")
    await commands.add_activity(batch.id, second.id, ActivityKind.ASSIGNMENT, 5, "Essay, again")
    await attend(first, account_id)
    await commands.complete(account_id, ActivityKind.QUIZ, 5)
    await commands.complete(account_id, ActivityKind.QUIZ, 5)
    assert await events("enrolments.progress.made.v1") == 1
    statements.clear()
    found = await queries.progress(enrolment_id)
    assert len(statements) == 1
    assert (found.percent, found.done, found.total, found.is_whole) == (Decimal("50.00"), 2, 4, False)
    assert found.counts[ActivityKind.MEETING] == queries.Count(1, 2)
    assert [(one.kind, one.title, one.meeting_id) for one in found.missing] == [
        (ActivityKind.MEETING, "Second", second.id),
        (ActivityKind.ASSIGNMENT, "Essay, again", second.id),
    ]


async def test_what_is_done_can_be_undone_renamed_and_removed():
    batch, first, _, account_id, enrolment_id = await a_class()
    await commands.add_activity(batch.id, first.id, ActivityKind.ASSIGNMENT, 9, "Essay")
    await commands.complete(account_id, ActivityKind.ASSIGNMENT, 9)
    await commands.uncomplete(account_id, ActivityKind.ASSIGNMENT, 9)
    await commands.uncomplete(account_id, ActivityKind.ASSIGNMENT, 9)
    assert await events("enrolments.progress.lost.v1") == 1
    await commands.rename_activity(ActivityKind.ASSIGNMENT, 9, "Paper")
    assert "Paper" in [one.title for one in (await queries.progress(enrolment_id)).missing]
    await commands.complete(account_id, ActivityKind.ASSIGNMENT, 9)
    await commands.remove_activity(ActivityKind.ASSIGNMENT, 9)
    assert (await queries.progress(enrolment_id)).total == 2


async def test_strangers_complete_nothing():
    batch, first, *_ = await a_class()
    stranger, *_ = await an_account(Role.STUDENT)
    await commands.add_activity(batch.id, first.id, ActivityKind.QUIZ, 3, "Quiz")
    await commands.complete(stranger, ActivityKind.QUIZ, 3)
    assert await db.value("SELECT count(*) FROM completion") == 0


async def test_nothing_to_do_is_nothing_done():
    batch = await a_batch()
    account_id, *_ = await an_account(Role.STUDENT)
    found = await queries.progress(await enrol(batch, account_id))
    assert (found.percent, found.total, found.is_whole) == (Decimal("0.00"), 0, False)


async def test_the_gate_names_one_thing_after_the_other(statements):
    batch, first, second, account_id, enrolment_id = await a_class()
    await commands.add_activity(batch.id, first.id, ActivityKind.QUIZ, 1, "Quiz 1")
    await commands.add_activity(batch.id, first.id, ActivityKind.ASSIGNMENT, 1, "Essay 1")
    await commands.add_activity(batch.id, first.id, ActivityKind.ASSIGNMENT, 2, "Essay 2")
    await queries.pass_gate(enrolment_id, first.id)
    with pytest.raises(AttendanceNotTaken):
        await queries.pass_gate(enrolment_id, second.id)
    await attend(first, account_id, present=False)
    with pytest.raises(WasAbsent):
        await queries.pass_gate(enrolment_id, second.id)
    await attend(first, account_id)
    await commands.complete(account_id, ActivityKind.ASSIGNMENT, 1)
    with pytest.raises(AssignmentOpen) as told:
        await queries.pass_gate(enrolment_id, second.id)
    assert told.value.data["title"] == "Essay 2"
    await commands.complete(account_id, ActivityKind.ASSIGNMENT, 2)
    with pytest.raises(QuizOpen) as told:
        await queries.pass_gate(enrolment_id, second.id)
    assert told.value.data["title"] == "Quiz 1"
    await commands.complete(account_id, ActivityKind.QUIZ, 1)
    statements.clear()
    assert await queries.missing_before(enrolment_id, second.id) == []
    assert len(statements) == 1


async def test_the_gate_asks_of_the_last_meeting_before_only_ties_by_id():
    batch, _, second, account_id, enrolment_id = await a_class()
    twin = await a_meeting(batch, title="Twin")
    third = await a_meeting(batch, begins=timedelta(hours=1))
    await db.statement(
        "UPDATE meeting SET start_at = (SELECT start_at FROM meeting WHERE id = $1) WHERE id = $2", second.id, twin.id
    )
    assert [one.title for one in await queries.missing_before(enrolment_id, third.id)] == ["Twin"]
    assert [one.title for one in await queries.missing_before(enrolment_id, twin.id)] == ["First"]
    await attend(twin, account_id)
    await queries.pass_gate(enrolment_id, third.id)


async def test_a_batch_without_a_gate_lets_everybody_through():
    _, _, second, _, enrolment_id = await a_class(gate=False)
    await queries.pass_gate(enrolment_id, second.id)
