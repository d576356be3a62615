"""The list of courses."""

import re

import httpx
import pytest

from backend.core import db
from tests.architecture.test_routes import handlers, of
from tests.dialects.ruangkerja.partner import COURSES, Partner, course_code
from tests.school import a_course


async def names(partner: Partner, **query: object) -> list[str]:
    answer = await partner.http.get(COURSES, params={"page": 1, "pageSize": 100, **query})
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["data"]["items"]]


async def test_courses_page_by_page(partner: Partner, statements: list[str]):
    courses = [await a_course(f"Course {number}") for number in range(5)]
    await db.statement("UPDATE course SET archived_at = now() WHERE id = $1", courses[1].id)
    statements.clear()
    answer = await partner.http.get(COURSES, params={"page": 2, "pageSize": 2})
    assert len(statements) == 5
    serials = [await course_code(courses[number]) for number in (3, 4)]
    items = [
        {"serial": serial, "name": f"Course {number}", "description": "Long"}
        for number, serial in zip((3, 4), serials, strict=True)
    ]
    data = {"currentPage": 2, "totalItems": 4, "totalPage": 2, "items": items}
    assert answer.json() == {"status": "success", "message": "Success", "data": data}
    assert [list(item) for item in answer.json()["data"]["items"]] == [["serial", "name", "description"]] * 2
    beyond = await partner.http.get(COURSES, params={"page": 3, "pageSize": 2})
    assert beyond.json()["data"] == {**data, "currentPage": 3, "items": []}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("", ["Brevet A", "Brevet B", "100%", "under_score"]),
        ("brevet", ["Brevet A", "Brevet B"]),
        ("vet B", ["Brevet B"]),
        ("%", ["100%"]),
        ("_", ["under_score"]),
        ("\\", []),
        ("nothing", []),
        ("' OR 1=1 --", []),
        ("x" * 255, []),
    ],
)
async def test_a_part_of_a_name(partner: Partner, name: str, found: list[str]):
    for title in ("Brevet A", "Brevet B", "100%", "under_score"):
        await a_course(title)
    assert await names(partner, name=name) == found


@pytest.mark.parametrize("name", ["x" * 256, "a\0b"])
async def test_names_that_none_can_have(partner: Partner, name: str):
    answer = await partner.http.get(COURSES, params={"page": 1, "pageSize": 1, "name": name})
    assert (answer.status_code, answer.json()["message"]) == (400, "BAD_REQUEST")


async def test_the_documentation_is_open_and_shows_every_route(client: httpx.AsyncClient):
    assert (await client.get("/ruangkerja/docs")).status_code == 200
    drawn = (await client.get("/ruangkerja/docs/openapi.json")).json()["paths"]
    shown = {f"{method.upper()} {re.sub('{[^}]*}', '{}', path)}" for path in drawn for method in drawn[path]}
    assert shown == {route for route, _ in handlers(of("ruangkerja"))}
