"""All batches with everything that hangs on them: what is shown, page by page, and the mark that changes with it."""

from datetime import timedelta

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.domain.accounts.terms import GroupType
from backend.domain.batches import commands as batches
from backend.domain.batches.errors import BatchNotFound
from backend.domain.batches.terms import BatchChanges
from backend.domain.enrolments import batch_queries, commands
from backend.domain.enrolments.batch_queries import Hour, Member
from tests.people import Person, an_account
from tests.school import BatchRow, a_batch, a_course, a_meeting, enrol, teach


async def a_whole_batch(admin: Person) -> BatchRow:
    """A batch with two of everything."""
    required = await a_course()
    batch = await a_batch(groups=("public", "own_student"), created_by=admin.id)
    changes = BatchChanges(
        custom_fields={"Region": "Depok", "Level": "1"}, required_courses=frozenset({required.uuid}), duration_h=1.5
    )
    await batches.update_batch(admin.actor, batch.id, changes)
    later, sooner = await a_meeting(batch), await a_meeting(batch, begins=timedelta(days=-2))
    await db.statement("UPDATE meeting SET join_url = 'https://meet.example/x' WHERE id = $1", later.id)
    for _ in range(2):
        teacher, *_ = await an_account(Role.TEACHER)
        for meeting in (later, sooner):
            await teach(meeting, teacher)
        student, *_ = await an_account(Role.STUDENT)
        await enrol(batch, student)
    return batch


async def test_a_batch_with_everything(admin: Person, statements: list[str]):
    row = await a_whole_batch(admin)
    statements.clear()
    batch = await batch_queries.whole_batch(row.id)
    assert len(statements) == 1
    assert (batch.author_email, batch.course_id, batch.duration_h) == (admin.email, row.course_id, 1.5)
    emails = await db.fetch("SELECT id, email FROM account WHERE role = 'teacher' ORDER BY email")
    assert batch.teacher_emails == [found["email"] for found in emails]
    meetings = await db.fetch("SELECT id, join_url IS NOT NULL AS is_online FROM meeting ORDER BY start_at")
    assert batch.meetings == [Hour(*found) for found in meetings]
    assert [hour.is_online for hour in batch.meetings] == [False, True]
    assert batch.groups == [GroupType.PUBLIC, GroupType.OWN_STUDENT]
    people = await db.fetch("SELECT id, email FROM account WHERE role = 'student' ORDER BY id")
    assert batch.members == [Member(*found) for found in people]
    fields = await db.fetch("SELECT field_id, value FROM batch_field ORDER BY field_id")
    assert batch.custom_fields == [tuple(found) for found in fields]
    assert len(batch.custom_fields) == 2
    assert batch.required_course_ids == [await db.value("SELECT course_id FROM batch_requirement")]
    assert await batch_queries.whole_batches() == [batch]


async def test_a_bare_batch(database: None):
    batch = await batch_queries.whole_batch((await a_batch(groups=())).id)
    assert (batch.author_email, batch.duration_h, batch.language) == (None, None, "id")
    assert [batch.teacher_emails, batch.meetings, batch.members, batch.groups] == [[], [], [], []]
    assert [batch.custom_fields, batch.required_course_ids] == [[], []]


async def test_who_left_or_was_removed_is_not_shown(admin: Person):
    batch = await a_whole_batch(admin)
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE id = (SELECT min(id) FROM enrolment)")
    await db.statement("UPDATE account SET removed_at = now() WHERE role <> 'student'")
    found = await batch_queries.whole_batch(batch.id)
    assert (len(found.members), found.teacher_emails, found.author_email) == (1, [], None)


async def test_all_come_once_page_by_page(database: None, monkeypatch: pytest.MonkeyPatch, statements: list[str]):
    rows = [await a_batch() for _ in range(5)]
    await db.statement("UPDATE batch SET archived_at = now() WHERE id = $1", rows[1].id)
    monkeypatch.setattr(batch_queries, "PAGE", 2)
    monkeypatch.setattr(batch_queries.whole_batches, "__kwdefaults__", {"after": 0, "limit": 2})
    statements.clear()
    pages = [[batch.id for batch in page] async for page in batch_queries.every_whole_batch()]
    assert [len(page) for page in pages] == [2, 2]
    assert [id_ for page in pages for id_ in page] == [row.id for row in rows if row is not rows[1]]
    assert len(statements) == 3
    assert (await batch_queries.whole_batch(rows[1].id)).archived_at is not None


async def test_a_batch_that_is_not_there(database: None):
    with pytest.raises(BatchNotFound):
        await batch_queries.whole_batch(987654)


CHANGES = {
    "a title": "UPDATE batch SET title = 'Other', updated_at = clock_timestamp()",
    "an archive": "UPDATE batch SET archived_at = now()",
    "a course": "UPDATE course SET additional_info = 'x', updated_at = clock_timestamp()",
    "a meeting": "UPDATE meeting SET join_url = NULL, updated_at = clock_timestamp()",
    "a meeting moved": "UPDATE meeting SET updated_at = updated_at - interval '1 hour'",
    "a teacher": "DELETE FROM meeting_teacher WHERE id = (SELECT min(id) FROM meeting_teacher)",
    "a teacher exchanged": "UPDATE meeting_teacher SET account_id = (SELECT id FROM account WHERE role = 'admin')"
    " WHERE id = (SELECT min(id) FROM meeting_teacher)",
    "a member": "UPDATE enrolment SET state = 'withdrawn' WHERE id = (SELECT min(id) FROM enrolment)",
    "a member's address": "UPDATE account SET email = 'new@example.test' WHERE role = 'student'"
    " AND id = (SELECT min(account_id) FROM enrolment)",
    "an author's address": "UPDATE account SET email = 'new@example.test' WHERE role = 'admin'",
    "an author removed": "UPDATE account SET removed_at = now() WHERE role = 'admin'",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_the_mark_changes_with_what_is_shown(admin: Person, change: str):
    await a_whole_batch(admin)
    before = await batch_queries.mark_of_whole_batches()
    assert await batch_queries.mark_of_whole_batches() == before
    await db.statement(CHANGES[change])
    assert await batch_queries.mark_of_whole_batches() != before


async def test_the_mark_changes_by_our_own_commands_and_by_nothing_else(admin: Person, student: Person):
    batch = await a_whole_batch(admin)
    marks = [await batch_queries.mark_of_whole_batches()]
    await commands.enrol(student.id, batch.id)
    marks.append(await batch_queries.mark_of_whole_batches())
    await batches.update_batch(admin.actor, batch.id, BatchChanges(custom_fields={}))
    marks.append(await batch_queries.mark_of_whole_batches())
    assert len(set(marks)) == 3
    await an_account(Role.STUDENT)
    await db.statement("UPDATE batch SET seats_taken = seats_taken + 1")
    assert await batch_queries.mark_of_whole_batches() == marks[-1]
