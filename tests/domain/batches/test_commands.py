"""Batches, meetings and materials: every refusal once. What people see is tested through the dialect."""

import asyncpg
import pytest

from backend.core import clock, db
from backend.core.errors import Invalid
from backend.core.ids import new_uuid
from backend.domain.batches import commands, material_commands, meeting_commands, meeting_queries, queries
from backend.domain.batches.errors import (
    AlreadyTeaching,
    BatchInUse,
    BatchKeptByAdmins,
    BatchNotFound,
    EndsTooEarly,
    MaterialNotFound,
    MeetingInUse,
    MeetingNotFound,
    NotATeacher,
    NotTeaching,
    PostActivityUnfit,
    QuotaBelowSeats,
    RequiredCourseNotFound,
    TeacherNotFound,
)
from backend.domain.batches.terms import BatchChanges, MaterialChanges, MeetingChanges, NewMaterial
from tests import school
from tests.domain.courses.test_commands import a_picture, states
from tests.people import Person

LINK = NewMaterial(title="T", url="https://x.example")


async def test_only_admins_change_batches_and_meetings(teacher: Person):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    actor = teacher.actor
    for act in (
        commands.update_batch(actor, batch.id, BatchChanges()),
        commands.archive_batch(actor, batch.id),
        commands.restore_batch(actor, batch.id),
        commands.delete_batch(actor, batch.id),
        meeting_commands.update_meeting(actor, meeting.id, MeetingChanges()),
        meeting_commands.delete_meeting(actor, meeting.id),
        meeting_commands.assign_teachers(actor, meeting.id, [teacher.uuid]),
        meeting_commands.replace_teachers(actor, meeting.id, [teacher.uuid]),
        meeting_commands.unassign_teacher(actor, meeting.id, teacher.uuid),
    ):
        with pytest.raises(BatchKeptByAdmins):
            await act


async def test_a_serial_never_changes(admin: Person):
    batch = await school.a_batch()
    for table, id_ in (("batch", batch.id), ("course", batch.course_id)):
        await db.statement(f"UPDATE {table} SET code = code WHERE id = $1", id_)
        async with db.transaction():
            with pytest.raises(asyncpg.RestrictViolationError):
                async with db.savepoint():
                    await db.statement(f"UPDATE {table} SET code = 'OTHER' WHERE id = $1", id_)


async def test_required_courses_exist(admin: Person):
    batch, course = await school.a_batch(), await school.a_course()
    changed = BatchChanges(required_courses=frozenset({course.uuid, new_uuid()}))
    with pytest.raises(RequiredCourseNotFound):
        await commands.update_batch(admin.actor, batch.id, changed)


async def test_what_follows_the_classes_has_both_times(admin: Person):
    batch = await school.a_batch()
    with pytest.raises(PostActivityUnfit):
        await commands.update_batch(admin.actor, batch.id, BatchChanges(post_start_at=clock.now()))


async def test_what_is_not_there(admin: Person):
    for act, error in (
        (commands.update_batch(admin.actor, new_uuid(), BatchChanges()), BatchNotFound),
        (commands.delete_batch(admin.actor, 987654), BatchNotFound),
        (meeting_commands.update_meeting(admin.actor, 987654, MeetingChanges()), MeetingNotFound),
        (meeting_commands.delete_meeting(admin.actor, new_uuid()), MeetingNotFound),
        (material_commands.create_material(admin.actor, new_uuid(), LINK), MeetingNotFound),
        (material_commands.update_material(admin.actor, 987654, MaterialChanges()), MaterialNotFound),
        (meeting_queries.material(987654), MaterialNotFound),
    ):
        with pytest.raises(error):
            await act


async def test_teachers_and_their_meetings(admin: Person, teacher: Person, student: Person):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    with pytest.raises(NotTeaching):
        await queries.must_teach_batch(teacher.actor, batch.id)
    with pytest.raises(NotTeaching):
        await material_commands.create_material(teacher.actor, meeting.id, LINK)
    await meeting_commands.assign_teachers(admin.actor, meeting.id, [teacher.uuid])
    await queries.must_teach_meeting(teacher.actor, meeting.id)
    with pytest.raises(AlreadyTeaching):
        await meeting_commands.assign_teachers(admin.actor, meeting.id, [teacher.uuid, teacher.uuid])
    with pytest.raises(NotATeacher):
        await meeting_commands.replace_teachers(admin.actor, meeting.id, [student.uuid])
    with pytest.raises(TeacherNotFound):
        await meeting_commands.unassign_teacher(admin.actor, meeting.id, student.uuid)


async def test_rules_of_change(admin: Person, student: Person):
    batch = await school.a_batch(quota=2)
    meeting = await school.a_meeting(batch)
    view = await queries.meeting(meeting.id)
    with pytest.raises(EndsTooEarly):
        await meeting_commands.update_meeting(admin.actor, meeting.id, MeetingChanges(end_at=view.start_at))
    await school.enrol(batch, student.id)
    with pytest.raises(QuotaBelowSeats):
        await commands.update_batch(admin.actor, batch.id, BatchChanges(quota=0))
    with pytest.raises(BatchInUse):
        await commands.delete_batch(admin.actor, batch.id)
    await db.statement(
        "INSERT INTO attendance (meeting_id, account_id, is_present, created_at, updated_at)"
        " VALUES ($1, $2, true, now(), now())",
        meeting.id,
        student.id,
    )
    with pytest.raises(MeetingInUse):
        await meeting_commands.delete_meeting(admin.actor, meeting.id)
    with pytest.raises(Invalid):
        await material_commands.create_material(admin.actor, meeting.id, NewMaterial(title="T"))
    material = await material_commands.create_material(admin.actor, meeting.id, LINK)
    with pytest.raises(Invalid):
        await material_commands.update_material(
            admin.actor, material.id, MaterialChanges(url="https://x.example", file=new_uuid())
        )


async def test_a_thumbnail_that_is_replaced_is_removed(admin: Person):
    batch = await school.a_batch()
    first, second = await a_picture(admin.id), await a_picture(admin.id)
    for url in (first, second):
        changed = await commands.update_batch(admin.actor, batch.id, BatchChanges(batch_thumbnail=url))
        assert changed.batch_thumbnail == url
    assert await states() == ["removed", "stored"]
    await commands.update_batch(admin.actor, batch.id, BatchChanges(title="Other"))
    assert await states() == ["removed", "stored"]
    await commands.delete_batch(admin.actor, batch.id)
    assert await states() == ["removed", "removed"]
