"""Materials through the front door. Source of shapes and texts: contract sections 2.13 and 3."""

from uuid import UUID

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from tests import school
from tests.people import MakePerson, Person

KEYS = {
    *("id", "meeting_id", "title", "description", "url", "created_at", "updated_at"),
    *("kind", "file_id", "content_type", "size_bytes", "duration_s"),  # ours
}
NOWHERE = "00000000-0000-7000-8000-000000000000"
LINK = {"title": "Slides", "url": "https://slides.example/1"}


async def a_file(owner_id: int, *, state: str = "stored", kind: str = "document") -> UUID:
    found = await db.value(
        "INSERT INTO file (owner_id, kind, state, location, original_name, extension, object_key, content_type,"
        " size_bytes, created_at, updated_at) VALUES ($1, $2, $3, 'docs', 'a.pdf', 'pdf', 'key' || uuidv7()::text,"
        " 'application/pdf', 12, '2026-01-02T00:00:00Z', now()) RETURNING uuid",
        owner_id,
        kind,
        state,
    )
    assert isinstance(found, UUID)
    return found


async def state_of(file: UUID) -> str:
    return await db.value("SELECT state FROM file WHERE uuid = $1", file)


async def a_taught_meeting(teacher: Person, **values) -> school.MeetingRow:
    meeting = await school.a_meeting(await school.a_batch(), **values)
    await school.teach(meeting, teacher.id)
    return meeting


async def test_a_teacher_gives_changes_and_takes_a_material(teacher: Person):
    meeting = await a_taught_meeting(teacher)
    made = await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json=LINK)
    assert (made.status_code, made.json()["message"]) == (201, "Material created successfully")
    material = made.json()["data"]
    assert set(material) == KEYS
    assert (material["meeting_id"], material["kind"], material["url"]) == (str(meeting.uuid), "link", LINK["url"])
    path = f"/api/v1/materials/{material['id']}"
    changed = await teacher.http.patch(path, json={"title": "Other", "description": "New"})
    assert (changed.status_code, changed.json()["message"]) == (200, "Material updated successfully")
    data = changed.json()["data"]
    assert (data["title"], data["description"], data["url"]) == ("Other", "New", LINK["url"])
    listed = (await teacher.http.get(f"/api/v1/meetings/{meeting.uuid}/materials", params={"q": "oth"})).json()
    assert (listed["message"], listed["data"], listed["meta"]["total"]) == ("Materials fetched", [data], 1)
    shown = await teacher.http.get(path)
    assert (shown.json()["message"], shown.json()["data"]) == ("Material retrieved successfully", data)
    removed = await teacher.http.delete(path)
    assert (removed.status_code, removed.json()["message"]) == (200, "Material deleted successfully")
    assert (await teacher.http.get(path)).json()["message"] == "Material not found"


async def test_a_material_is_a_file_of_ours(teacher: Person):
    meeting = await a_taught_meeting(teacher)
    first, second = await a_file(teacher.id), await a_file(teacher.id)
    body = {"title": "Notes", "file_id": str(first)}
    material = (await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json=body)).json()["data"]
    assert (material["kind"], material["file_id"], material["size_bytes"]) == ("file", str(first), 12)
    assert material["url"] == f"/uploads/docs/2026/01/02/{first}.pdf"
    path = f"/api/v1/materials/{material['id']}"
    by_address = {"url": f"/uploads/docs/2026/01/02/{second}.pdf"}
    changed = (await teacher.http.patch(path, json=by_address)).json()["data"]
    assert (changed["kind"], changed["file_id"]) == ("file", str(second))
    assert (await state_of(first), await state_of(second)) == ("removed", "stored")
    linked = (await teacher.http.patch(path, json={"url": "https://x.example/y"})).json()["data"]
    assert (linked["kind"], linked["file_id"], linked["url"]) == ("link", None, "https://x.example/y")
    assert await state_of(second) == "removed"


async def test_deleting_a_meeting_lets_its_files_go(admin: Person, teacher: Person):
    meeting = await a_taught_meeting(teacher)
    file = await a_file(teacher.id)
    body = {"title": "Notes", "file_id": str(file)}
    await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json=body)
    assert (await admin.http.delete(f"/api/v1/meetings/{meeting.uuid}")).status_code == 200
    assert await state_of(file) == "removed"


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"title": "T"}, 400, {"url": "url wajib diisi"}),
        ({**LINK, "file_id": NOWHERE}, 400, {"file_id": "file_id tidak valid"}),
        ({**LINK, "url": "javascript:alert(1)"}, 400, {"url": "url tidak valid"}),
        ({**LINK, "title": ""}, 400, {"title": "title wajib diisi"}),
        ({"title": "T", "file_id": NOWHERE}, 404, None),
        ({"title": "T", "file_id": "x"}, 400, {"file_id": "file_id harus berupa UUID v4"}),
    ],
)
async def test_what_does_not_fit_is_refused(teacher: Person, body, status, error):
    meeting = await a_taught_meeting(teacher)
    answer = await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json=body)
    assert answer.status_code == status
    if error:
        assert answer.json()["error"] == error


async def test_other_peoples_files_are_not_taken(teacher: Person, a_person: MakePerson):
    meeting = await a_taught_meeting(teacher)
    file = await a_file((await a_person(Role.TEACHER)).id)
    body = {"title": "T", "file_id": str(file)}
    answer = await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json=body)
    assert answer.status_code == 404
    assert await db.value("SELECT count(*) FROM material WHERE meeting_id = $1", meeting.id) == 0


async def test_students_read_content_once_the_meeting_is_open(teacher: Person, student: Person, admin: Person):
    meeting = await a_taught_meeting(teacher, is_open=False)
    material = (await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json=LINK)).json()["data"]
    path = f"/api/v1/materials/{material['id']}"
    refused = await student.http.get(path)
    told = {"success": False, "message": "Material not found", "error": "Anda belum membeli batch ini"}
    assert (refused.status_code, refused.json()) == (403, told)
    batch = await db.row("SELECT id, uuid, course_id, slug FROM batch WHERE id = $1", meeting.batch_id)
    assert batch is not None
    await school.enrol(school.BatchRow(*batch.values()), student.id)
    closed = (await student.http.get(path)).json()["data"]
    assert (closed["url"], closed["title"]) == (None, "Slides")
    listed = (await student.http.get(f"/api/v1/batches/{batch['slug']}/meetings")).json()["data"]
    assert [one["url"] for one in listed[0]["materials"]] == [None]
    await admin.http.patch(f"/api/v1/meetings/{meeting.uuid}", json={"is_open": True})
    assert (await student.http.get(path)).json()["data"]["url"] == LINK["url"]


async def test_who_may_do_what(teacher: Person, student: Person, client: httpx.AsyncClient, a_person: MakePerson):
    meeting = await a_taught_meeting(teacher)
    colleague = await a_person(Role.TEACHER)
    material = (await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json=LINK)).json()["data"]
    for method, path, body in (
        ("GET", f"meetings/{meeting.uuid}/materials", None),
        ("POST", f"meetings/{meeting.uuid}/materials", LINK),
        ("GET", f"materials/{material['id']}", None),
        ("PATCH", f"materials/{material['id']}", {"title": "X"}),
        ("DELETE", f"materials/{material['id']}", None),
        ("GET", "materials", None),
    ):
        assert (await client.request(method, f"/api/v1/{path}", json=body)).status_code == 401
        for person in (colleague, student):
            assert (await person.http.request(method, f"/api/v1/{path}", json=body)).status_code == 403, path
    assert (await teacher.http.get("/api/v1/materials")).status_code == 403


async def test_what_is_not_there(admin: Person):
    for method, path, body in (
        ("GET", "materials/{}", None),
        ("PATCH", "materials/{}", {}),
        ("DELETE", "materials/{}", None),
        ("GET", "meetings/{}/materials", None),
        ("POST", "meetings/{}/materials", LINK),
    ):
        answer = await admin.http.request(method, "/api/v1/" + path.format(NOWHERE), json=body)
        text = "Material not found" if path.startswith("materials") else "Meeting Doesn't Exist"
        assert (answer.status_code, answer.json()["message"]) == (404, text)
        answer = await admin.http.request(method, "/api/v1/" + path.format("17"), json=body)
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")


async def test_admins_list_all_materials(admin: Person, teacher: Person, statements: list[str]):
    meeting = await a_taught_meeting(teacher)
    for title in ("One", "Two"):
        await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/materials", json={**LINK, "title": title})
    statements.clear()
    listed = (await admin.http.get("/api/v1/materials", params={"q": "two", "sort": "title"})).json()
    assert [one["title"] for one in listed["data"]] == ["Two"]
    assert len(statements) == 3  # one is the door's
    await db.statement("UPDATE meeting SET title = 'Bea Cukai' WHERE id = $1", meeting.id)
    by_meeting = (await admin.http.get("/api/v1/materials", params={"q": "cukai"})).json()
    assert (by_meeting["message"], by_meeting["meta"]["total"]) == ("Materials fetched", 2)
