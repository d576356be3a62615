"""Who is in an offline or a webinar batch, and how they fare. Source: contract/partners.md 4.5."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.dialects.ruangkerja.wire import PostActivityStatus, UserOut, _whole
from backend.domain.grading.participant_queries import LastTest
from tests.dialects.ruangkerja.partner import COURSES, Partner, batch_code, course_code
from tests.people import an_account
from tests.school import BatchRow, _insert, a_batch, a_course, a_meeting, enrol

KEYS: dict[str, type | tuple[type, ...]] = {
    "user": dict,
    "absentReason": str,
    "assignedCourseSerial": str,
    "feedback": str,
    "isAttend": bool,
    "userAssignedStatus": str,
    "postActivityStatus": str,
    "postTestAttempt": int,
    "postTestScore": int,
    "postTestPassingScore": (int, type(None)),
}
KINDS = {"offline": "offline", "webinar": "online"}


async def users(batch: BatchRow, kind: str) -> str:
    return f"{COURSES}/{await course_code(batch)}/{kind}/{await batch_code(batch)}/users"


@pytest.mark.parametrize("kind", KINDS)
async def test_people_key_by_key(partner: Partner, kind: str, statements: list[str]):
    batch = await a_batch(course_type=KINDS[kind])
    meeting = await a_meeting(batch)
    there, there_uuid, *_ = await an_account(Role.STUDENT, name="Somebody There")
    away, *_ = await an_account(Role.STUDENT)
    for account_id in (there, away):
        await enrol(batch, account_id)
    await db.statement("UPDATE profile SET nim = '50420001' WHERE account_id = $1", there)
    await _insert("attendance", meeting_id=meeting.id, account_id=there, is_present=True)
    await _insert("attendance", meeting_id=meeting.id, account_id=away, is_present=False, note="Ill")
    path = await users(batch, kind)
    statements.clear()
    answer = await partner.http.get(path)
    assert len(statements) <= 7
    data = answer.json()["data"]
    items = data.pop("items")
    assert (answer.status_code, data) == (200, {"currentPage": 1, "totalItems": 2, "totalPage": 1})
    for item in items:
        assert list(item) == list(KEYS)
        for name, value in item.items():
            assert isinstance(value, KEYS[name]), name
    assert items[0] == {
        "user": {"serial": str(there_uuid), "name": "Somebody There", "employeeID": "50420001"},
        "absentReason": "",
        "assignedCourseSerial": await course_code(batch),
        "feedback": "",
        "isAttend": True,
        "userAssignedStatus": "Cleared",
        "postActivityStatus": "",
        "postTestAttempt": 0,
        "postTestScore": 0,
        "postTestPassingScore": None,
    }
    assert (items[1]["absentReason"], items[1]["isAttend"], items[1]["userAssignedStatus"]) == ("Ill", False, "Ongoing")
    part = (await partner.http.get(path, params={"page": 2, "pageSize": 1})).json()["data"]
    assert (part["totalPage"], part["items"]) == (2, items[1:])


async def test_who_has_not_done_all_by_the_end_has_failed(partner: Partner):
    batch = await a_batch(course_type="offline", ends=timedelta(days=-1))
    await a_meeting(batch, begins=timedelta(days=-2))
    account_id, *_ = await an_account(Role.STUDENT)
    await enrol(batch, account_id)
    [item] = (await partner.http.get(await users(batch, "offline"))).json()["data"]["items"]
    assert item["userAssignedStatus"] == "Failed"


async def test_who_left_is_not_shown(partner: Partner):
    batch = await a_batch(course_type="offline")
    account_id, *_ = await an_account(Role.STUDENT)
    await enrol(batch, account_id)
    await db.statement("UPDATE enrolment SET state = 'withdrawn'")
    assert (await partner.http.get(await users(batch, "offline"))).json()["data"]["items"] == []


@pytest.mark.parametrize(
    ("test", "status", "score"),
    [
        (None, "", 0),
        (LastTest(0, is_open=False, is_closed=False, best_percent=None), "NOT STARTED", 0),
        (LastTest(0, is_open=False, is_closed=True, best_percent=None), "EXPIRED", 0),
        (LastTest(1, is_open=True, is_closed=False, best_percent=None), "IN PROGRESS", 0),
        (LastTest(1, is_open=False, is_closed=True, best_percent=None), "COMPLETED", 0),
        (LastTest(1, is_open=False, is_closed=False, best_percent=Decimal("66.50")), "COMPLETED", 67),
        (LastTest(2, is_open=True, is_closed=False, best_percent=Decimal("66.49")), "COMPLETED", 66),
    ],
)
def test_the_last_quiz(test: LastTest | None, status: str, score: int):
    assert (PostActivityStatus.of(test), _whole(test)) == (status, score)
    assert UserOut.__struct_encode_fields__ == tuple(KEYS)


async def test_a_batch_is_of_one_kind_and_of_one_course(partner: Partner):
    offline, online = await a_batch(course_type="offline"), await a_batch(course_type="online")
    elsewhere = await course_code(await a_course())
    wrong: list[Any] = [
        (await course_code(offline), "webinar", await batch_code(offline)),
        (await course_code(online), "offline", await batch_code(online)),
        (elsewhere, "offline", await batch_code(offline)),
        (await course_code(online), "webinar", "NONE"),
    ]
    for course, kind, batch in wrong:
        answer = await partner.http.get(f"{COURSES}/{course}/{kind}/{batch}/users")
        assert (answer.status_code, answer.json()) == (
            404,
            {"errorCode": 404, "message": "NOT_FOUND", "detail": "batch not found"},
        )


@pytest.mark.parametrize("query", ["page=0", "pageSize=101", "page=x&pageSize=1"])
async def test_pages_that_are_none(partner: Partner, query: str):
    batch = await a_batch(course_type="offline")
    answer = await partner.http.get(f"{await users(batch, 'offline')}?{query}")
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 400)
