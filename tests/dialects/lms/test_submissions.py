import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.domain.assignments import handing_in
from tests.school import a_meeting, enrol, teach
from tests.tasks import a_class, a_task, hand_in

SUBMISSION = {
    "id", "assignment_id", "user_id", "note", "essay_text", "is_late", "submission_files", "assignment_grade", "user",
    "assignment", "created_at", "updated_at",
}  # fmt: skip
GRADE = {
    "id", "assignment_submission_id", "grade", "feedback", "graded_by", "graded_by_user", "version", "created_at",
    "updated_at",
}  # fmt: skip
ESSAY = {"essay_text": "An essay of some length"}
FILES = {"submission_files": [{"file_url": "https://elsewhere.test/work.pdf"}]}


def post(person, task, body):
    return person.http.post(f"/api/v1/assignments/{task.uuid}/submissions", json=body)


async def test_an_essay_is_handed_in_and_counts(a_person):
    group = await a_class(a_person)
    answer = await post(group.student, group.task, {**ESSAY, "note": "Here"})
    assert answer.status_code == 201
    assert answer.json()["message"] == "Submission created successfully"
    data = answer.json()["data"]
    assert data.keys() == SUBMISSION
    assert data["is_late"] is False
    assert data["user_id"] == data["user"]["id"] == str(group.student.uuid)
    assert data["assignment_grade"] is None
    assert data["assignment"]["id"] == str(group.task.uuid)
    for path in (f"submissions/{data['id']}", f"assignments/{group.task.uuid}/submissions"):
        shown = (await group.student.http.get(f"/api/v1/{path}")).json()["data"]
        assert shown in (data, [data])
    assert await db.value("SELECT count(*) FROM completion") == 1
    names = [row["name"] for row in await db.fetch("SELECT name FROM outbox")]
    assert "assignments.submission.created.v1" in names


async def test_files_are_handed_in(a_person):
    group = await a_class(a_person, kind="file")
    answer = await post(group.student, group.task, FILES)
    assert answer.status_code == 201
    (file,) = answer.json()["data"]["submission_files"]
    assert file.keys() == {"id", "assignment_submission_id", "file_url", "created_at", "updated_at"}
    assert file["file_url"] == "https://elsewhere.test/work.pdf"


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("essay", {}, "essay_text"),
        ("essay", FILES, "essay_text"),
        ("essay", {"essay_text": "x" * 50_001}, "essay_text"),
        ("file", ESSAY, "submission_files"),
        ("file", {"submission_files": []}, "submission_files"),
        ("file", {"submission_files": FILES["submission_files"] * 11}, "submission_files"),
        ("file", {"submission_files": [{"file_url": "ftp://x"}]}, "submission_files[0].file_url"),
    ],
)
async def test_work_of_the_wrong_type_is_refused(a_person, kind, body, field):
    group = await a_class(a_person, kind=kind)
    answer = await post(group.student, group.task, body)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Validasi gagal"
    assert list(answer.json()["error"]) == [field]


async def test_the_window_and_the_door(a_person):
    group = await a_class(a_person)
    closed = await a_task(group.task.batch, await a_meeting(group.task.batch, is_open=False))
    answer = await post(group.student, closed, ESSAY)
    assert (answer.status_code, answer.json()["message"]) == (422, "meeting is not open yet")
    early = await a_task(group.task.batch, group.task.meeting, begins=timedelta(hours=1), ends=timedelta(hours=2))
    assert (await post(group.student, early, ESSAY)).status_code == 422
    late = await a_task(group.task.batch, group.task.meeting, ends=timedelta(seconds=-1))
    answer = await post(group.student, late, ESSAY)
    assert (answer.status_code, answer.json()["data"]["is_late"]) == (201, True)


async def test_strangers_and_staff_hand_in_nothing(a_person, student, admin):
    group = await a_class(a_person)
    answer = await post(student, group.task, ESSAY)
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("user is not authorized")
    assert (await post(admin, group.task, ESSAY)).status_code == 403
    assert (await post(group.teacher, group.task, ESSAY)).status_code == 403


async def test_the_gate_names_what_is_missing(a_person):
    group = await a_class(a_person, gate=True)
    batch = group.task.batch
    before = await a_meeting(batch, begins=timedelta(days=-1), title="Before")
    skipped = await a_task(batch, before)
    said = []
    for act in (None, "absent", "present", "work"):
        if act in ("absent", "present"):
            await db.statement(
                "INSERT INTO attendance (meeting_id, account_id, is_present, created_at, updated_at)"
                " VALUES ($1, $2, $3, now(), now()) ON CONFLICT (meeting_id, account_id) DO UPDATE SET is_present = $3",
                before.id,
                group.student.id,
                act == "present",
            )
        if act == "work":
            assert (await post(group.student, skipped, ESSAY)).status_code == 201
        answer = await post(group.student, group.task, ESSAY)
        said.append((answer.status_code, answer.json()["message"]))
    assert said == [
        (422, "anda belum absen di meeting sebelumnya (belum: kehadiran di 'Before', tugas 'Task')"),
        (422, "anda tidak hadir di meeting sebelumnya (belum: kehadiran di 'Before', tugas 'Task')"),
        (422, "anda belum mengumpulkan submission di meeting sebelumnya (belum: tugas 'Task')"),
        (201, "Submission created successfully"),
    ]


async def test_a_second_submission_is_refused(a_person):
    group = await a_class(a_person)
    await hand_in(group)
    answer = await post(group.student, group.task, ESSAY)
    assert (answer.status_code, answer.json()["message"]) == (409, "submission already exists")


async def test_a_task_that_goes_while_work_is_handed_in_is_not_found(a_person, monkeypatch):
    group = await a_class(a_person)

    async def gone(*_):
        await db.statement("DELETE FROM assignment WHERE id = $1", group.task.id)

    monkeypatch.setattr(handing_in.enrolments, "pass_gate", gone)
    assert (await post(group.student, group.task, ESSAY)).status_code == 404


@pytest.mark.commits
async def test_of_many_at_once_one_is_taken(a_person):
    group = await a_class(a_person)
    answers = await asyncio.gather(*[post(group.student, group.task, ESSAY) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert await db.value("SELECT count(*) FROM completion") == 1


async def test_update_until_it_is_graded(a_person):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}"
    await db.statement("UPDATE assignment SET end_at = now() - interval '1 second'")
    answer = await group.student.http.patch(path, json={"note": "Better", **FILES})
    assert (answer.status_code, answer.json()["message"]) == (200, "Submission updated successfully")
    data = answer.json()["data"]
    assert (data["note"], data["essay_text"], data["is_late"]) == ("Better", "An essay of some length", True)
    assert len(data["submission_files"]) == 1
    assert (await group.student.http.patch(path, json={"essay_text": ""})).status_code == 400
    await group.teacher.http.put(f"{path}/grade", json={"grade": 70})
    assert (await group.student.http.patch(path, json={"note": "Too late"})).status_code == 409
    assert (await group.student.http.delete(path)).status_code == 409


async def test_delete_takes_the_progress_back(a_person):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}"
    answer = await group.student.http.delete(path)
    assert (answer.status_code, answer.json()["message"]) == (200, "Submission deleted successfully")
    assert await db.value("SELECT count(*) FROM completion") == 0
    assert (await group.student.http.get(path)).status_code == 404
    assert await hand_in(group)


async def test_other_peoples_work(a_person, student, teacher, admin):
    group = await a_class(a_person)
    await enrol(group.task.batch, student.id)
    path = f"/api/v1/submissions/{await hand_in(group)}"
    for person, status in ((admin, 200), (group.teacher, 200), (group.student, 200), (student, 403), (teacher, 403)):
        assert (await person.http.get(path)).status_code == status
    assert (await student.http.patch(path, json={"note": "x"})).status_code == 403
    assert (await student.http.delete(path)).status_code == 403
    answer = await student.http.get(f"/api/v1/assignments/{group.task.uuid}/submissions")
    assert answer.json()["data"] == []
    answer = await teacher.http.get(f"/api/v1/assignments/{group.task.uuid}/submissions")
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("user not authorized")
    answer = await admin.http.get(f"/api/v1/submissions/{uuid4()}")
    assert (answer.status_code, answer.json()["message"]) == (404, "Submission not found")
    assert (await admin.http.get("/api/v1/submissions/1")).status_code == 400


async def test_who_has_left_the_batch_changes_nothing(a_person):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}"
    await db.statement("UPDATE enrolment SET state = 'withdrawn'")
    assert (await group.student.http.patch(path, json={"note": "x"})).status_code == 403
    assert (await group.student.http.get(path)).status_code == 200


async def test_the_list_asks_little(a_person, statements):
    group = await a_class(a_person)
    for _ in range(3):
        other = await a_person(Role.STUDENT)
        await enrol(group.task.batch, other.id)
        answer = await post(other, group.task, ESSAY)
        await group.teacher.http.put(f"/api/v1/submissions/{answer.json()['data']['id']}/grade", json={"grade": 1})
    statements.clear()
    answer = await group.teacher.http.get(f"/api/v1/assignments/{group.task.uuid}/submissions")
    assert answer.json()["message"] == "Submissions fetched"
    assert answer.json()["meta"]["total"] == 3
    assert [work["assignment_grade"]["grade"] for work in answer.json()["data"]] == [1, 1, 1]
    assert len(statements) <= 9


async def test_a_grade_is_given_changed_and_shown(a_person):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}/grade"
    answer = await group.student.http.get(path)
    assert (answer.status_code, answer.json()["message"]) == (404, "Submission grade not found")
    assert answer.json()["success"] is False
    answer = await group.teacher.http.put(path, json={"grade": 0, "feedback": "Empty"})
    assert (answer.status_code, answer.json()["message"]) == (200, "Submission graded successfully")
    data = answer.json()["data"]
    assert data.keys() == GRADE
    assert (data["grade"], data["feedback"], data["version"]) == (0, "Empty", 1)
    assert data["graded_by"] == data["graded_by_user"]["id"] == str(group.teacher.uuid)
    answer = await group.teacher.http.put(path, json={"grade": 85.25})
    data = answer.json()["data"]
    assert (data["grade"], data["feedback"], data["version"]) == (85.25, "Empty", 2)
    await group.teacher.http.put(path, json={"grade": 85.25})
    answer = await group.student.http.get(path)
    assert answer.json()["message"] == "Submission grade fetched successfully"
    assert (answer.json()["data"]["version"], answer.json()["data"]["graded_by_user"]["profile"]) == (2, None)
    history = await db.fetch(
        "SELECT before, after, feedback_before, feedback_after, source FROM grade_change ORDER BY id"
    )
    assert [tuple(row) for row in history] == [
        (None, 0, None, "Empty", "hand"),
        (0, 85.25, "Empty", "Empty", "hand"),
    ]
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'grading.grade.given.v1'") == 2


@pytest.mark.parametrize("grade", [-1, 100.01, 85.255, "good", None, [1]])
async def test_what_is_no_grade(a_person, grade):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}/grade"
    answer = await group.teacher.http.put(path, json={"grade": grade})
    assert (answer.status_code, answer.json()["message"]) == (400, "Validasi gagal")
    assert list(answer.json()["error"]) == ["grade"]


async def test_who_grades_and_who_reads_grades(a_person, student, teacher, admin):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}/grade"
    assert (await teacher.http.put(path, json={"grade": 1})).status_code == 403
    assert (await group.student.http.put(path, json={"grade": 1})).status_code == 403
    assert (await admin.http.put(path, json={"grade": 1})).status_code == 200
    colleague = await a_person(Role.TEACHER)
    await teach(await a_meeting(group.task.batch), colleague.id)
    assert (await colleague.http.put(path, json={"grade": 2})).status_code == 200
    for stranger in (student, teacher):
        answer = await stranger.http.get(path)
        assert (answer.status_code, answer.json()["message"]) == (403, "Failed to get submission grade")
    assert (await admin.http.put(f"/api/v1/submissions/{uuid4()}/grade", json={"grade": 1})).status_code == 404


@pytest.mark.commits
async def test_grades_given_at_once_are_counted_one_by_one(a_person, admin):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}/grade"
    answers = await asyncio.gather(*[admin.http.put(path, json={"grade": number}) for number in range(6)])
    assert [answer.status_code for answer in answers] == [200] * 6
    assert await db.value("SELECT version FROM grade") == 6
    assert await db.value("SELECT count(*) FROM grade_change") == 6


@pytest.mark.commits
async def test_work_is_graded_or_taken_back_but_not_both(a_person):
    group = await a_class(a_person)
    path = f"/api/v1/submissions/{await hand_in(group)}"
    graded, taken = await asyncio.gather(
        group.teacher.http.put(f"{path}/grade", json={"grade": 50}), group.student.http.delete(path)
    )
    assert (graded.status_code, taken.status_code) in ((200, 409), (404, 200))
