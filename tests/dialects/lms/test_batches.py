"""Batches through the front door. Source of shapes and texts: contract sections 2.6 and 3."""

import asyncio
import re

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from tests import school
from tests.people import MakePerson, Person

KEYS = {
    *("id", "course_id", "slug", "title", "description", "batch_thumbnail", "start_at", "end_at"),
    *("registration_start_at", "registration_end_at", "start_time", "end_time", "room", "quota", "course_type"),
    *("days", "batch_groups", "created_at", "updated_at"),
    # ours
    *("code", "course", "seats_taken", "seats_left", "gate", "certificate_after_h", "auto_issue", "archived_at"),
    "teachers",
}
NOWHERE = "00000000-0000-7000-8000-000000000000"


def a_body(**values) -> dict:
    return {
        "title": "Gelombang 1",
        "start_at": "2027-01-10T08:00:00+07:00",
        "end_at": "2027-03-10T08:00:00+07:00",
        "registration_start_at": "2026-12-01T00:00:00Z",
        "registration_end_at": "2027-01-05T00:00:00Z",
        "start_time": "08:00",
        "end_time": "10:30",
        "days": ["wednesday", "monday", "monday"],
        "room": "Room 1",
        "quota": 20,
        "course_type": "online",
        "group_types": ["umum", "mahasiswa_gunadarma"],
        **values,
    }


async def a_made_batch(admin: Person, **values) -> dict:
    course = await school.a_course()
    answer = await admin.http.post(f"/api/v1/courses/{course.uuid}/batches", json=a_body(**values))
    assert (answer.status_code, answer.json()["message"]) == (201, "Sukses membuat batch"), answer.text
    return answer.json()["data"]


async def test_an_admin_makes_a_batch_and_everybody_sees_it(admin: Person, client: httpx.AsyncClient):
    batch = await a_made_batch(admin)
    assert set(batch) == KEYS
    assert batch["slug"] == "gelombang-1"
    assert re.fullmatch(r"BATCH-[A-Z0-9]{8}", batch["code"])
    assert (batch["start_time"], batch["end_time"]) == ("08:00:00", "10:30:00")
    assert (batch["start_at"], batch["description"], batch["seats_left"]) == ("2027-01-10T01:00:00Z", None, 20)
    assert [day["day"] for day in batch["days"]] == ["monday", "wednesday"]
    assert set(batch["days"][0]) == {"id", "batch_id", "day"}
    assert {group["group_type"] for group in batch["batch_groups"]} == {"umum", "mahasiswa_gunadarma"}
    assert set(batch["batch_groups"][0]) == {"id", "batch_id", "group_type", "price", "created_at", "updated_at"}
    assert set(batch["course"]) == {"id", "code", "slug", "title"}
    assert (batch["gate"], batch["certificate_after_h"], batch["auto_issue"]) == (True, 24, False)
    shown = await client.get("/api/v1/batches/gelombang-1")
    assert (shown.status_code, shown.json()["message"], shown.json()["data"]) == (200, "Batch fetched", batch)
    for path in ("/api/v1/batches", f"/api/v1/courses/{batch['course']['slug']}/batches"):
        listed = await client.get(path, params={"q": "gelombang"})
        assert listed.json() == {
            "success": True,
            "message": "Batches fetched",
            "data": [batch],
            "meta": {"page": 1, "limit": 10, "total": 1, "total_pages": 1},
        }


async def test_a_batch_is_changed_in_part(admin: Person):
    batch = await a_made_batch(admin, description="Old", batch_thumbnail="https://img.example/a.png")
    body = {
        "title": "Other",
        "description": None,
        "days": ["monday", "friday"],
        "group_types": ["mahasiswa_non_gunadarma"],
        "end_time": "11:00:00",
        "gate": False,
        "certificate_after_h": 0,
        "auto_issue": True,
        "unknown": 1,
    }
    answer = await admin.http.put(f"/api/v1/batches/{batch['id']}", json=body)
    assert (answer.status_code, answer.json()["message"]) == (200, "Batch updated successfully")
    changed = answer.json()["data"]
    assert set(changed) == KEYS
    for name in ("slug", "code", "start_at", "quota", "batch_thumbnail", "start_time"):
        assert changed[name] == batch[name]
    assert (changed["title"], changed["description"], changed["end_time"]) == ("Other", None, "11:00:00")
    assert (changed["gate"], changed["certificate_after_h"], changed["auto_issue"]) == (False, 0, True)
    assert [day["day"] for day in changed["days"]] == ["monday", "friday"]
    assert changed["days"][0]["id"] == batch["days"][0]["id"]
    assert [group["group_type"] for group in changed["batch_groups"]] == ["mahasiswa_non_gunadarma"]
    answer = await admin.http.put(f"/api/v1/batches/{batch['id']}", json={"batch_thumbnail": ""})
    assert (answer.status_code, answer.json()["data"]["batch_thumbnail"]) == (200, None)


async def test_the_example_of_the_contracts_source(admin: Person):
    batch = await a_made_batch(admin)
    body = {
        "title": "Batch Pagi 2025",
        "description": "Batch pagi untuk persiapan ujian CUNIN",
        "batch_thumbnail": "https://example.com/thumbnails/batch-pagi.jpg",
        "start_at": "2025-07-15T08:00:00Z",
        "end_at": "2025-09-15T10:00:00Z",
        "room": "Zoom Room A",
        "quota": 50,
        "course_type": "offline",
        "days": ["monday", "wednesday"],
        "group_types": ["mahasiswa_gunadarma"],
    }
    answer = await admin.http.put(f"/api/v1/batches/{batch['id']}", json=body)
    assert (answer.status_code, answer.json()["message"]) == (200, "Batch updated successfully"), answer.text
    changed = answer.json()["data"]
    days, groups = body.pop("days"), body.pop("group_types")
    assert {name: changed[name] for name in body} == body
    assert [day["day"] for day in changed["days"]] == days
    assert [group["group_type"] for group in changed["batch_groups"]] == groups


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"end_at": "2027-01-10T08:00:00+07:00"}, "Waktu selesai harus setelah waktu mulai"),
        ({"registration_end_at": "2026-12-01T00:00:00Z"}, "Pendaftaran harus ditutup setelah dibuka"),
        ({"registration_end_at": "2027-03-10T01:00:01Z"}, "Pendaftaran tidak boleh ditutup setelah batch selesai"),
        ({"end_time": "08:00"}, "Jam selesai harus setelah jam mulai"),
    ],
)
async def test_times_that_cannot_be_are_refused(admin: Person, values, text):
    course = await school.a_course()
    answer = await admin.http.post(f"/api/v1/courses/{course.uuid}/batches", json=a_body(**values))
    assert (answer.status_code, answer.json()["message"], answer.json()["error"]) == (422, "Gagal membuat batch", text)
    batch = await a_made_batch(admin)
    answer = await admin.http.put(f"/api/v1/batches/{batch['id']}", json=values)
    assert (answer.status_code, answer.json()["error"]) == (422, text)


@pytest.mark.parametrize(
    ("field", "value", "name", "text"),
    [
        ("title", None, "title", "title wajib diisi"),
        ("start_at", "2027-01-10T08:00:00", "start_at", "start_at harus berupa tanggal dan waktu RFC 3339"),
        ("end_at", "tomorrow", "end_at", "end_at harus berupa tanggal dan waktu RFC 3339"),
        ("start_time", "8:00", "start_time", "start_time tidak valid"),
        ("end_time", "24:00", "end_time", "end_time tidak valid"),
        ("days", [], "days", "days tidak valid"),
        (
            "days",
            ["monday", "funday"],
            "days[1]",
            "days[1] harus salah satu dari: monday, tuesday, ..., sunday",
        ),
        ("quota", 0, "quota", "quota tidak valid"),
        ("quota", "many", "quota", "quota harus berupa angka"),
        ("course_type", "moon", "course_type", "course_type harus salah satu dari: online, offline"),
        (
            "group_types",
            ["public"],
            "group_types[0]",
            "group_types[0] harus salah satu dari: mahasiswa_gunadarma, mahasiswa_non_gunadarma, umum",
        ),
        ("group_types", [], "group_types", "group_types tidak valid"),
        ("batch_thumbnail", "javascript:alert(1)", "batch_thumbnail", "batch_thumbnail tidak valid"),
    ],
)
async def test_what_does_not_fit_is_refused(admin: Person, field, value, name, text):
    course = await school.a_course()
    batch = await school.a_batch()
    for method, path in (("POST", f"courses/{course.uuid}/batches"), ("PUT", f"batches/{batch.uuid}")):
        answer = await admin.http.request(method, f"/api/v1/{path}", json=a_body(**{field: value}))
        assert (answer.status_code, answer.json()["message"]) == (400, "Validasi gagal")
        assert answer.json()["error"] == {name: text}


async def test_the_quota_never_falls_below_the_seats_taken(admin: Person):
    batch = await school.a_batch(quota=5, seats_taken=3)
    refused = await admin.http.put(f"/api/v1/batches/{batch.uuid}", json={"quota": 2})
    assert (refused.status_code, refused.json()["message"]) == (409, "Failed to update batch")
    assert "(3)" in refused.json()["error"]
    assert (await admin.http.put(f"/api/v1/batches/{batch.uuid}", json={"quota": 3})).status_code == 200


async def test_the_quota_of_a_batch(client: httpx.AsyncClient, student: Person):
    batch = await school.a_batch(quota=10, seats_taken=2)
    await school.enrol(batch, student.id)
    answer = await client.get(f"/api/v1/batches/{batch.slug}/quota")
    assert answer.json() == {
        "success": True,
        "message": "Batch quota fetched",
        "data": {"quota": 10, "used": 1, "reserved": 2, "remaining": 7},
    }


@pytest.mark.commits
async def test_batches_made_at_once_get_slugs_of_their_own(admin: Person):
    course = await school.a_course()
    path = f"/api/v1/courses/{course.uuid}/batches"
    answers = await asyncio.gather(*(admin.http.post(path, json=a_body()) for _ in range(4)))
    slugs = sorted(answer.json()["data"]["slug"] for answer in answers)
    assert slugs == ["gelombang-1", "gelombang-1-1", "gelombang-1-2", "gelombang-1-3"]


async def test_only_admins_change_batches(teacher: Person, student: Person, client: httpx.AsyncClient):
    batch, course = await school.a_batch(), await school.a_course()
    for method, path, body in (
        ("POST", f"courses/{course.uuid}/batches", a_body()),
        ("PUT", f"batches/{batch.uuid}", {"title": "X"}),
        ("DELETE", f"batches/{batch.uuid}", None),
        ("POST", f"batches/{batch.uuid}/archive", None),
        ("DELETE", f"batches/{batch.uuid}/archive", None),
    ):
        assert (await client.request(method, f"/api/v1/{path}", json=body)).status_code == 401
        for person in (teacher, student):
            assert (await person.http.request(method, f"/api/v1/{path}", json=body)).status_code == 403


async def test_what_is_not_there(admin: Person, client: httpx.AsyncClient):
    for path, message in (
        ("batches/nothing", "Batch Doesn't Exist"),
        ("batches/nothing/quota", "Failed to fetch batch quota"),
        ("courses/nothing/batches", "Course not found"),
    ):
        answer = await client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()["message"]) == (404, message)
    for method, path, body in (
        ("PUT", "batches/{}", {}),
        ("DELETE", "batches/{}", None),
        ("POST", "courses/{}/batches", a_body()),
        ("POST", "batches/{}/archive", None),
    ):
        answer = await admin.http.request(method, "/api/v1/" + path.format(NOWHERE), json=body)
        assert answer.status_code == 404
        answer = await admin.http.request(method, "/api/v1/" + path.format("17"), json=body)
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")


async def test_a_batch_nobody_joined_is_deleted_with_its_meetings(admin: Person, client: httpx.AsyncClient):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    await db.statement(
        "INSERT INTO material (meeting_id, title, kind, url, created_at, updated_at)"
        " VALUES ($1, 'M', 'link', 'https://x.example', now(), now())",
        meeting.id,
    )
    answer = await admin.http.delete(f"/api/v1/batches/{batch.uuid}")
    assert (answer.status_code, answer.json()["message"]) == (200, "Batch deleted successfully")
    assert (await client.get(f"/api/v1/batches/{batch.slug}")).status_code == 404


async def test_a_batch_with_people_is_archived_instead(admin: Person, student: Person, client: httpx.AsyncClient):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    await school.enrol(batch, student.id)
    refused = await admin.http.delete(f"/api/v1/batches/{batch.uuid}")
    assert (refused.status_code, refused.json()["message"]) == (409, "Failed to delete batch")
    assert await db.value("SELECT id FROM meeting WHERE id = $1", meeting.id)
    archived = await admin.http.post(f"/api/v1/batches/{batch.uuid}/archive")
    assert archived.json()["data"]["archived_at"]
    assert (await client.get("/api/v1/batches")).json()["data"] == []
    assert (await client.get("/api/v1/batches", params={"archived": "true"})).json()["meta"]["total"] == 1
    await admin.http.delete(f"/api/v1/batches/{batch.uuid}/archive")
    assert (await client.get("/api/v1/batches")).json()["meta"]["total"] == 1


async def test_lists_are_filtered_and_ordered(client: httpx.AsyncClient):
    course = await school.a_course()
    online = await school.a_batch(course=course, seats_taken=1)
    offline = await school.a_batch(course=course, course_type="offline", seats_taken=4)
    other = await school.a_batch(seats_taken=1)

    async def ids(**params) -> list[str]:
        return [batch["id"] for batch in (await client.get("/api/v1/batches", params=params)).json()["data"]]

    assert await ids(course_id=str(course.uuid)) == [str(online.uuid), str(offline.uuid)]
    assert await ids(course_type="offline") == [str(offline.uuid)]
    assert await ids(course_id="17") == []
    assert await ids(sort="popular") == [str(row.uuid) for row in (offline, other, online)]
    assert await ids(sort="nothing", order="desc") == [str(row.uuid) for row in (other, offline, online)]
    assert await ids(page="2", limit="2") == [str(other.uuid)]


async def test_a_long_list_asks_as_often_as_a_short_one(client: httpx.AsyncClient, statements: list[str]):
    for _ in range(3):
        await school.a_batch()
    statements.clear()
    await client.get("/api/v1/batches")
    assert len(statements) == 3


async def test_a_batch_shows_what_each_group_pays_and_who_teaches(client: httpx.AsyncClient, a_person: MakePerson):
    batch = await school.a_batch(groups=("public", "own_student"))
    await school._insert("price_group", group_type="public", name="Umum", price=2_300_000)
    people = [await a_person(Role.TEACHER, name=name) for name in ("Zulfa", "Agus", "Gone")]
    for _ in range(2):
        meeting = await school.a_meeting(batch)
        for person in people:
            await school.teach(meeting, person.id)
    await db.statement("UPDATE account SET removed_at = now() WHERE name = 'Gone'")
    for path in (f"/api/v1/batches/{batch.slug}", "/api/v1/batches"):
        shown = (await client.get(path)).json()["data"]
        shown = shown[0] if isinstance(shown, list) else shown
        assert shown["teachers"] == [{"name": "Agus", "avatar": None}, {"name": "Zulfa", "avatar": None}]
        prices = {group["group_type"]: group["price"] for group in shown["batch_groups"]}
        assert prices == {"umum": 2_300_000, "mahasiswa_gunadarma": None}
