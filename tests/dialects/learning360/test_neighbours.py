"""What real clients call beside the list: a session's people, how they fare, and templates."""

import re

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from backend.dialects.learning360 import lists
from backend.dialects.learning360.ids import Kind, write
from backend.dialects.learning360.wire import _names
from tests.dialects.learning360.calling import (
    HEX_ID,
    NOT_FOUND,
    PROGRAMS,
    STAMP,
    a_client,
    a_full_batch,
    session_path,
)
from tests.people import Person, an_account
from tests.school import _insert, a_batch, a_course, a_meeting, enrol

TEMPLATES = f"{PROGRAMS}/templates"


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Siti Nur Halimah", ("Siti Nur", "Halimah")),
        ("Budi", ("Budi", "")),
        (" Budi  Santoso ", ("Budi", "Santoso")),
        ("-", ("-", "")),
        ("", ("", "")),
    ],
)
def test_a_name_is_split_before_its_last_word(name: str, split: tuple[str, str]):
    assert _names(name) == split


async def test_the_people_of_a_session(client: httpx.AsyncClient, admin: Person, statements: list[str]):
    headers, batch = await a_client(), await a_full_batch(admin)
    rows = await db.fetch("SELECT id, email FROM account WHERE role = 'student' ORDER BY id")
    gone, removed = [(await an_account(Role.STUDENT))[0] for _ in range(2)]
    await enrol(batch, removed)
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE id = $1", await enrol(batch, gone))
    await db.statement("UPDATE account SET removed_at = now() WHERE id = $1", removed)
    statements.clear()
    answer = await client.get(f"{session_path(batch)}/users", headers=headers)
    assert len(statements) == 2 + 2 + 3  # the client, the batch, its people
    assert answer.status_code == 200
    assert answer.json() == [
        {"_id": write(Kind.USER, row["id"]), "mail": row["email"], "firstName": "Siti Nur", "lastName": "Halimah"}
        for row in rows
    ]
    assert list(answer.json()[0]) == ["_id", "mail", "firstName", "lastName"]
    [session] = (await client.get(f"{PROGRAMS}/sessions", headers=headers)).json()
    assert [(one["_id"], one["mail"]) for one in answer.json()] == [(u["_id"], u["mail"]) for u in session["users"]]


async def test_how_people_fare(client: httpx.AsyncClient):
    headers, batch = await a_client(), await a_batch()
    meetings = [await a_meeting(batch) for _ in range(3)]
    ids = [(await an_account(Role.STUDENT))[0] for _ in range(4)]
    for id_ in ids:
        await enrol(batch, id_)
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", ids[3])
    for id_, count in ((ids[0], 3), (ids[1], 1)):
        for meeting in meetings[:count]:
            await _insert("attendance", meeting_id=meeting.id, account_id=id_, is_present=True)
    answer = await client.get(f"{session_path(batch)}/stats", headers=headers)
    assert answer.status_code == 200
    stats = answer.json()
    assert set(stats) == {"name", "completed", "registered", "attendees", "usersStats"}
    assert (stats["completed"], stats["registered"], stats["attendees"]) == (1, 3, 2)
    assert stats["name"] == await db.value("SELECT title FROM batch")
    people = stats["usersStats"]
    assert all(
        set(one)
        == {
            "_id", "firstName", "lastName", "mail", "score", "progress", "totalTimeSpentInSeconds", "startTime",
            "endTime", "deleted",
        }
        for one in people
    )  # fmt: skip
    assert [one["_id"] for one in people] == [write(Kind.USER, id_) for id_ in ids]
    assert [one["progress"] for one in people] == [100, 33.33, 0, 0]
    assert [one["deleted"] for one in people] == [False, False, False, True]
    assert [bool(one["endTime"]) for one in people] == [True, False, False, False]
    assert {(one["score"], one["totalTimeSpentInSeconds"]) for one in people} == {(0, 0)}
    assert all(STAMP.fullmatch(one["startTime"]) for one in people)
    assert STAMP.fullmatch(people[0]["endTime"])


async def test_an_empty_session(client: httpx.AsyncClient):
    headers, batch = await a_client(), await a_batch()
    assert (await client.get(f"{session_path(batch)}/users", headers=headers)).json() == []
    stats = (await client.get(f"{session_path(batch)}/stats", headers=headers)).json()
    assert {name: stats[name] for name in ("completed", "registered", "attendees", "usersStats")} == {
        "completed": 0, "registered": 0, "attendees": 0, "usersStats": [],
    }  # fmt: skip


async def test_many_people_come_page_by_page(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    headers, batch = await a_client(), await a_batch()
    mails = []
    for _ in range(7):
        id_, _, _, mail = await an_account(Role.STUDENT)
        await enrol(batch, id_)
        mails.append(mail)
    monkeypatch.setattr(lists, "PAGE", 3)
    monkeypatch.setattr(lists, "TOGETHER", 2)
    users = (await client.get(f"{session_path(batch)}/users", headers=headers)).json()
    assert [one["mail"] for one in users] == mails
    assert (await client.get(f"{session_path(batch)}/stats", headers=headers)).json()["registered"] == 7


async def test_templates(client: httpx.AsyncClient, admin: Person, statements: list[str]):
    headers, bare = await a_client(), await a_course("Bare")
    archived = await a_course("Archived")
    await db.statement("UPDATE course SET archived_at = now() WHERE id = $1", archived.id)
    batch = await a_full_batch(admin)
    statements.clear()
    found = (await client.get(TEMPLATES, headers=headers)).json()
    assert len(statements) == 3
    assert [one["_id"] for one in found][:2] == [write(Kind.TEMPLATE, id_) for id_ in (bare.id, batch.course_id)]
    assert found[1] == {
        "_id": write(Kind.TEMPLATE, batch.course_id),
        "name": "Brevet A & B",
        "description": "Long",
        "author": admin.email,
        "elements": [{"type": "course", "_id": write(Kind.COURSE, batch.course_id), "title": "Brevet A & B"}],
        "skills": [],
        "templateCustom": "Template text",
    }
    assert list(found[1])[:4] == ["_id", "name", "description", "author"]
    assert (found[0]["author"], found[0]["templateCustom"]) == ("", "")
    [session] = (await client.get(f"{PROGRAMS}/sessions", headers=headers)).json()
    for id_ in (session["programTemplate"], write(Kind.TEMPLATE, archived.id)):
        one = (await client.get(f"{TEMPLATES}/{id_}/", headers=headers)).json()
        assert one["_id"] == id_
        assert HEX_ID.fullmatch(id_)


async def test_what_is_not_there(client: httpx.AsyncClient):
    """The record's word for a template that is none (its id was no id either)."""
    headers, batch = await a_client(), await a_batch()
    session, course = write(Kind.SESSION, batch.id), write(Kind.TEMPLATE, batch.course_id)
    for path in (
        f"{TEMPLATES}/template", f"{TEMPLATES}/{session}", f"{TEMPLATES}/{write(Kind.TEMPLATE, 1 << 40)}",
        f"{PROGRAMS}/sessions/{course}", f"{PROGRAMS}/sessions/{write(Kind.SESSION, 1 << 40)}",
        f"{PROGRAMS}/sessions/{write(Kind.SESSION, 1 << 40)}/users", f"{PROGRAMS}/sessions/{course}/stats",
    ):  # fmt: skip
        answer = await client.get(path, headers=headers)
        assert (answer.status_code, set(answer.json()), answer.json()["message"]) == (404, NOT_FOUND, "Not Found")
        assert re.fullmatch(r"https?://[^/]+/docs", answer.json()["documentation_url"])
