"""Checking in and excuses over HTTP. All of it is ours."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from backend.core import db
from backend.core.actor import Role
from backend.http import qr
from tests.quizzes import a_quiz
from tests.school import a_batch, a_meeting, enrol, teach
from tests.tasks import a_task

CODE = {"code", "url", "expires_at", "server_time", "opens_at", "closes_at", "checked_in", "enrolled"}


async def a_class(a_person, admin):
    batch = await a_batch(gate=True)
    begins = timedelta(minutes=-20)
    meeting = await a_meeting(batch, begins=begins, title="First")
    teacher, student = await a_person(Role.TEACHER), await a_person(Role.STUDENT)
    await teach(meeting, teacher.id)
    await enrol(batch, student.id)
    changed = await admin.http.patch(
        f"/api/v1/meetings/{meeting.uuid}",
        json={"self_check_in": True, "late_after_minutes": 15, "check_in_minutes": 60},
    )
    shown = changed.json()["data"]
    assert (shown["self_check_in"], shown["late_after_minutes"], shown["check_in_minutes"]) == (True, 15, 60)
    return batch, meeting, teacher, student


async def test_a_student_checks_in_with_what_the_wall_shows(a_person, admin):
    _, meeting, teacher, student = await a_class(a_person, admin)
    path = f"/api/v1/meetings/{meeting.uuid}"
    code = (await teacher.http.get(f"{path}/check-in/code")).json()
    assert (code["message"], set(code["data"])) == ("Check-in code fetched", CODE)
    answer = await student.http.post(f"{path}/check-in", json={"code": code["data"]["code"]})
    assert (answer.status_code, answer.json()["message"]) == (201, "Attendance recorded")
    assert (answer.json()["data"]["is_present"], answer.json()["data"]["status"]) == (True, "late")
    again = await student.http.post(f"{path}/check-in", json={"code": code["data"]["code"]})
    assert (again.status_code, again.json()["message"]) == (409, "Kehadiran Anda sudah dicatat")
    wrong = await student.http.post(f"{path}/check-in", json={"code": "AAAA"}, headers={"accept-language": "en"})
    assert (wrong.status_code, wrong.json()["message"]) == (
        422,
        "The code is wrong, or another one is shown by now",
    )
    live = (await teacher.http.get(f"{path}/check-ins")).json()
    assert (live["meta"]["total"], live["data"][0]["user"]["name"]) == (1, student.name)
    history = (await admin.http.get(f"/api/v1/attendances/{live['data'][0]['id']}/history")).json()["data"]
    assert [(line["before"], line["after"], line["source"]) for line in history] == [(None, "late", "self")]
    assert history[0]["changed_by"] == str(student.uuid)


async def drawn(teacher, path, ending):
    """What the address of the moment looks like, as our own library draws it."""
    url = (await teacher.http.get(path)).json()["data"]["url"]
    return [getattr(qr, ending)(url).content]


async def test_the_pictures(a_person, admin):
    _, meeting, teacher, _ = await a_class(a_person, admin)
    path = f"/api/v1/meetings/{meeting.uuid}/check-in/code"
    for ending, kind, begins in (("svg", "image/svg+xml", b"<?xml"), ("png", "image/png", b"\x89PNG")):
        answer = await teacher.http.get(f"{path}.{ending}")
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, kind)
        assert answer.content.startswith(begins)
        assert answer.headers["cache-control"] == "no-store"
        async with asyncio.timeout(60):
            while answer.content not in await drawn(teacher, path, ending):
                answer = await teacher.http.get(f"{path}.{ending}")  # another code came in between
    await admin.http.patch(f"/api/v1/meetings/{meeting.uuid}", json={"self_check_in": False})
    assert (await teacher.http.get(f"{path}.svg")).status_code == 422


async def test_a_meeting_that_has_not_begun(a_person, admin):
    _, meeting, teacher, student = await a_class(a_person, admin)
    await db.statement(
        "UPDATE meeting SET start_at = now() + interval '5 min', end_at = now() + interval '1 h' WHERE id = $1",
        meeting.id,
    )
    path = f"/api/v1/meetings/{meeting.uuid}/check-in"
    code = (await teacher.http.get(f"{path}/code")).json()["data"]["code"]
    early = await student.http.post(path, json={"code": code})
    assert (early.status_code, early.json()["message"]) == (422, "Pertemuan belum dimulai")
    assert await db.value("SELECT count(*) FROM attendance") == 0


async def test_eleven_tries(a_person, admin):
    _, meeting, _, student = await a_class(a_person, admin)
    for _ in range(10):
        await student.http.post(f"/api/v1/meetings/{meeting.uuid}/check-in", json={"code": "X"})
    answer = await student.http.post(f"/api/v1/meetings/{meeting.uuid}/check-in", json={"code": "X"})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 61


async def test_states_on_the_wire(a_person, admin):
    batch, meeting, teacher, student = await a_class(a_person, admin)

    async def save(**mark):
        body = {"attendances": [{"user_id": str(student.uuid), "meeting_id": str(meeting.uuid), **mark}]}
        answer = await teacher.http.put(f"/api/v1/batches/{batch.uuid}/attendances/bulk", json=body)
        return answer.json()["data"][0] if answer.status_code == 200 else answer.status_code

    excused = await save(status="excused", note="Ill")
    assert (excused["status"], excused["is_present"]) == ("excused", False)
    assert (await save(is_present=False))["status"] == "excused"
    assert (await save(is_present=True))["status"] == "present"
    assert await save(status="asleep") == 400
    listed = await admin.http.get("/api/v1/attendances", params={"status": "present"})
    assert listed.json()["meta"]["total"] == 1


async def a_locked_meeting(a_person, admin):
    """A second meeting with an assignment, behind a first one with an assignment and a quiz."""
    batch, first, teacher, student = await a_class(a_person, admin)
    second = await a_meeting(batch, begins=timedelta(minutes=-5), title="Second")
    await teach(second, teacher.id)
    task, quiz = await a_task(batch, first), await a_quiz(batch=batch, meeting=first, title="Kuis")
    later = await a_task(batch, second)

    async def try_it():
        answer = await student.http.post(
            f"/api/v1/assignments/{later.uuid}/submissions", json={"essay_text": "An essay of some length"}
        )
        listed = (await student.http.get(f"/api/v1/batches/{batch.slug}/meetings")).json()["data"]
        (row,) = [one for one in listed if one["id"] == str(second.uuid)]
        assert row["locked"] is (answer.status_code != 201)
        assert row["lock_reason"] == (answer.json()["message"] if row["locked"] else None)
        return row["lock_reason"], [(one["kind"], one["title"]) for one in row["missing"]]

    items = {"quiz": quiz.view.uuid, "assignment": task.uuid, "meeting": first.uuid}
    bodies = {kind: {"user_id": str(student.uuid), "kind": kind, "item_id": str(item)} for kind, item in items.items()}
    return batch, teacher, try_it, bodies


async def test_staff_open_the_gate_for_one_student(a_person, admin):
    batch, teacher, try_it, bodies = await a_locked_meeting(a_person, admin)
    path = f"/api/v1/batches/{batch.uuid}/excuses"
    absent = "anda belum absen di meeting sebelumnya"
    assert await try_it() == (
        f"{absent} (belum: kehadiran di 'First', tugas 'Task', kuis 'Kuis')",
        [("meeting", "First"), ("assignment", "Task"), ("quiz", "Kuis")],
    )
    for kind in ("quiz", "assignment"):
        answer = await teacher.http.post(path, json={**bodies[kind], "reason": "Sakit"})
        assert (answer.status_code, answer.json()["message"]) == (201, "Student excused")
        assert (await teacher.http.post(path, json=bodies[kind])).status_code == 409
    assert (await try_it())[0] == absent
    excuse = (await admin.http.post(path, json=bodies["meeting"])).json()["data"]
    assert (excuse["title"], excuse["excused_by"]) == ("First", str(admin.uuid))
    gone = await teacher.http.delete(f"/api/v1/excuses/{excuse['id']}")
    assert (gone.json()["message"], gone.json()["data"]["revoked_by"]) == ("Excuse revoked", str(teacher.uuid))
    assert (await try_it())[0] == absent
    await admin.http.post(path, json=bodies["meeting"])
    assert await try_it() == (None, [])
    listed = await teacher.http.get(f"/api/v1/batches/{batch.slug}/excuses", params={"revoked": "true"})
    assert [one["id"] for one in listed.json()["data"]] == [excuse["id"]]
    assert (await teacher.http.delete(f"/api/v1/excuses/{uuid4()}")).status_code == 404
