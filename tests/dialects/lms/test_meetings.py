"""Meetings through the front door. Source of shapes and texts: contract sections 2.11 and 3."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from tests import school
from tests.people import MakePerson, Person
from tests.tasks import a_task

KEYS = {
    *("id", "batch_id", "title", "description", "type", "meeting_type", "start_at", "end_at", "is_open", "teachers"),
    *("assignments", "materials", "quizzes", "created_at", "updated_at"),
    *("room", "join_url", "locked", "lock_reason", "is_present", "submitted", "missing", "attendance_status"),  # ours
    *("self_check_in", "late_after_minutes", "check_in_minutes"),
}
NOWHERE = "00000000-0000-7000-8000-000000000000"
ABSENT, PRESENT = False, True


def a_body(**values) -> dict:
    return {
        "title": "PPh 21",
        "type": "basic",
        "start_at": "2027-01-10T08:00:00+07:00",
        "end_at": "2027-01-10T10:00:00+07:00",
        **values,
    }


async def test_an_admin_plans_and_changes_a_meeting(admin: Person):
    batch = await school.a_batch()
    made = await admin.http.post(f"/api/v1/batches/{batch.uuid}/meetings", json=a_body(is_open=False))
    assert (made.status_code, made.json()["message"]) == (201, "Meeting created successfully")
    meeting = made.json()["data"]
    assert set(meeting) == KEYS
    assert (meeting["batch_id"], meeting["start_at"]) == (str(batch.uuid), "2027-01-10T01:00:00Z")
    assert (meeting["type"], meeting["meeting_type"], meeting["is_open"]) == ("basic", "basic", False)
    body = {"type": "exam", "is_open": True, "room": "R2", "join_url": "https://meet.example/x", "description": None}
    answer = await admin.http.patch(f"/api/v1/meetings/{meeting['id']}", json=body)
    assert (answer.status_code, answer.json()["message"]) == (200, "Meeting updated successfully")
    changed = answer.json()["data"]
    assert (changed["type"], changed["meeting_type"], changed["is_open"]) == ("exam", "exam", True)
    assert (changed["room"], changed["join_url"], changed["title"]) == ("R2", "https://meet.example/x", "PPh 21")
    shown = await admin.http.get(f"/api/v1/meetings/{meeting['id']}")
    assert (shown.json()["message"], shown.json()["data"]) == ("Meeting fetched", changed)
    again = await admin.http.patch(f"/api/v1/meetings/{meeting['id']}", json={"meeting_type": "basic"})
    assert again.json()["data"]["type"] == "basic"
    listed = (await admin.http.get("/api/v1/meetings", params={"q": "pph"})).json()
    assert (listed["message"], listed["meta"]["total"]) == ("Meetings fetched", 1)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("title", "", "title wajib diisi"),
        ("type", "party", "type harus salah satu dari: basic, exam"),
        ("start_at", "2027-01-10T08:00:00", "start_at harus berupa tanggal dan waktu RFC 3339"),
        ("is_open", None, "is_open wajib diisi"),
        ("join_url", "javascript:alert(1)", "join_url tidak valid"),
    ],
)
async def test_what_does_not_fit_is_refused(admin: Person, field, value, text):
    batch = await school.a_batch()
    answer = await admin.http.post(f"/api/v1/batches/{batch.uuid}/meetings", json=a_body(**{field: value}))
    assert (answer.status_code, answer.json()["error"]) == (400, {field: text})


async def test_a_meeting_ends_after_it_begins(admin: Person):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    body = a_body(end_at="2027-01-10T01:00:00Z")
    for method, path in (("POST", f"batches/{batch.uuid}/meetings"), ("PATCH", f"meetings/{meeting.uuid}")):
        answer = await admin.http.request(method, f"/api/v1/{path}", json=body)
        assert (answer.status_code, answer.json()["message"]) == (422, "Waktu selesai harus setelah waktu mulai")


async def test_teachers_are_assigned_all_or_none(admin: Person, teacher: Person, student: Person, a_person: MakePerson):
    meeting = await school.a_meeting(await school.a_batch())
    other = await a_person(Role.TEACHER)
    path = f"/api/v1/meetings/{meeting.uuid}/teachers"

    async def post(*ids: object) -> httpx.Response:
        return await admin.http.post(path, json={"teacher_ids": [str(id_) for id_ in ids]})

    added = await post(teacher.uuid)
    assert (added.status_code, added.json()["message"]) == (200, "Guru berhasil ditambahkan")
    assert [who["id"] for who in added.json()["data"]["teachers"]] == [str(teacher.uuid)]
    for ids, status, text in (
        ([teacher.uuid], 409, "semua guru yang dikirim sudah tergabung di meeting ini"),
        ([teacher.uuid, other.uuid], 409, f"beberapa guru sudah tergabung: [{teacher.uuid}]"),
        ([other.uuid, NOWHERE], 404, "beberapa teacher_id tidak ditemukan"),
        ([other.uuid, student.uuid], 422, f"user dengan ID {student.uuid} bukan guru"),
    ):
        refused = await post(*ids)
        assert (refused.status_code, refused.json()["message"]) == (status, text)
    assert (await post()).status_code == 400
    assert (await post("x")).json()["error"] == {"teacher_ids[0]": "teacher_ids[0] harus berupa UUID v4"}
    listed = (await admin.http.get(path, params={"q": teacher.email})).json()
    assert (listed["message"], [who["id"] for who in listed["data"]]) == ("Meetings fetched", [str(teacher.uuid)])
    replaced = await admin.http.put(path, json={"teacher_ids": [str(other.uuid)]})
    assert (replaced.status_code, replaced.json()["message"]) == (200, "Guru berhasil diupdate")
    assert [who["id"] for who in replaced.json()["data"]["teachers"]] == [str(other.uuid)]
    removed = await admin.http.delete(f"{path}/{other.uuid}")
    assert (removed.json()["message"], removed.json()["data"]["teachers"]) == ("Guru berhasil diupdate", [])
    assert (await admin.http.delete(f"{path}/{other.uuid}")).status_code == 404


@pytest.mark.commits
async def test_of_two_who_assign_the_same_teacher_one_wins(admin: Person, teacher: Person):
    meeting = await school.a_meeting(await school.a_batch())
    path, body = f"/api/v1/meetings/{meeting.uuid}/teachers", {"teacher_ids": [str(teacher.uuid)]}
    answers = await asyncio.gather(*(admin.http.post(path, json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_who_sees_the_meetings_of_a_batch(admin: Person, teacher: Person, student: Person, client):
    batch = await school.a_batch()
    meeting, other = await school.a_meeting(batch), await school.a_meeting(batch)
    path = f"/api/v1/batches/{batch.slug}/meetings"
    assert (await client.get(path)).status_code == 401
    assert (await admin.http.get(path)).json()["meta"]["total"] == 2
    for person, text in ((teacher, "Anda tidak mengajar di batch ini"), (student, "Anda belum membeli batch ini")):
        refused = await person.http.get(path)
        assert (refused.status_code, refused.json()["message"]) == (403, text)
    refused = await teacher.http.get(f"/api/v1/meetings/{meeting.uuid}")
    assert (refused.status_code, refused.json()["message"]) == (403, "Anda tidak mengajar di batch ini")
    await school.teach(meeting, teacher.id)
    await school.enrol(batch, student.id)
    for_teacher = (await teacher.http.get(path)).json()["data"]
    assert {one["id"] for one in for_teacher} == {str(meeting.uuid), str(other.uuid)}
    assert for_teacher[0]["locked"] is None
    assert for_teacher[0]["teachers"][0]["email"] == teacher.email
    for_student = (await student.http.get(path)).json()["data"]
    assert set(for_student[0]) == KEYS
    seen = for_student[0]["teachers"][0]
    assert (seen["name"], seen["email"], seen["phone"], seen["profile"]) == (teacher.name, "", "", None)
    assert (await teacher.http.get(f"/api/v1/meetings/{other.uuid}")).status_code == 200
    assert (await student.http.get(f"/api/v1/meetings/{meeting.uuid}")).status_code == 403
    assert (await admin.http.get("/api/v1/batches/nothing/meetings")).status_code == 404


async def test_a_student_sees_what_is_locked_and_why(student: Person):
    batch = await school.a_batch(gate=True)
    first = await school.a_meeting(batch, begins=timedelta(days=-3))
    await school.a_meeting(batch, begins=timedelta(days=-2))
    await school.enrol(batch, student.id)
    path = f"/api/v1/batches/{batch.slug}/meetings"

    async def seen() -> list[tuple]:
        rows = (await student.http.get(path, params={"sort": "start_at"})).json()["data"]
        return [(row["locked"], row["lock_reason"], row["is_present"]) for row in rows]

    assert await seen() == [
        (False, None, None),
        (True, "anda belum absen di meeting sebelumnya", None),
    ]
    mark = (
        "INSERT INTO attendance (meeting_id, account_id, is_present, created_at, updated_at)"
        " VALUES ($1, $2, $3, now(), now()) ON CONFLICT (meeting_id, account_id) DO UPDATE SET is_present = $3"
    )
    await db.statement(mark, first.id, student.id, ABSENT)
    assert (await seen())[1][:2] == (True, "anda tidak hadir di meeting sebelumnya")
    await db.statement(mark, first.id, student.id, PRESENT)
    assert await seen() == [(False, None, True), (False, None, None)]


async def test_a_student_sees_what_is_submitted_and_reasons_in_english(student: Person, teacher: Person):
    batch = await school.a_batch(gate=True)
    first, second = [await school.a_meeting(batch, begins=timedelta(days=-days)) for days in (3, 2)]
    tasks = [await a_task(batch, first) for _ in range(2)]
    await school.enrol(batch, student.id)
    await school.teach(first, teacher.id)
    path = f"/api/v1/batches/{batch.slug}/meetings"

    async def seen(person: Person) -> list[bool | None]:
        rows = (await person.http.get(path, params={"sort": "start_at"})).json()["data"]
        return [row["submitted"] for row in rows]

    assert await seen(student) == [False, None]
    for task, told in zip(tasks, (False, True), strict=True):
        work = {"essay_text": "An essay of some length"}
        handed = await student.http.post(f"/api/v1/assignments/{task.uuid}/submissions", json=work)
        assert handed.status_code == 201
        assert await seen(student) == [told, None]
    assert await seen(teacher) == [None, None]
    english = await student.http.get(path, headers={"accept-language": "en"})
    reasons = {row["id"]: row["lock_reason"] for row in english.json()["data"]}
    assert reasons[str(second.uuid)] == "your attendance at the meeting before has not been taken"


async def test_only_admins_change_meetings(teacher: Person, student: Person, client: httpx.AsyncClient):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    await school.teach(meeting, teacher.id)
    for method, path, body in (
        ("GET", "meetings", None),
        ("POST", f"batches/{batch.uuid}/meetings", a_body()),
        ("PATCH", f"meetings/{meeting.uuid}", {"title": "X"}),
        ("DELETE", f"meetings/{meeting.uuid}", None),
        ("GET", f"meetings/{meeting.uuid}/teachers", None),
        ("POST", f"meetings/{meeting.uuid}/teachers", {"teacher_ids": [NOWHERE]}),
        ("PUT", f"meetings/{meeting.uuid}/teachers", {"teacher_ids": []}),
        ("DELETE", f"meetings/{meeting.uuid}/teachers/{teacher.uuid}", None),
    ):
        assert (await client.request(method, f"/api/v1/{path}", json=body)).status_code == 401
        for person in (teacher, student):
            answer = await person.http.request(method, f"/api/v1/{path}", json=body)
            assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden: insufficient role access")


async def test_what_is_not_there(admin: Person):
    for method, path, body in (
        ("GET", "meetings/{}", None),
        ("PATCH", "meetings/{}", {}),
        ("DELETE", "meetings/{}", None),
        ("POST", "batches/{}/meetings", a_body()),
        ("GET", "meetings/{}/teachers", None),
        ("POST", "meetings/{}/teachers", {"teacher_ids": [NOWHERE]}),
        ("PUT", "meetings/{}/teachers", {"teacher_ids": []}),
        ("DELETE", "meetings/{0}/teachers/{0}", None),
    ):
        answer = await admin.http.request(method, "/api/v1/" + path.format(NOWHERE), json=body)
        assert answer.status_code == 404, path
        answer = await admin.http.request(method, "/api/v1/" + path.format("17"), json=body)
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")
    answer = await admin.http.get(f"/api/v1/meetings/{NOWHERE}")
    assert answer.json()["message"] == "Meeting Doesn't Exist"


async def test_a_meeting_with_attendance_is_kept(admin: Person, student: Person):
    batch = await school.a_batch()
    meeting, empty = await school.a_meeting(batch), await school.a_meeting(batch)
    await db.statement(
        "INSERT INTO attendance (meeting_id, account_id, is_present, created_at, updated_at)"
        " VALUES ($1, $2, true, now(), now())",
        meeting.id,
        student.id,
    )
    assert (await admin.http.delete(f"/api/v1/meetings/{meeting.uuid}")).status_code == 409
    answer = await admin.http.delete(f"/api/v1/meetings/{empty.uuid}")
    assert (answer.status_code, answer.json()["message"]) == (200, "Meeting deleted successfully")


async def test_a_meeting_shows_its_assignments_and_quizzes(admin: Person):
    meeting, other = [await school.a_meeting(batch) for batch in (await school.a_batch(), await school.a_batch())]
    body = {"title": "Essay", "type": "essay", "start_at": "2027-01-01T00:00:00Z", "end_at": "2027-01-02T00:00:00Z"}
    assert (await admin.http.post(f"/api/v1/meetings/{meeting.uuid}/assignments", json=body)).status_code == 201
    body = {"title": "Quiz", "quiz_type": "mc", "duration_minute": 10, "max_attempts": 1, "is_open": False}
    assert (await admin.http.post(f"/api/v1/meetings/{meeting.uuid}/quizzes", json=body)).status_code == 201
    full = (await admin.http.get(f"/api/v1/meetings/{meeting.uuid}")).json()["data"]
    assert [one["title"] for one in full["assignments"] + full["quizzes"]] == ["Essay", "Quiz"]
    empty = (await admin.http.get(f"/api/v1/meetings/{other.uuid}")).json()["data"]
    assert (empty["assignments"], empty["quizzes"]) == ([], [])
    assert (await admin.http.delete(f"/api/v1/meetings/{meeting.uuid}")).status_code == 409


async def test_a_long_list_asks_as_often_as_a_short_one(teacher: Person, student: Person, statements: list[str]):
    batch = await school.a_batch(gate=True)
    await school.enrol(batch, student.id)

    async def asked() -> int:
        await school.teach(await school.a_meeting(batch), teacher.id)
        statements.clear()
        assert (await student.http.get(f"/api/v1/batches/{batch.slug}/meetings")).status_code == 200
        return len(statements)

    assert await asked() == await asked() == await asked()
