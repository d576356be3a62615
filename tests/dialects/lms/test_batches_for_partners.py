"""What partners are shown of a batch is set here, and shown here only as far as it was set."""

import pytest

from backend.core import db
from backend.core.ids import new_uuid
from tests import school
from tests.dialects.lms.test_batches import KEYS, a_body, a_made_batch
from tests.people import Person

MORE = {
    "language": "en-GB",
    "duration_h": 12.5,
    "post_start_at": "2027-03-11T00:00:00Z",
    "post_end_at": "2027-03-12T00:00:00Z",
    "platform": "Google Meet",
    "note": "Don't forget to join",
    "additional_info": "<p>Bring a laptop</p>",
    "has_reminders": True,
}
NOTHING = {
    "language": "id",
    "duration_h": None,
    "post_start_at": None,
    "post_end_at": None,
    "platform": "",
    "note": "",
    "additional_info": "",
    "has_reminders": False,
    "custom_fields": [],
    "required_course_ids": [],
}


async def test_it_is_set_shown_kept_and_taken_away(admin: Person, statements: list[str]):
    before = await school.a_course()
    fields = [{"name": "Region", "value": "Depok"}, {"name": "Level", "value": "1"}]
    batch = await a_made_batch(admin, **MORE, custom_fields=fields, required_course_ids=[str(before.uuid)])
    assert set(batch) == KEYS | set(NOTHING)
    assert {name: batch[name] for name in MORE} == MORE
    assert [(field["name"], field["value"]) for field in batch["custom_fields"]] == [
        ("Region", "Depok"),
        ("Level", "1"),
    ]
    assert batch["required_course_ids"] == [str(before.uuid)]
    path = f"/api/v1/batches/{batch['id']}"
    kept = (await admin.http.put(path, json={"title": "Other"})).json()["data"]
    assert {name: kept[name] for name in NOTHING} == {name: batch[name] for name in NOTHING}
    statements.clear()
    assert (await admin.http.get("/api/v1/batches")).json()["data"] == [kept]
    assert len(statements) == 3
    cleared = await admin.http.put(path, json=NOTHING)
    assert (cleared.status_code, set(cleared.json()["data"])) == (200, KEYS)


async def test_a_custom_field_is_one_for_all_batches(admin: Person):
    field = {"name": "Region", "value": "Depok"}
    one = await a_made_batch(admin, custom_fields=[field])
    other = await a_made_batch(admin, custom_fields=[field | {"value": "Bogor"}])
    assert one["custom_fields"][0]["id"] == other["custom_fields"][0]["id"]
    answer = await admin.http.put(
        f"/api/v1/batches/{one['id']}", json={"custom_fields": [{"name": "Level", "value": ""}]}
    )
    assert [found["name"] for found in answer.json()["data"]["custom_fields"]] == ["Level"]
    assert await db.value("SELECT count(*) FROM custom_field") == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"language": "English"}, 400),
        ({"language": "e"}, 400),
        ({"duration_h": -1}, 400),
        ({"note": None}, 400),
        ({"platform": "x" * 256}, 400),
        ({"custom_fields": [{"name": " ", "value": ""}]}, 400),
        ({"custom_fields": [{"name": "Region"}]}, 400),
        ({"required_course_ids": ["17"]}, 400),
        ({"required_course_ids": [str(new_uuid())]}, 404),
        ({"post_start_at": "2027-03-11T00:00:00Z"}, 422),
        ({"post_start_at": "2027-03-11T00:00:00Z", "post_end_at": "2027-03-11T00:00:00Z"}, 422),
    ],
)
async def test_what_does_not_fit_is_refused(admin: Person, sent: dict, status: int):
    course, batch = await school.a_course(), await school.a_batch()
    made = await admin.http.post(f"/api/v1/courses/{course.uuid}/batches", json=a_body(**sent))
    changed = await admin.http.put(f"/api/v1/batches/{batch.uuid}", json=sent)
    assert (made.status_code, changed.status_code) == (status, status), (made.text, changed.text)
