from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core import clock, db
from backend.core.actor import Role
from tests.school import a_batch, a_meeting, enrol, teach
from tests.tasks import a_class, a_task, hand_in

KEYS = {
    "id", "meeting_id", "teacher_id", "title", "description", "type", "start_at", "end_at", "assignment_files",
    "assignment_submissions", "created_at", "updated_at",
}  # fmt: skip


def a_body(**values):
    begin = clock.now()
    return {
        "title": "Essay on VAT",
        "type": "essay",
        "start_at": begin.isoformat(),
        "end_at": (begin + timedelta(days=7)).isoformat(),
        **values,
    }


async def test_a_teacher_of_the_meeting_creates_one_and_it_counts(a_person):
    group = await a_class(a_person)
    body = a_body(description="Write", assignment_files=["https://elsewhere.test/a.pdf", "http://b.test/c"])
    answer = await group.teacher.http.post(f"/api/v1/meetings/{group.task.meeting.uuid}/assignments", json=body)
    assert answer.status_code == 201
    assert answer.json()["message"] == "Assignment created successfully"
    data = answer.json()["data"]
    assert data.keys() == KEYS
    assert data["meeting_id"] == str(group.task.meeting.uuid)
    assert data["teacher_id"] == str(group.teacher.uuid)
    assert [file["file_url"] for file in data["assignment_files"]] == body["assignment_files"]
    assert data["assignment_files"][0].keys() == {"id", "assignment_id", "file_url", "created_at", "updated_at"}
    assert await db.value("SELECT count(*) FROM activity WHERE title = 'Essay on VAT' AND kind = 'assignment'") == 1
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'assignments.assignment.created.v1'") == 1


async def test_another_teacher_may_not_and_reads_why(a_person, teacher):
    group = await a_class(a_person)
    answer = await teacher.http.post(f"/api/v1/meetings/{group.task.meeting.uuid}/assignments", json=a_body())
    assert answer.status_code == 403
    assert answer.json() == {
        "success": False,
        "message": "Failed to create assignment",
        "error": f"forbidden: user {teacher.uuid} is not assigned to teach meeting {group.task.meeting.uuid}",
    }
    for method, path in (("PATCH", ""), ("DELETE", "")):
        answer = await teacher.http.request(method, f"/api/v1/assignments/{group.task.uuid}{path}", json={})
        assert answer.status_code == 403
    answer = await teacher.http.get(f"/api/v1/meetings/{group.task.meeting.uuid}/assignments")
    assert answer.status_code == 403


async def test_it_has_to_end_after_it_begins(a_person, admin):
    group = await a_class(a_person)
    now = clock.now().isoformat()
    body = a_body(start_at=now, end_at=now)
    answer = await admin.http.post(f"/api/v1/meetings/{group.task.meeting.uuid}/assignments", json=body)
    assert answer.status_code == 422
    answer = await admin.http.patch(f"/api/v1/assignments/{group.task.uuid}", json={"end_at": "2001-01-01T00:00:00Z"})
    assert answer.status_code == 422
    assert answer.json()["message"] == "Failed to update assignment"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("type", "quiz"),
        ("start_at", "tomorrow"),
        ("assignment_files", []),
        ("assignment_files", ["javascript:alert(1)"]),
        ("assignment_files", ["/etc/passwd"]),
    ],
)
async def test_a_field_that_does_not_fit_is_named(a_person, admin, field, value):
    group = await a_class(a_person)
    path = f"/api/v1/meetings/{group.task.meeting.uuid}/assignments"
    answer = await admin.http.post(path, json=a_body(**{field: value}))
    assert answer.status_code == 400
    assert answer.json()["message"] == "Validasi gagal"
    assert [name.split("[")[0] for name in answer.json()["error"]] == [field]


async def test_the_contracts_word_for_a_wrong_type(a_person, admin):
    group = await a_class(a_person)
    path = f"/api/v1/meetings/{group.task.meeting.uuid}/assignments"
    answer = await admin.http.post(path, json=a_body(type="quiz"))
    assert answer.json()["error"] == {"type": "type harus salah satu dari: file, essay"}
    answer = await admin.http.post(path, json={})
    needed = ("title", "type", "start_at", "end_at")
    assert answer.json()["error"] == {field: f"{field} wajib diisi" for field in needed}


async def test_a_file_of_somebody_else_is_not_attached(a_person, admin):
    group = await a_class(a_person)
    body = a_body(assignment_files=[f"/uploads/docs/2026/01/01/{uuid4()}.pdf"])
    answer = await admin.http.post(f"/api/v1/meetings/{group.task.meeting.uuid}/assignments", json=body)
    assert answer.status_code == 404


async def test_update_replaces_files_and_leaves_the_rest(a_person):
    group = await a_class(a_person)
    path = f"/api/v1/assignments/{group.task.uuid}"
    await group.teacher.http.patch(path, json={"assignment_files": ["https://a.test/1", "https://a.test/2"]})
    answer = await group.teacher.http.patch(path, json={"assignment_files": ["https://a.test/3"], "title": "New"})
    assert answer.status_code == 200
    assert answer.json()["message"] == "Assignment updated successfully"
    assert [file["file_url"] for file in answer.json()["data"]["assignment_files"]] == ["https://a.test/3"]
    answer = await group.teacher.http.patch(path, json={"description": "More"})
    assert len(answer.json()["data"]["assignment_files"]) == 1
    assert answer.json()["data"]["title"] == "New"
    assert await db.value("SELECT title FROM activity WHERE item_id = $1", group.task.id) == "New"


async def test_the_type_stays_once_work_is_there(a_person):
    group = await a_class(a_person)
    await hand_in(group)
    answer = await group.teacher.http.patch(f"/api/v1/assignments/{group.task.uuid}", json={"type": "file"})
    assert answer.status_code == 409


async def test_who_sees_one(a_person, admin, teacher, student):
    group = await a_class(a_person)
    await hand_in(group)
    path = f"/api/v1/assignments/{group.task.uuid}"
    for person in (admin, group.teacher, group.student):
        answer = await person.http.get(path)
        assert answer.status_code == 200
        assert answer.json()["message"] == "Assignment retrieved successfully"
        assert answer.json()["data"].keys() == KEYS
        (work,) = answer.json()["data"]["assignment_submissions"]
        assert (work["user_id"], work["assignment"]) == (str(group.student.uuid), None)
    answer = await teacher.http.get(path)
    assert (answer.status_code, answer.json()["error"]) == (403, "Anda bukan pengajar di meeting ini")
    answer = await student.http.get(path)
    assert (answer.status_code, answer.json()["error"]) == (403, "Anda belum terdaftar di batch meeting ini")
    assert answer.json()["message"] == "Assignment not found"


async def test_a_classmate_sees_the_task_but_not_the_work(a_person, student):
    group = await a_class(a_person)
    await enrol(group.task.batch, student.id)
    await hand_in(group)
    answer = await student.http.get(f"/api/v1/assignments/{group.task.uuid}")
    assert answer.json()["data"]["assignment_submissions"] == []


async def test_unknown_and_malformed_ids(admin):
    missing = {"success": False, "message": "Assignment not found", "error": "Assignment not found"}
    answer = await admin.http.get(f"/api/v1/assignments/{uuid4()}")
    assert (answer.status_code, answer.json()) == (404, missing)
    for method in ("PATCH", "DELETE"):
        answer = await admin.http.request(method, f"/api/v1/assignments/{uuid4()}", json={})
        assert (answer.status_code, answer.json()["error"]) == (404, "Assignment not found")
    answer = await admin.http.get("/api/v1/assignments/7")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")
    assert (await admin.http.get(f"/api/v1/meetings/{uuid4()}/assignments")).status_code == 404


async def test_lists(a_person, admin, statements):
    group = await a_class(a_person)
    for _ in range(3):
        await a_task(group.task.batch, group.task.meeting)
    statements.clear()
    answer = await admin.http.get("/api/v1/assignments", params={"limit": 2, "sort": "created_at", "order": "desc"})
    assert answer.status_code == 200
    assert answer.json()["message"] == "Assignments fetched"
    assert len(answer.json()["data"]) == 2
    assert answer.json()["meta"]["total"] >= 4
    assert len(statements) <= 4  # session, count, page, files
    answer = await group.teacher.http.get(f"/api/v1/meetings/{group.task.meeting.uuid}/assignments")
    assert (answer.json()["message"], answer.json()["meta"]["total"]) == ("Assignments fetched", 4)
    await db.statement("UPDATE meeting SET title = 'Bea Cukai' WHERE id = $1", group.task.meeting.id)
    for word, count in (("cukai", 4), ("task", 4), ("nothing of the kind", 0)):
        answer = await admin.http.get("/api/v1/assignments", params={"q": word})
        assert answer.json()["meta"]["total"] == count
    assert (await group.teacher.http.get("/api/v1/assignments")).status_code == 403
    assert (await group.student.http.get(f"/api/v1/meetings/{uuid4()}/assignments")).status_code == 403


async def test_upcoming_is_what_i_have_not_handed_in_most_urgent_first(a_person):
    group = await a_class(a_person)
    batch, meeting = group.task.batch, group.task.meeting
    overdue = await a_task(batch, meeting, ends=timedelta(minutes=-1))
    later = await a_task(batch, meeting, ends=timedelta(days=3))
    elsewhere = await a_batch()
    await a_task(elsewhere, await a_meeting(elsewhere))
    answer = await group.student.http.get("/api/v1/me/assignments/upcoming")
    assert answer.json()["message"] == "Upcoming assignments fetched"
    assert [task["id"] for task in answer.json()["data"]] == [str(overdue.uuid), str(group.task.uuid), str(later.uuid)]
    await hand_in(group)
    answer = await group.student.http.get("/api/v1/me/assignments/upcoming")
    assert [task["id"] for task in answer.json()["data"]] == [str(overdue.uuid), str(later.uuid)]
    assert (await group.teacher.http.get("/api/v1/me/assignments/upcoming")).status_code == 403


async def test_delete(a_person):
    group = await a_class(a_person)
    path = f"/api/v1/assignments/{group.task.uuid}"
    answer = await group.teacher.http.delete(path)
    assert (answer.status_code, answer.json()["message"]) == (200, "Assignment deleted successfully")
    assert await db.value("SELECT count(*) FROM activity WHERE item_id = $1", group.task.id) == 0
    assert (await group.teacher.http.delete(path)).status_code == 404


async def test_delete_is_refused_while_work_or_grades_hang_on_it(a_person):
    group = await a_class(a_person)
    await hand_in(group)
    answer = await group.teacher.http.delete(f"/api/v1/assignments/{group.task.uuid}")
    assert answer.status_code == 409
    assert answer.json()["message"] == "Failed to delete assignment"
    other = await a_task(group.task.batch, group.task.meeting)
    await db.statement(
        "INSERT INTO grade (assignment_id, account_id, grade, graded_by, created_at, updated_at)"
        " VALUES ($1, $2, 0, $3, now(), now())",
        other.id,
        group.student.id,
        group.teacher.id,
    )
    assert (await group.teacher.http.delete(f"/api/v1/assignments/{other.uuid}")).status_code == 409
    assert await db.value("SELECT count(*) FROM activity WHERE item_id = $1", other.id) == 1


async def test_a_teacher_of_another_meeting_of_the_batch_does_not_write_this_one(a_person):
    group = await a_class(a_person)
    colleague = await a_person(Role.TEACHER)
    await teach(await a_meeting(group.task.batch), colleague.id)
    assert (await colleague.http.patch(f"/api/v1/assignments/{group.task.uuid}", json={})).status_code == 403
    assert (await colleague.http.get(f"/api/v1/assignments/{group.task.uuid}/submissions")).status_code == 200
