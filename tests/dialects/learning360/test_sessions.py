"""The list of sessions: key by key as the seed and the recorded answers have it."""

from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from backend.core import db
from backend.dialects.learning360.ids import Kind, read, write
from tests.dialects.learning360.calling import (
    HEX_ID,
    SESSIONS,
    STAMP,
    a_client,
    a_full_batch,
    in_query,
    session_path,
)
from tests.people import Person
from tests.school import a_batch

RECORDED = [
    "_id", "author", "description", "endDate", "hasUserLimit", "name", "programDuration",
    "programDurationType", "programTemplate", "skills", "startDate", "tutors", "sessionCustom",
    "templateCustom", "validateRegistrations", "modules",
]  # fmt: skip
"""Keys and their order, in the majority of the recorded objects (January 2021). Source: partners.md 3.4."""

DOCUMENTED = [
    "_id", "name", "description", "author", "programTemplate", "tutors", "lang", "customFields",
    "modifiedAt", "automatedReminders", "requirements", "startDate", "endDate", "programDuration",
    "programDurationType", "templateCustom", "sessionCustom", "modules", "hasUserLimit", "userLimit",
    "groups", "users",
]  # fmt: skip
"""Keys of the seed, 002_04a2b6859f970561.txt."""

TEXTS = ("name", "author", "description", "lang", "templateCustom", "sessionCustom")
STAMPS = ("startDate", "endDate", "modifiedAt")


def fits(session: dict) -> None:
    """Every type of the seed's list of fields."""
    assert all(isinstance(session[name], str) for name in TEXTS)
    assert all(STAMP.fullmatch(session[name]) for name in STAMPS)
    assert HEX_ID.fullmatch(session["_id"])
    assert HEX_ID.fullmatch(session["programTemplate"])
    assert all(isinstance(session[name], bool) for name in ("hasUserLimit", "automatedReminders"))
    assert isinstance(session["validateRegistrations"], bool)
    assert all(isinstance(mail, str) and "@" in mail for mail in session["tutors"])
    assert all(HEX_ID.fullmatch(id_) for id_ in session["groups"] + session["skills"])
    for user in session["users"]:
        assert list(user) == ["_id", "mail"]
    for module in session["modules"]:
        assert list(module) == ["type", "_id"]
        assert module["type"] in ("course", "webinar", "classroom")
        assert HEX_ID.fullmatch(module["_id"])
    for field in session["customFields"]:
        assert set(field) == {"_id", "value"}
    assert set(session["requirements"]) == {"courses", "programs", "paths"}
    assert all(isinstance(ids, list) for ids in session["requirements"].values())
    assert session["programDuration"] is None or isinstance(session["programDuration"], int | float)


async def test_a_session_with_everything(client: httpx.AsyncClient, admin: Person):
    batch = await a_full_batch(admin)
    answer = await client.get(SESSIONS, headers=await a_client())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    [session] = answer.json()
    fits(session)
    assert set(session) == set(RECORDED) | set(DOCUMENTED)
    assert [key for key in session if key in RECORDED] == RECORDED
    row = await db.row("SELECT * FROM batch WHERE id = $1", batch.id)
    assert row is not None
    meetings = [found["id"] for found in await db.fetch("SELECT id FROM meeting ORDER BY start_at")]
    people = await db.fetch("SELECT id, email FROM account WHERE role = 'student' ORDER BY id")
    field, required = (
        await db.value("SELECT field_id FROM batch_field"),
        await db.value("SELECT course_id FROM batch_requirement"),
    )
    expected = {
        "_id": write(Kind.SESSION, batch.id),
        "author": admin.email,
        "description": "<p>Taxes</p>",
        "hasUserLimit": True,
        "userLimit": 30,
        "name": row["title"],
        "programDuration": 12,
        "programDurationType": "hour",
        "programTemplate": write(Kind.TEMPLATE, batch.course_id),
        "skills": [],
        "sessionCustom": "Session text",
        "templateCustom": "Template text",
        "modules": [
            {"type": "course", "_id": write(Kind.COURSE, batch.course_id)},
            {"type": "classroom", "_id": write(Kind.MEETING, meetings[0])},
            {"type": "webinar", "_id": write(Kind.MEETING, meetings[1])},
        ],
        "users": [{"_id": write(Kind.USER, found["id"]), "mail": found["email"]} for found in people],
        "lang": "en",
        "customFields": [{"_id": write(Kind.FIELD, field), "value": "Depok"}],
        "automatedReminders": True,
        "requirements": {"courses": [write(Kind.COURSE, required)], "programs": [], "paths": []},
    }
    assert {key: session[key] for key in expected} == expected
    assert (len(session["tutors"]), len(set(session["groups"]))) == (2, 2)
    for key, column in (("startDate", "start_at"), ("endDate", "end_at"), ("modifiedAt", "updated_at")):
        shown = datetime.strptime(session[key], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        assert shown == row[column].replace(microsecond=row[column].microsecond // 1000 * 1000)


async def test_what_is_not_there_has_its_own_form(client: httpx.AsyncClient):
    batch = await a_batch(groups=(), duration_h=None)
    [session] = (await client.get(SESSIONS, headers=await a_client())).json()
    fits(session)
    assert set(session) == (set(RECORDED) | set(DOCUMENTED)) - {"programDurationType"}
    assert (session["author"], session["description"], session["programDuration"]) == ("", "", None)
    assert session["modules"] == [{"type": "course", "_id": write(Kind.COURSE, batch.course_id)}]
    lists = [session[name] for name in ("tutors", "groups", "users", "skills", "customFields")]
    assert lists == [[], [], [], [], []]
    assert session["requirements"] == {"courses": [], "programs": [], "paths": []}


async def test_without_a_quota_there_is_no_limit(client: httpx.AsyncClient):
    await a_batch(quota=0, duration_h=7.5)
    [session] = (await client.get(SESSIONS, headers=await a_client())).json()
    assert (session["hasUserLimit"], "userLimit" in session) == (False, False)
    assert (session["programDuration"], session["programDurationType"]) == (7.5, "hour")


@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/"])
async def test_with_and_without_a_slash(client: httpx.AsyncClient, path: str):
    headers = await a_client()
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.json()) == (200, [])
    batch = await a_batch()
    assert [one["_id"] for one in (await client.get(path, headers=headers)).json()] == [write(Kind.SESSION, batch.id)]
    assert (await client.get(f"{session_path(batch)}/", headers=headers)).status_code == 200


async def test_archived_batches_are_read_by_their_id_only(client: httpx.AsyncClient):
    headers, batch = await a_client(), await a_batch()
    await db.statement("UPDATE batch SET archived_at = now()")
    assert (await client.get(SESSIONS, headers=headers)).json() == []
    assert (await client.get(session_path(batch), headers=headers)).json()["_id"] == write(Kind.SESSION, batch.id)


async def test_one_session_is_as_in_the_list(client: httpx.AsyncClient, admin: Person):
    headers, batch = await a_client(), await a_full_batch(admin)
    [session] = (await client.get(SESSIONS, headers=headers)).json()
    answer = await client.get(session_path(batch), headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    assert msgspec.json.encode(answer.json()) == msgspec.json.encode(session)  # order, too


async def test_who_has_it_is_told_so(client: httpx.AsyncClient, admin: Person, statements: list[str]):
    headers, batch = await a_client(), await a_full_batch(admin)
    whole = await client.get(SESSIONS, headers=headers)
    tag = whole.headers["etag"]
    assert tag.startswith('W/"')
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        statements.clear()
        answer = await client.get(SESSIONS, headers=headers | {"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["cache-control"] == "no-cache, no-store, private"
        assert len(statements) == 3
    for unknown in ('W/"x"', "x", ""):
        assert (await client.get(SESSIONS, headers=headers | {"If-None-Match": unknown})).status_code == 200
    await db.statement("UPDATE account SET email = 'new@example.test' WHERE role = 'student' AND id = (SELECT"
                       " min(account_id) FROM enrolment)")  # fmt: skip
    assert (await client.get(SESSIONS, headers=headers | {"If-None-Match": tag})).status_code == 200
    assert (await client.get(session_path(batch), headers=headers)).status_code == 200


async def test_a_head_is_its_get_without_the_list(client: httpx.AsyncClient, statements: list[str]):
    headers = await a_client()
    await a_batch()
    got = await client.get(SESSIONS, headers=headers)
    statements.clear()
    answer = await client.head(SESSIONS, headers=headers)
    assert (answer.status_code, answer.content, len(statements)) == (200, b"", 3)
    ignored = {"x-request-id", "content-length"}
    assert {n: v for n, v in answer.headers.items() if n not in ignored} == {
        n: v for n, v in got.headers.items() if n not in ignored
    }
    known = await client.head(SESSIONS, headers=headers | {"If-None-Match": got.headers["etag"]})
    assert known.status_code == 304


async def test_the_headers_of_an_answer(client: httpx.AsyncClient):
    answer = await client.get(SESSIONS, headers=await a_client())
    assert answer.headers["cache-control"] == "no-cache, no-store, private"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    assert "access-control-allow-credentials" not in answer.headers
    asked = await client.options(SESSIONS)
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "*")
    assert "X-apiKey" in asked.headers["access-control-allow-headers"]


QUERY = "company=acme&apiKey=a%2Bb+c&x=%00&x=%0d%0aLocation:%20http://evil.example&y=//evil.example"


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_programs_lead_to_sessions(client: httpx.AsyncClient, method: str, slash: str):
    id_ = write(Kind.SESSION, 7)
    for path, there in (("", SESSIONS), (f"/{id_}", f"{SESSIONS}/{id_}")):
        for query in ("", QUERY):
            url = f"/api/v1/programs{path}{slash}" + (f"?{query}" if query else "")
            answer = await client.request(method, url)
            assert answer.status_code == 302
            assert answer.headers["location"] == (f"{there}?{query}" if query else there)
            assert answer.content == b""


async def test_a_redirect_is_followed_with_the_keys(client: httpx.AsyncClient):
    batch, keys = await a_batch(), in_query(await a_client())
    answer = await client.get("/api/v1/programs", params=keys, follow_redirects=True)
    assert [one["_id"] for one in answer.json()] == [write(Kind.SESSION, batch.id)]
    one = await client.get(f"/api/v1/programs/{write(Kind.SESSION, batch.id)}", params=keys, follow_redirects=True)
    assert one.json()["_id"] == write(Kind.SESSION, batch.id)


def test_ids_come_back_as_they_were():
    ids = {write(kind, id_) for kind in Kind for id_ in (1, 7, 123456, (1 << 63) - 1)}
    assert len(ids) == len(Kind) * 4
    assert all(HEX_ID.fullmatch(id_) for id_ in ids)
    for id_ in (1, 7, 123456, (1 << 63) - 1):
        assert read(Kind.SESSION, write(Kind.SESSION, id_)) == id_
        assert read(Kind.SESSION, write(Kind.SESSION, id_).upper()) == id_
