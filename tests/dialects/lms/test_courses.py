"""Courses through the front door. Source of shapes and texts: contract sections 2.5 and 3."""

import asyncio
import re

import httpx
import pytest

from backend.core import db
from tests import school
from tests.people import Person

KEYS = {
    *("id", "title", "slug", "short_description", "description", "learning_outcomes", "achievements"),
    *("course_images", "created_at", "updated_at"),
    *("code", "archived_at"),  # ours
}
NOWHERE = "00000000-0000-7000-8000-000000000000"


def a_body(**values) -> dict:
    return {
        "title": "Brevet A & B",
        "short_description": "Short",
        "description": "Long",
        "learning_outcomes": "Outcomes",
        "achievements": "Achievements",
        "course_images": [{"image_url": "https://img.example/a.png"}, {"image_url": "https://img.example/b.png"}],
        **values,
    }


async def test_an_admin_makes_a_course_and_everybody_sees_it(admin: Person, client: httpx.AsyncClient):
    made = await admin.http.post("/api/v1/courses", json=a_body())
    assert made.status_code == 201
    assert made.json()["message"] == "Course created successfully"
    course = made.json()["data"]
    assert set(course) == KEYS
    assert course["slug"] == "brevet-a-b"
    assert re.fullmatch(r"COURSE-[A-Z0-9]{8}", course["code"])
    assert set(course["course_images"][0]) == {"id", "course_id", "image_url", "created_at", "updated_at"}
    assert course["course_images"][1]["course_id"] == course["id"]
    shown = await client.get("/api/v1/courses/brevet-a-b")
    assert (shown.status_code, shown.json()["message"], shown.json()["data"]) == (200, "Course fetched", course)
    listed = await client.get("/api/v1/courses", params={"q": "brevet a"})
    assert listed.json() == {
        "success": True,
        "message": "Courses fetched",
        "data": [course],
        "meta": {"page": 1, "limit": 10, "total": 1, "total_pages": 1},
    }


async def test_a_course_is_changed_in_part(admin: Person):
    course = (await admin.http.post("/api/v1/courses", json=a_body())).json()["data"]
    body = {"title": "Other", "course_images": [{"image_url": "https://img.example/c.png"}]}
    answer = await admin.http.put(f"/api/v1/courses/{course['id']}", json=body)
    assert (answer.status_code, answer.json()["message"]) == (200, "Course updated successfully")
    changed = answer.json()["data"]
    assert [image["image_url"] for image in changed["course_images"]] == ["https://img.example/c.png"]
    for name in ("slug", "code", "description", "created_at"):
        assert changed[name] == course[name]
    assert changed["title"] == "Other"


async def test_additional_information_is_shown_where_there_is_some(admin: Person):
    course = (await admin.http.post("/api/v1/courses", json=a_body(additional_info="<b>More</b>"))).json()["data"]
    assert set(course) == {*KEYS, "additional_info"}
    assert course["additional_info"] == "<b>More</b>"
    path = f"/api/v1/courses/{course['id']}"
    kept = (await admin.http.put(path, json={"title": "Other"})).json()["data"]
    assert kept["additional_info"] == "<b>More</b>"
    assert set((await admin.http.put(path, json={"additional_info": ""})).json()["data"]) == KEYS


@pytest.mark.commits
async def test_courses_made_at_once_get_slugs_of_their_own(admin: Person):
    answers = await asyncio.gather(*(admin.http.post("/api/v1/courses", json=a_body()) for _ in range(5)))
    slugs = sorted(answer.json()["data"]["slug"] for answer in answers)
    assert slugs == ["brevet-a-b", "brevet-a-b-1", "brevet-a-b-2", "brevet-a-b-3", "brevet-a-b-4"]


@pytest.mark.parametrize(
    ("field", "value", "name", "text"),
    [
        ("title", "", "title", "title wajib diisi"),
        ("title", "   ", "title", "title tidak valid"),
        ("description", None, "description", "description wajib diisi"),
        ("course_images", [], "course_images", "course_images tidak valid"),
        ("course_images", [{"image_url": "x"}] * 11, "course_images[0].image_url", None),
        *[
            (
                "course_images",
                [{"image_url": url}],
                "course_images[0].image_url",
                "course_images[0].image_url tidak valid",
            )
            for url in (
                "javascript:alert(1)",
                "//evil.example/a.png",
                "/etc/passwd",
                "https://a b",
                "ftp://x/y",
                "https://x\n",
            )
        ],
    ],
)
async def test_what_does_not_fit_is_refused(admin: Person, field, value, name, text):
    answer = await admin.http.post("/api/v1/courses", json=a_body(**{field: value}))
    assert (answer.status_code, answer.json()["message"]) == (400, "Validasi gagal")
    assert name in answer.json()["error"]
    if text:
        assert answer.json()["error"][name] == text


async def test_a_course_that_is_not_there_is_not_changed(admin: Person):
    for method, message in (("PUT", "Failed to update course"), ("DELETE", "Failed to delete course")):
        answer = await admin.http.request(method, f"/api/v1/courses/{NOWHERE}", json={} if method == "PUT" else None)
        assert (answer.status_code, answer.json()) == (
            404,
            {"success": False, "message": message, "error": "Course not found"},
        )


async def test_a_title_without_latin_letters_still_gets_a_slug(admin: Person):
    answer = await admin.http.post("/api/v1/courses", json=a_body(title="税務"))
    assert answer.json()["data"]["slug"] == "course"


async def test_only_admins_change_courses(teacher: Person, student: Person, client: httpx.AsyncClient):
    course = await school.a_course()
    for method, path in (
        ("POST", "/api/v1/courses"),
        ("PUT", f"/api/v1/courses/{course.uuid}"),
        ("DELETE", f"/api/v1/courses/{course.uuid}"),
        ("POST", f"/api/v1/courses/{course.uuid}/archive"),
        ("DELETE", f"/api/v1/courses/{course.uuid}/archive"),
    ):
        body = a_body() if method in ("POST", "PUT") else None
        stranger = await client.request(method, path, json=body)
        assert (stranger.status_code, stranger.json()["message"]) == (401, "Missing or invalid Authorization header")
        for person in (teacher, student):
            answer = await person.http.request(method, path, json=body)
            assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden: insufficient role access")


async def test_a_course_that_is_not_there(admin: Person, client: httpx.AsyncClient):
    answer = await client.get("/api/v1/courses/nothing")
    assert (answer.status_code, answer.json()["message"]) == (404, "Course Doesn't Exist")
    for method in ("PUT", "DELETE"):
        assert (await admin.http.request(method, f"/api/v1/courses/{NOWHERE}", json={})).status_code == 404
        answer = await admin.http.request(method, "/api/v1/courses/17", json={})
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")


async def test_a_course_without_batches_is_deleted(admin: Person, client: httpx.AsyncClient):
    course = (await admin.http.post("/api/v1/courses", json=a_body())).json()["data"]
    answer = await admin.http.delete(f"/api/v1/courses/{course['id']}")
    assert (answer.status_code, answer.json()["message"]) == (200, "Course deleted successfully")
    assert (await client.get(f"/api/v1/courses/{course['slug']}")).status_code == 404


async def test_a_course_with_batches_is_archived_instead(admin: Person, client: httpx.AsyncClient):
    course = (await admin.http.post("/api/v1/courses", json=a_body())).json()["data"]
    row = await db.value("SELECT id FROM course WHERE slug = $1", course["slug"])
    await school.a_batch(course=school.Row(row, course["id"]))
    refused = await admin.http.delete(f"/api/v1/courses/{course['id']}")
    assert (refused.status_code, refused.json()["message"]) == (409, "Failed to delete course")
    assert "arsipkan" in refused.json()["error"]
    assert len((await client.get(f"/api/v1/courses/{course['slug']}")).json()["data"]["course_images"]) == 2
    archived = await admin.http.post(f"/api/v1/courses/{course['id']}/archive")
    assert archived.json()["data"]["archived_at"]
    assert (await client.get("/api/v1/courses")).json()["data"] == []
    assert (await client.get("/api/v1/courses", params={"archived": "true"})).json()["meta"]["total"] == 1
    await admin.http.delete(f"/api/v1/courses/{course['id']}/archive")
    assert (await client.get("/api/v1/courses")).json()["meta"]["total"] == 1


async def test_the_most_wanted_come_first_then_the_newest(client: httpx.AsyncClient):
    first, second, third = [await school.a_course(title) for title in ("One", "Two", "Three")]
    await school.a_batch(course=second, seats_taken=3)
    for _ in range(2):
        await school.a_batch(course=first, seats_taken=1)
    fourth = await school.a_course("Four")
    listed = (await client.get("/api/v1/courses", params={"sort": "popular"})).json()["data"]
    assert [course["id"] for course in listed] == [str(row.uuid) for row in (second, first, fourth, third)]


async def test_a_long_list_asks_as_often_as_a_short_one(client: httpx.AsyncClient, statements: list[str]):
    for _ in range(3):
        await school.a_course()
    statements.clear()
    await client.get("/api/v1/courses")
    assert len(statements) == 3
