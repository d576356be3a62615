"""The page that a phone opens which scans the code in class: who gets in, what is noted, and what it says otherwise."""

import asyncio
import re
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.core.ids import new_uuid
from backend.dialects.site.check_in import GATE
from backend.dialects.site.words import WORDS
from backend.domain.accounts import passwords
from backend.domain.enrolments import check_in_queries, rules
from tests.dialects.site.chromium import HERE, PROGRAM
from tests.dialects.site.operating import PASSWORD, Form, form
from tests.people import an_account
from tests.school import a_batch, a_meeting, enrol

SAYS = WORDS["id"]


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Codes that last for as long as a test does, however slow the machine."""
    monkeypatch.setattr(rules, "CODE_STEP_S", 3600)


@pytest.fixture
async def phone(client):
    """A browser with a cookie jar."""
    async with httpx.AsyncClient(transport=client._transport, base_url="http://lulus.test") as http:
        yield http


@pytest.fixture
async def lesson(database):
    """A meeting that is being held, where students check in by themselves."""
    batch = await a_batch()
    meeting = await a_meeting(batch, begins=timedelta(minutes=-20))
    await db.statement("UPDATE meeting SET self_check_in = true WHERE id = $1", meeting.id)
    return batch, meeting


async def a_student(batch=None, role=Role.STUDENT):
    id_, _, _, email = await an_account(role, name="Budi <b>Santoso</b>")
    await db.statement("UPDATE account SET password_hash = $2 WHERE id = $1", id_, await passwords.hashed(PASSWORD))
    if batch is not None:
        await enrol(batch, id_)
    return email


async def scanned(meeting) -> str:
    """The address that the picture in class holds, without its host."""
    url = (await check_in_queries.check_in_code(SYSTEM, meeting.id)).url
    return url[url.index("/check-in/") :]


async def log_in(phone, address, email, password=PASSWORD, **headers):
    where, fields = form(await phone.get(address), "/login")
    return await phone.post(where, data={**fields, "email": email, "password": password}, headers=headers)


async def marks() -> int:
    return await db.value("SELECT count(*) FROM attendance WHERE checked_in_at IS NOT NULL")


async def test_looking_notes_nothing_and_logging_in_does(phone, lesson):
    batch, meeting = lesson
    address = await scanned(meeting)
    assert SAYS["check_in_login"] in (await phone.get(address)).text
    assert await marks() == 0
    answer = await log_in(phone, address, await a_student(batch))
    assert answer.status_code == 200, answer.text
    assert SAYS["checked_in"] in answer.text
    assert "Budi &lt;b&gt;Santoso" in answer.text
    assert await marks() == 1


async def test_who_took_longer_than_the_code_scans_again_and_taps_once(phone, lesson):
    batch, meeting = lesson
    stale = f"/check-in/{meeting.uuid}?code=AAAA"
    answer = await log_in(phone, stale, await a_student(batch))
    assert answer.status_code == 422
    assert SAYS["check_in_code_wrong"] in answer.text
    asked = await phone.get(await scanned(meeting))
    assert SAYS["check_in_button"] in asked.text
    assert await marks() == 0
    where, fields = form(asked, r"/check-in/[^/]+\?")
    assert SAYS["checked_in"] in (await phone.post(where, data=fields)).text
    again = await phone.post(where, data=fields)
    assert (again.status_code, SAYS["already_marked"] in again.text) == (409, True)
    assert await marks() == 1


async def test_being_late_is_said(phone, lesson):
    batch, meeting = lesson
    await db.statement("UPDATE meeting SET late_after_min = 5 WHERE id = $1", meeting.id)
    answer = await log_in(phone, await scanned(meeting), await a_student(batch))
    assert SAYS["is_late"] in answer.text


@pytest.mark.parametrize(
    ("change", "status", "word"),
    [
        ("self_check_in = false", 422, "check_in_off"),
        ("start_at = now() + interval '1 hour', end_at = now() + interval '2 hours'", 422, "check_in_not_open"),
        ("check_in_min = 5", 422, "check_in_over"),
    ],
)
async def test_what_the_meeting_says_is_said_in_words(phone, lesson, change, status, word):
    batch, meeting = lesson
    address = f"/check-in/{meeting.uuid}?code={rules.check_in_code('x', meeting.uuid, 0)}"
    await db.statement(f"UPDATE meeting SET {change} WHERE id = $1", meeting.id)
    answer = await log_in(phone, address, await a_student(batch))
    assert (answer.status_code, SAYS[word] in answer.text) == (status, True)
    assert await marks() == 0


async def test_only_students_of_the_class(phone, lesson):
    batch, meeting = lesson
    address = await scanned(meeting)
    teacher = await log_in(phone, address, await a_student(role=Role.TEACHER))
    assert (teacher.status_code, SAYS["wrong_role"] in teacher.text) == (403, True)
    assert GATE.cookie_name not in phone.cookies
    foreign = await log_in(phone, address, await a_student())
    assert (foreign.status_code, SAYS["not_enrolled"] in foreign.text) == (403, True)
    wrong = await log_in_again(phone, address, await a_student(batch), "wrong")
    assert (wrong.status_code, SAYS["wrong"] in wrong.text) == (401, True)
    assert await marks() == 0


async def log_in_again(phone, address, email, password):
    """As somebody else, after logging out."""
    where, fields = form(await phone.get(address), "/logout")
    assert (await phone.post(where, data=fields)).status_code == 303
    assert GATE.cookie_name not in phone.cookies
    return await log_in(phone, address, email, password)


async def test_forms_of_other_pages_note_nothing(phone, lesson):
    batch, meeting = lesson
    address = await scanned(meeting)
    email = await a_student(batch)
    assert (await log_in(phone, address, email, origin="http://evil.example")).status_code == 403
    await log_in(phone, f"/check-in/{meeting.uuid}?code=A", email)
    where, fields = form(await phone.get(address), r"/check-in/[^/]+\?")
    tries = [
        ({}, {}),
        ({"csrf": "0" * 64}, {}),
        (fields, {"origin": "null"}),
        (fields, {"sec-fetch-site": "cross-site"}),
    ]
    for data, headers in tries:
        assert (await phone.post(where, data=data, headers=headers)).status_code == 403
    assert await marks() == 0


async def test_the_login_is_kept_for_these_pages_alone(phone, lesson):
    batch, meeting = lesson
    answer = await log_in(phone, await scanned(meeting), await a_student(batch))
    (given,) = [text for text in answer.headers.get_list("set-cookie") if text.startswith(f"{GATE.cookie_name}=ey")]
    assert re.search("Path=/check-in;|Path=/check-in$", given)
    assert "HttpOnly" in given
    assert "Max-Age=1209600" in given
    assert re.search("SameSite=lax", given, re.IGNORECASE)
    phone.cookies.set("lulus_ops", phone.cookies[GATE.cookie_name], domain="lulus.test", path="/ops")
    assert (await phone.get("/ops")).status_code == 303


@pytest.mark.browser
@pytest.mark.commits
@pytest.mark.skipif(PROGRAM is None, reason="Chromium is missing")
async def test_a_phone_logs_in_and_then_taps(lesson, storage, shop):
    """Only a browser knows what its `Origin` is under a page's referrer policy."""
    batch, meeting = lesson
    email, address = await a_student(batch), HERE + await scanned(meeting)

    def scan(tab, folder):
        tab.open(f"{HERE}/check-in/{meeting.uuid}?code=OLD", 360)
        tab.value(f"document.forms[0].email.value = {email!r}; document.forms[0].password.value = {PASSWORD!r}")
        tab.press("button")
        said = [tab.value("document.querySelector('.said').innerText")]
        tab.open(address, 360)
        heights = tab.value("[...document.querySelectorAll('button, nav a')].map(e => e.offsetHeight)")
        tab.press("button")
        width = tab.value("document.documentElement.scrollWidth")
        return [*said, tab.value("document.querySelector('h1').innerText"), min(heights) >= 44, width]

    said = await asyncio.to_thread(shop, scan)
    assert said == [SAYS["check_in_code_wrong"], SAYS["checked_in"], True, 360]
    assert await marks() == 1


async def test_unknown_meetings_are_not_there(phone, lesson):
    batch, _ = lesson
    assert (await phone.get("/check-in/nothing?code=A")).status_code == 404
    answer = await log_in(phone, f"/check-in/{new_uuid()}?code=A", await a_student(batch))
    assert (answer.status_code, SAYS["meeting_not_found"] in answer.text) == (404, True)


async def test_the_page_is_guarded_and_keeps_the_code(phone, lesson):
    evil = quote('"><script>alert(1)</script>', safe="")
    answer = await phone.get(f"/check-in/{lesson[1].uuid}?code={evil}")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert WORDS["id"]["privacy"] not in answer.text
    links = [
        attrs["href"]
        for tag, attrs in Form(answer.text).tags
        if tag == "a" and "?lang" in attrs["href"] and attrs["href"] != "/?lang=id"
    ]
    assert links == [f"/check-in/{lesson[1].uuid}?lang={lang}&code={evil}" for lang in ("id", "en")]
