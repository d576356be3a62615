"""Testimonials through the front door. Source of shapes and texts: contract sections 2.8 and 3."""

import asyncio

import httpx
import pytest

from backend.core import db
from tests import school
from tests.dialects.lms.test_batches import KEYS as BATCH_KEYS
from tests.people import MakePerson, Person
from tests.school import BatchRow

KEYS = {"id", "user_id", "batch_id", "rating", "title", "description", "user", "batch", "created_at", "updated_at"}
NOWHERE = "00000000-0000-7000-8000-000000000000"
URL = "/api/v1/testimonials"
BODY = {"rating": 5, "title": "Bagus", "description": "Sangat jelas"}


@pytest.fixture
async def batch(student: Person) -> BatchRow:
    """A batch that the student is in."""
    batch = await school.a_batch()
    await school.enrol(batch, student.id)
    return batch


def of(batch: BatchRow) -> str:
    return f"/api/v1/batches/{batch.uuid}/testimonials"


async def test_who_is_in_a_batch_speaks_of_it_and_everybody_reads(
    student: Person, batch: BatchRow, client: httpx.AsyncClient
):
    made = await student.http.post(of(batch), json=BODY)
    assert (made.status_code, made.json()["message"]) == (201, "Testimonial created")
    said = made.json()["data"]
    assert set(said) == KEYS
    assert (said["user"], said["user_id"]) == ({"name": student.name, "avatar": None}, str(student.uuid))
    assert set(said["batch"]) == BATCH_KEYS
    shown = await client.get(f"{URL}/{said['id']}")
    assert (shown.status_code, shown.json()["message"], shown.json()["data"]) == (200, "Testimonial fetched", said)
    meta = {"page": 1, "limit": 10, "total": 1, "total_pages": 1, "average_rating": 5.0}
    for path in (URL, f"/api/v1/batches/{batch.slug}/testimonials"):
        listed = (await client.get(path)).json()
        assert listed == {"success": True, "message": "Testimonials fetched", "data": [said], "meta": meta}
        assert student.email not in str(listed)


async def test_one_for_each_person_and_batch(student: Person, batch: BatchRow):
    await student.http.post(of(batch), json=BODY)
    again = await student.http.post(of(batch), json=BODY)
    assert (again.status_code, again.json()["message"]) == (409, "testimonial already exists")


@pytest.mark.commits
async def test_of_two_at_once_one_wins(student: Person, batch: BatchRow):
    answers = await asyncio.gather(*(student.http.post(of(batch), json=BODY) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_who_is_not_in_the_batch_has_no_say(student: Person, batch: BatchRow, a_person: MakePerson):
    stranger = await a_person()
    answer = await stranger.http.post(of(batch), json=BODY)
    assert (answer.status_code, answer.json()["message"]) == (403, "user has not paid for this batch")
    said = (await student.http.post(of(batch), json=BODY)).json()["data"]
    await db.statement("UPDATE enrolment SET state = 'withdrawn'")
    answer = await student.http.patch(f"{URL}/{said['id']}", json={"rating": 1})
    assert (answer.status_code, answer.json()["message"]) == (403, "user has not paid for this batch")
    missing = await student.http.post(f"/api/v1/batches/{NOWHERE}/testimonials", json=BODY)
    assert missing.status_code == 404


async def test_ones_own_is_changed_and_deleted(student: Person, batch: BatchRow, a_person: MakePerson):
    said = (await student.http.post(of(batch), json=BODY)).json()["data"]
    path = f"{URL}/{said['id']}"
    changed = await student.http.patch(path, json={"rating": 3, "description": None})
    assert (changed.status_code, changed.json()["message"]) == (200, "Testimonial updated")
    assert {**changed.json()["data"], "updated_at": ""} == {
        **said,
        "rating": 3,
        "description": None,
        "updated_at": "",
    }
    classmate = await a_person()
    await school.enrol(batch, classmate.id)
    for method in ("PATCH", "DELETE"):
        refused = await classmate.http.request(method, path, json={"rating": 1})
        assert (refused.status_code, refused.json()["message"]) == (403, "forbidden")
    gone = await student.http.delete(path)
    assert (gone.status_code, gone.json()["message"]) == (200, "Testimonial deleted")
    again = await student.http.delete(path)
    assert (again.status_code, again.json()["message"]) == (404, "testimonial not found")


async def test_an_admin_takes_anybodys_away(student: Person, batch: BatchRow, admin: Person):
    said = (await student.http.post(of(batch), json=BODY)).json()["data"]
    assert (await admin.http.delete(f"{URL}/{said['id']}")).status_code == 200


async def test_the_mean_is_of_what_was_asked_for(client: httpx.AsyncClient, a_person: MakePerson):
    batches = [await school.a_batch(), await school.a_batch()]
    people = [await a_person() for _ in range(3)]
    for person, batch, rating in zip(people, [batches[0], batches[0], batches[1]], (5, 4, 1), strict=True):
        await school.enrol(batch, person.id)
        assert (await person.http.post(of(batch), json={"rating": rating, "title": "T"})).status_code == 201

    async def found(**query: str) -> tuple[int, float | None]:
        meta = (await client.get(URL, params=query)).json()["meta"]
        return meta["total"], meta["average_rating"]

    assert await found() == (3, 3.33)
    assert await found(limit="1") == (3, 3.33)
    assert await found(batch_id=str(batches[0].uuid)) == (2, 4.5)
    assert await found(rating="5") == (1, 5.0)
    assert await found(rating="many") == (0, None)
    assert await found(user_id=str(people[2].uuid)) == (1, 1.0)
    path = f"/api/v1/batches/{batches[1].slug}/testimonials"
    assert (await client.get(path)).json()["meta"]["average_rating"] == 1.0
    ratings = (await client.get(URL, params={"sort": "rating", "order": "desc"})).json()["data"]
    assert [said["rating"] for said in ratings] == [5, 4, 1]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**BODY, "rating": 0}, {"rating": "rating tidak valid"}),
        ({**BODY, "rating": 6}, {"rating": "rating tidak valid"}),
        ({"title": "T"}, {"rating": "rating wajib diisi"}),
        ({"rating": 1}, {"title": "title wajib diisi"}),
    ],
)
async def test_what_does_not_fit_is_refused(student: Person, batch: BatchRow, body, told):
    answer = await student.http.post(of(batch), json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, told)
