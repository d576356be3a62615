"""The list of batches: key by key as the seed shows it."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from backend.core import clock, db
from backend.dialects.ruangkerja.wire import BatchOut, Status
from backend.domain.batches import schedule_queries
from backend.domain.batches.schedule_queries import ScheduledBatch
from backend.domain.batches.terms import CourseType
from tests.dialects.ruangkerja.partner import COURSES, Partner, batch_code, course_code, golden
from tests.school import BatchRow, Row, a_batch, a_course, a_meeting

SHOWN = golden("batches")
THEN = datetime(2022, 8, 1, 2, 30, tzinfo=UTC)
"""When the seed was written down: its first batch was over, its second under way."""


def path(code: str, page: object = 1, size: object = 10) -> str:
    return f"{COURSES}/{code}/batches?page={page}&pageSize={size}"


async def the_seeds_course() -> Row:
    """The course of the seed with its hundred batches: three as shown, the others after them."""
    course = await a_course()
    for item in SHOWN["data"]["items"]:
        is_offline = item["platform"] == ""
        batch = await a_batch(
            course=course,
            code=item["serial"],
            title=item["name"],
            start_at=datetime.fromisoformat(item["mainActivityStartAt"]),
            end_at=datetime.fromisoformat(item["mainActivityEndAt"]),
            course_type="offline" if is_offline else "online",
            platform=item["platform"],
            room=item["location"] if is_offline else "",
            note=item["note"],
        )
        if not is_offline:
            meeting = await a_meeting(batch)
            await db.statement("UPDATE meeting SET join_url = $2 WHERE id = $1", meeting.id, item["location"])
    await db.statement(
        "INSERT INTO batch (code, slug, course_id, title, start_at, end_at, registration_start_at,"
        " registration_end_at, start_time, end_time, room, quota, course_type)"
        " SELECT 'MORE-' || i, 'more-' || i, $1, 'More', now(), now() + interval '1 day', now(), now(), '08:00',"
        " '09:00', 'Room', 1, 'offline' FROM generate_series(4, 100) i",
        course.id,
    )
    return course


async def test_the_seeds_answer_key_by_key(partner: Partner):
    course = await the_seeds_course()
    answer = await partner.http.get(path(await course_code(course)))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    body = answer.json()
    found, shown = body["data"].pop("items"), golden("batches")
    items = shown["data"].pop("items")
    assert msgspec.json.encode(body) == msgspec.json.encode(shown)
    assert len(found) == 10
    for item, wanted in zip(found, items, strict=False):
        assert list(item) == list(wanted)
        assert item == {**wanted, "status": "Completed"}  # all three are long over


async def test_the_seeds_answer_at_its_own_time(database: None):
    course = await the_seeds_course()
    paged = await schedule_queries.batches_scheduled(await course_code(course), offset=0, limit=3)
    found = [BatchOut.of(batch, THEN) for batch in paged.items]
    assert msgspec.json.encode(found) == msgspec.json.encode(SHOWN["data"]["items"])


async def test_every_page_until_the_end_and_beyond(partner: Partner, statements: list[str]):
    course = await the_seeds_course()
    code, seen = await course_code(course), list[str]()
    for page in range(1, 7):
        statements.clear()
        data = (await partner.http.get(path(code, page, 20))).json()["data"]
        assert len(statements) <= 5
        assert (data["currentPage"], data["totalItems"], data["totalPage"]) == (page, 100, 5)
        seen += [item["serial"] for item in data["items"]]
    assert (len(seen), len(set(seen))) == (100, 100)
    last = (await partner.http.get(path(code, 15, 7))).json()["data"]
    assert (last["totalPage"], len(last["items"])) == (15, 2)
    far = await partner.http.get(path(code, 1_000_000_000, 100))
    assert (far.status_code, far.json()["data"]["items"]) == (200, [])


async def test_a_course_without_batches_has_none(partner: Partner):
    answer = await partner.http.get(path(await course_code(await a_course())))
    data = {"currentPage": 1, "totalItems": 0, "totalPage": 0, "items": []}
    assert answer.json() == {"status": "success", "message": "Success", "data": data}


async def one(partner: Partner, batch: BatchRow) -> dict[str, object]:
    [item] = (await partner.http.get(path(await course_code(batch)))).json()["data"]["items"]
    return dict(item)


async def test_what_follows_the_classes(partner: Partner):
    post = clock.now() + timedelta(days=1)
    batch = await a_batch(ends=timedelta(days=-1), post_start_at=post, post_end_at=post + timedelta(hours=1))
    item = await one(partner, batch)
    form = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    for name in ("mainActivityStartAt", "mainActivityEndAt", "postActivityStartAt", "postActivityEndAt"):
        assert form.fullmatch(str(item[name])), name
    assert item["postActivityStartAt"] == post.isoformat(timespec="milliseconds")[:23] + "Z"
    assert item["status"] == "Ongoing"


@pytest.mark.parametrize(
    ("kind", "url", "shown"),
    [
        ("offline", "https://meet.example/x", ("", "Room 1")),
        ("online", "https://meet.example/x", ("Zoom", "https://meet.example/x")),
        ("online", "", ("Zoom", "Room 1")),
    ],
)
async def test_where_it_is(partner: Partner, kind: str, url: str, shown: tuple[str, str]):
    batch = await a_batch(course_type=kind, platform="Zoom")
    meeting = await a_meeting(batch)
    await db.statement("UPDATE meeting SET join_url = $2 WHERE id = $1", meeting.id, url)
    item = await one(partner, batch)
    assert (item["platform"], item["location"], item["note"]) == (*shown, "")


def a_scheduled_batch(start: datetime, end: datetime, post_end: datetime | None = None) -> ScheduledBatch:
    return ScheduledBatch(
        id=1,
        code="B",
        title="B",
        course_type=CourseType.ONLINE,
        start_at=start,
        end_at=end,
        post_start_at=post_end and end,
        post_end_at=post_end,
        platform="",
        room="",
        join_url=None,
        note="",
        archived_at=None,
    )


TICK = timedelta(microseconds=1)


def test_statuses_at_their_borders():
    start, end = THEN, THEN + timedelta(hours=1)
    post_end = end + timedelta(days=1)
    for batch, last in (
        (a_scheduled_batch(start, end), end),
        (a_scheduled_batch(start, end, post_end), post_end),
    ):
        assert Status.of(batch, start - TICK) == "Scheduled"
        assert Status.of(batch, start) == "Ongoing"
        assert Status.of(batch, last) == "Ongoing"
        assert Status.of(batch, last + TICK) == "Completed"


async def test_the_status_is_that_of_the_read(partner: Partner):
    batch = await a_batch(begins=timedelta(hours=1), ends=timedelta(hours=2))
    seen = []
    for hours in (0, 1, 1):
        await db.statement(
            "UPDATE batch SET start_at = start_at - make_interval(mins => $2),"
            " end_at = end_at - make_interval(mins => $2) WHERE id = $1",
            batch.id,
            hours * 61,
        )
        seen.append((await one(partner, batch))["status"])
    assert seen == ["Scheduled", "Ongoing", "Completed"]


async def test_serials_stay(partner: Partner):
    batch = await a_batch()
    assert (await one(partner, batch))["serial"] == await batch_code(batch)
