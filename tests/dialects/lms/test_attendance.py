"""Attendance, students and one's own progress over HTTP. Source: contract sections 2.6, 2.10, 2.14 and 3."""

from datetime import timedelta
from uuid import uuid4

from backend.core.actor import Role
from backend.domain.enrolments import commands
from backend.domain.enrolments.terms import ActivityKind
from tests.school import a_batch, a_meeting, enrol, teach

ATTENDANCE_KEYS = {
    "id",
    "meeting_id",
    "user_id",
    "is_present",
    "status",  # ours, and the next
    "checked_in_at",
    "note",
    "attendance_time",
    "updated_by",
    "user",
    "created_at",
    "updated_at",
}


async def a_class(a_person, *, students: int = 2):
    batch = await a_batch()
    meetings = [await a_meeting(batch, begins=timedelta(days=day), title=f"Day {day}") for day in (-2, -1)]
    people = [await a_person(Role.STUDENT, name=f"Student {n}") for n in range(students)]
    for person in people:
        await enrol(batch, person.id)
    return batch, meetings, people


def mark(person, meeting, *, present: bool = True) -> dict:
    return {"user_id": str(person.uuid), "meeting_id": str(meeting.uuid), "is_present": present, "note": "Hadir"}


async def save(person, batch, marks):
    return await person.http.put(f"/api/v1/batches/{batch.uuid}/attendances/bulk", json={"attendances": marks})


async def test_attendance_is_saved_and_shown(admin, a_person, statements):
    batch, meetings, people = await a_class(a_person)
    answer = await save(admin, batch, [mark(person, meetings[0]) for person in people])
    assert (answer.status_code, answer.json()["message"]) == (200, "Attendances saved")
    saved = answer.json()["data"]
    assert set(saved[0]) == ATTENDANCE_KEYS
    assert (saved[0]["updated_by"], saved[0]["attendance_time"]) == (str(admin.uuid), saved[0]["updated_at"])
    assert saved[0]["user"]["name"] == "Student 0"
    one = await admin.http.get(f"/api/v1/attendances/{saved[0]['id']}")
    assert (one.json()["message"], one.json()["data"]) == ("Attendance retrieved successfully", saved[0])
    statements.clear()
    listed = await admin.http.get("/api/v1/attendances", params={"user_id": str(people[1].uuid)})
    assert (listed.json()["message"], listed.json()["meta"]["total"]) == ("Attendances fetched", 1)
    assert len(statements) <= 5
    for meeting, count in zip(meetings, (2, 0), strict=True):
        found = await admin.http.get("/api/v1/attendances", params={"meeting_id": str(meeting.uuid)})
        assert found.json()["meta"]["total"] == count
    none = await admin.http.get("/api/v1/attendances", params={"is_present": "false"})
    assert none.json()["data"] == []
    missing = await admin.http.get(f"/api/v1/attendances/{uuid4()}")
    assert (missing.status_code, missing.json()["message"]) == (404, "Attendance not found")


async def test_one_row_per_student(admin, a_person):
    batch, meetings, people = await a_class(a_person)
    await save(admin, batch, [mark(people[0], meeting) for meeting in meetings])
    answer = await admin.http.get(f"/api/v1/batches/{batch.slug}/attendances")
    assert answer.json()["message"] == "Attendances fetchesssd"
    rows = answer.json()["data"]
    assert [row["name"] for row in rows] == ["Student 0", "Student 1"]
    assert set(rows[0]) == {
        *("id", "name", "email", "phone", "avatar", "role_type", "profile", "attendances", "created_at", "updated_at"),
        "is_verified",  # ours
    }
    assert set(rows[0]["attendances"][0]) == ATTENDANCE_KEYS
    assert [len(row["attendances"]) for row in rows] == [2, 0]
    assert [one["meeting_id"] for one in rows[0]["attendances"]] == [str(meeting.uuid) for meeting in meetings]
    found = await admin.http.get(f"/api/v1/batches/{batch.slug}/attendances", params={"q": people[1].email})
    assert [row["id"] for row in found.json()["data"]] == [str(people[1].uuid)]
    assert (await admin.http.get("/api/v1/batches/none/attendances")).status_code == 404


async def test_all_or_none(admin, a_person):
    batch, meetings, people = await a_class(a_person)
    other = await a_meeting(await a_batch())
    stranger = await a_person(Role.STUDENT)
    wrong_meeting = await save(admin, batch, [mark(people[0], meetings[0]), mark(people[0], other)])
    assert (wrong_meeting.status_code, wrong_meeting.json()["message"], wrong_meeting.json()["error"]) == (
        422,
        "Failed to save attendances",
        f"Invalid meeting ID {other.uuid} for batch",
    )
    wrong_person = await save(admin, batch, [mark(people[0], meetings[0]), mark(stranger, meetings[0])])
    assert (wrong_person.status_code, wrong_person.json()["error"]) == (
        422,
        f"User {stranger.uuid} has not purchased the batch",
    )
    assert (await admin.http.get("/api/v1/attendances")).json()["data"] == []
    for body in ({}, {"attendances": []}, {"attendances": [{"user_id": "x"}]}):
        answer = await admin.http.put(f"/api/v1/batches/{batch.uuid}/attendances/bulk", json=body)
        assert answer.status_code == 400


async def test_teachers_mark_their_own_meetings(teacher, a_person):
    batch, meetings, people = await a_class(a_person)
    assert (await save(teacher, batch, [mark(people[0], meetings[0])])).status_code == 403
    await teach(meetings[0], teacher.id)
    assert (await save(teacher, batch, [mark(people[0], meetings[0])])).status_code == 200
    assert (await save(teacher, batch, [mark(people[0], meetings[1])])).status_code == 403


async def test_students_of_a_batch(admin, teacher, student, a_person):
    batch, meetings, people = await a_class(a_person)
    path = f"/api/v1/batches/{batch.slug}/students"
    answer = await admin.http.get(path)
    assert (answer.json()["message"], answer.json()["meta"]["total"]) == ("Meetings fetched", 2)
    assert answer.json()["data"][0]["profile"]["group_type"] == "umum"
    refused = await teacher.http.get(path)
    assert (refused.status_code, refused.json()["message"]) == (403, "Anda tidak punya akses ke batch ini")
    await teach(meetings[0], teacher.id)
    found = await teacher.http.get(path, params={"q": "student 1"})
    assert [one["id"] for one in found.json()["data"]] == [str(people[1].uuid)]
    assert (await student.http.get(path)).status_code == 403


async def test_doors(client, student, teacher):
    for person in (student, teacher):
        assert (await person.http.get("/api/v1/attendances")).status_code == 403
        assert (await person.http.get(f"/api/v1/attendances/{uuid4()}")).status_code == 403
        assert (await person.http.get("/api/v1/batches/x/attendances")).status_code == 403
    assert (await student.http.put(f"/api/v1/batches/{uuid4()}/attendances/bulk", json={})).status_code == 403
    assert (await client.get("/api/v1/attendances")).status_code == 401
    assert (await teacher.http.get(f"/api/v1/me/batches/{uuid4()}/progress")).status_code == 403


async def test_my_progress(admin, a_person):
    batch, meetings, people = await a_class(a_person)
    await commands.add_activity(batch.id, meetings[1].id, ActivityKind.QUIZ, 1, "Quiz")
    await save(admin, batch, [mark(people[0], meetings[0])])
    path = f"/api/v1/me/batches/{batch.uuid}/progress"
    answer = await people[0].http.get(path)
    assert (answer.status_code, answer.json()["message"]) == (200, "Progress fetched successfully")
    assert answer.json()["data"] == {
        "progress_percent": 33.33,
        "done": 1,
        "total": 3,
        "meetings": {"done": 1, "total": 2},
        "assignments": {"done": 0, "total": 0},
        "quizzes": {"done": 0, "total": 1},
        "missing": [
            {"kind": "meeting", "title": "Day -1", "meeting_id": str(meetings[1].uuid)},
            {"kind": "quiz", "title": "Quiz", "meeting_id": str(meetings[1].uuid)},
        ],
    }
    assert (await (await a_person(Role.STUDENT)).http.get(path)).status_code == 403
    assert (await people[0].http.get(f"/api/v1/me/batches/{uuid4()}/progress")).status_code == 404
    assert (await people[0].http.get("/api/v1/me/batches/7/progress")).status_code == 400


async def test_my_batches(teacher, a_person):
    batch, meetings, people = await a_class(a_person)
    await a_batch()
    await teach(meetings[0], teacher.id)
    for person in (teacher, people[0]):
        answer = await person.http.get("/api/v1/me/batches")
        assert [one["id"] for one in answer.json()["data"]] == [str(batch.uuid)]
        assert answer.json()["meta"]["total"] == 1


async def test_who_takes_attendance_sees_what_was_taken(admin, a_person):
    batch, meetings, people = await a_class(a_person)
    teacher, colleague = await a_person(Role.TEACHER), await a_person(Role.TEACHER)
    await teach(meetings[0], teacher.id)
    await teach(meetings[1], colleague.id)
    await save(teacher, batch, [mark(person, meetings[0], present=person is people[0]) for person in people])
    path = f"/api/v1/meetings/{meetings[0].uuid}/attendances"
    found = (await teacher.http.get(path)).json()
    assert (found["message"], found["meta"]["total"]) == ("Attendances fetched", 2)
    assert [(one["user"]["name"], one["status"]) for one in found["data"]] == [
        ("Student 0", "present"),
        ("Student 1", "absent"),
    ]
    absent = (await admin.http.get(path, params={"status": "absent"})).json()["data"]
    assert [one["user"]["name"] for one in absent] == ["Student 1"]
    assert (await colleague.http.get(path)).status_code == 403
    assert (await people[0].http.get(path)).status_code == 403
