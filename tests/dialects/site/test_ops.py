"""The operations page: who gets in, what forms must carry, what it shows, and that it asks little."""

import re

import httpx
import pytest

from backend.core import db
from backend.core.actor import Role
from backend.core.ids import new_uuid
from backend.dialects.site import gate
from backend.dialects.site.ops.guard import GATE
from backend.dialects.site.ops.words import WORDS
from backend.domain.jobs import commands, operator_queries
from backend.domain.jobs.terms import JobState
from tests.dialects.site.operating import PASSWORD, Form, form, log_in, somebody

PAGES = ("/ops", "/ops/jobs", "/ops/jobs/{job}", "/ops/activity", "/ops/storage")
EVIL = '"><script>alert(1)</script><img src=x onerror=y>{{ 7 * 7 }}'


@pytest.fixture
async def browser(client):
    """A client with a cookie jar."""
    async with httpx.AsyncClient(transport=client._transport, base_url="http://lulus.test") as http:
        yield http


@pytest.fixture
async def operator(browser):
    answer = await log_in(browser, await somebody(Role.ADMIN, "Ratna"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/ops?lang=id")
    return browser


async def a_job(state=JobState.PARKED, error=None, owner=None, kind="probe_media"):
    made = await commands.enqueue(kind, {}, owner_id=owner)
    await db.statement("UPDATE job SET state = $2, error = $3, attempt = 5 WHERE id = $1", made.id, str(state), error)
    return made.id


def test_both_languages_say_everything():
    assert WORDS["id"].keys() == WORDS["en"].keys()
    assert all(text.strip() for table in WORDS.values() for text in table.values())
    assert {f"state_{state}" for state in JobState} <= WORDS["id"].keys()


@pytest.mark.parametrize("path", PAGES)
async def test_strangers_see_nothing_but_the_login(client, path):
    path = path.format(job=await a_job())
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"], answer.text) == (303, "/ops/login?lang=id", "")
    assert (await client.get(path, headers={"x-live": "1"})).status_code == 401
    for act in ("retry", "cancel"):
        answer = await client.post(f"/ops/jobs/1/{act}", data={"csrf": "x"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/ops/login?lang=id")


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TEACHER])
async def test_only_admins_get_in(browser, role):
    answer = await log_in(browser, await somebody(role))
    assert answer.status_code == 403
    assert WORDS["id"]["wrong_role"] in answer.text
    assert GATE.cookie_name not in browser.cookies
    assert (await browser.get("/ops")).status_code == 303
    assert await db.value("SELECT count(*) FROM session WHERE revoked_at IS NULL") == 0


async def test_an_access_token_is_no_way_in(admin):
    admin.http.cookies.set(GATE.cookie_name, admin.token)
    assert (await admin.http.get("/ops")).status_code == 303


async def test_a_wrong_password_and_an_unknown_address_get_one_answer(browser):
    email = await somebody(Role.ADMIN)
    wrong, unknown = await log_in(browser, email, "wrong"), await log_in(browser, "nobody@example.test")
    assert wrong.status_code == unknown.status_code == 401
    clean = [re.sub(r'value="[0-9a-f]{64}"', "", answer.text) for answer in (wrong, unknown)]
    assert clean[0] == clean[1]
    assert WORDS["id"]["wrong"] in wrong.text


async def test_tries_are_limited_as_at_the_api(browser):
    email = await somebody(Role.ADMIN)
    for _ in range(5):
        assert (await log_in(browser, email, "wrong")).status_code == 401
        api = await browser.post("/api/v1/auth/login", json={"email": email, "password": "wrong password"})
        assert api.status_code == 401
    answer = await log_in(browser, email)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


async def test_the_cookie_is_kept_from_scripts_and_other_sites(browser):
    answer = await log_in(browser, await somebody(Role.ADMIN))
    given = next(
        text for name, text in answer.headers.multi_items() if name == "set-cookie" and GATE.cookie_name in text
    )
    assert "HttpOnly" in given
    assert "Path=/ops" in given
    assert re.search("SameSite=strict", given, re.IGNORECASE)
    assert "Max-Age" not in given


@pytest.mark.parametrize("path", ["/ops/login", *PAGES])
async def test_every_page_is_guarded_and_whole(operator, path):
    answer = await operator.get(path.format(job=await a_job(error="x")))
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    for tag, attrs in Form(answer.text).tags:
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        address = attrs.get("href") or attrs.get("src") or attrs.get("action") or "/"
        assert address.startswith(("/", "?", "#")), (tag, address)


async def test_forms_of_other_pages_change_nothing(operator):
    job = await a_job()
    where, fields = form(await operator.get(f"/ops/jobs/{job}"), "retry")
    tries = [
        ({}, {}),
        ({"csrf": "0" * 64}, {}),
        ({"csrf": "é"}, {}),
        (fields, {"origin": "http://evil.example"}),
        (fields, {"origin": "null"}),
        (fields, {"sec-fetch-site": "cross-site"}),
    ]
    for data, headers in tries:
        assert (await operator.post(where, data=data, headers=headers)).status_code == 403
        assert (await operator.post("/ops/logout", data=data, headers=headers)).status_code == 403
    assert await db.value("SELECT state FROM job WHERE id = $1", job) == "parked"
    assert (await operator.get("/ops")).status_code == 200


async def test_a_token_of_another_session_is_none_of_this_one(client, operator):
    _, theirs = form(await operator.get("/ops"), "logout")
    async with httpx.AsyncClient(transport=client._transport, base_url="http://lulus.test") as other:
        await log_in(other, await somebody(Role.ADMIN))
        assert (await other.post("/ops/logout", data=theirs)).status_code == 403


async def test_the_login_form_cannot_be_filled_in_by_another_site(browser):
    email = await somebody(Role.ADMIN)
    _, fields = form(await browser.get("/ops/login"), "login")
    browser.cookies.clear()
    answer = await browser.post("/ops/login", data={**fields, "email": email, "password": PASSWORD})
    assert answer.status_code == 403
    assert GATE.cookie_name not in browser.cookies


async def test_logging_out_ends_the_session_everywhere(operator):
    kept = operator.cookies[GATE.cookie_name]
    where, fields = form(await operator.get("/ops"), "logout")
    assert (await operator.post(where, data=fields)).status_code == 303
    assert GATE.cookie_name not in operator.cookies
    operator.cookies.set(GATE.cookie_name, kept, domain="lulus.test", path="/ops")
    assert (await operator.get("/ops")).status_code == 303


async def test_half_an_hour_of_nothing_ends_a_session(operator, monkeypatch):
    now = gate.clock.now
    jump = [0.0]
    later = lambda: now() + gate.timedelta(minutes=jump[0])  # noqa: E731
    for module in (gate.clock, gate.tokens):
        monkeypatch.setattr(module, "now", later)
    first = operator.cookies[GATE.cookie_name]
    jump[0] = 20
    assert (await operator.get("/ops", headers={"x-live": "1"})).status_code == 200
    assert operator.cookies[GATE.cookie_name] == first, "a page that looks by itself is nobody"
    assert (await operator.get("/ops")).status_code == 200
    assert operator.cookies[GATE.cookie_name] != first


async def test_a_role_that_was_taken_away_is_gone_at_once(operator):
    await db.statement("UPDATE account SET role = 'teacher' WHERE role = 'admin'")
    assert (await operator.get("/ops")).status_code == 303


async def test_retry_and_cancel(operator):
    parked, queued = await a_job(error="StorageDown"), await a_job(JobState.QUEUED)
    for job, act, state, word in ((parked, "retry", "queued", "retried"), (queued, "cancel", "cancelled", "cancelled")):
        where, fields = form(await operator.get(f"/ops/jobs/{job}"), act)
        answer = await operator.post(where, data=fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/ops/jobs/{job}?said={word}&lang=id")
        assert WORDS["id"][word] in (await operator.get(answer.headers["location"])).text
        assert await db.value("SELECT state FROM job WHERE id = $1", job) == state
    answer = await operator.post(where, data=fields)
    assert "said=over" in answer.headers["location"]
    for wrong in ("999999", "x", "1" * 30, str(new_uuid()), "%00"):
        assert (await operator.post(f"/ops/jobs/{wrong}/retry", data=fields)).status_code == 404
        assert (await operator.get(f"/ops/jobs/{wrong}")).status_code == 404


async def test_what_jobs_and_people_say_is_text(operator):
    owner = await db.value("UPDATE account SET name = $1 WHERE role = 'admin' RETURNING id", EVIL)
    job = await a_job(error=EVIL, owner=owner, kind=EVIL[:60])
    await db.statement("UPDATE job SET report = to_jsonb($2::text) WHERE id = $1", job, EVIL)
    await db.statement(
        "INSERT INTO outbox (name, body, request_id, is_activity, actor_id)"
        " VALUES ($1::text, jsonb_build_object($1::text, $1::text), '-', true, $2)",
        EVIL,
        owner,
    )
    for path in (*PAGES, "/ops/jobs?kind=" + EVIL, "/ops/jobs?state=" + EVIL, "/ops?lang=" + EVIL):
        answer = await operator.get(path.format(job=job) if "{job}" in path else path)
        assert answer.status_code == 200
        tags = Form(answer.text).tags
        assert [attrs["src"].partition("?")[0] for tag, attrs in tags if tag == "script"] == ["/site/ops.js"]
        assert not any(tag == "img" for tag, _ in tags)
    assert "&lt;script&gt;" in (await operator.get(f"/ops/jobs/{job}")).text
    assert (await operator.get("/ops/activity")).text.count("&lt;script&gt;") == 4  # event, key, value, who


async def test_lists_are_paged_and_filtered(operator):
    jobs = [await a_job(error=f"e{number}") for number in range(operator_queries.PAGE + 3)]
    other = await a_job(JobState.DONE, kind="send_mail")
    first = await operator.get("/ops/jobs", params={"state": "parked"})
    assert f"/ops/jobs/{jobs[-1]}?" in first.text
    assert f"/ops/jobs/{jobs[0]}?" not in first.text
    assert f"/ops/jobs/{other}?" not in first.text
    older = re.search(r'href="([^"]*before=[^"]*)"', first.text)[1].replace("&amp;", "&")
    second = await operator.get(older)
    assert f"/ops/jobs/{jobs[0]}?" in second.text
    assert f"/ops/jobs/{jobs[-1]}?" not in second.text
    assert "before=" not in second.text.partition("data-live")[2]
    one = await operator.get("/ops/jobs", params={"kind": "send_mail"})
    assert f"/ops/jobs/{other}?" in one.text
    assert f"/ops/jobs/{jobs[-1]}?" not in one.text
    for wrong in ("state=lost", "before=x", "before=-1", "before=" + "9" * 40, "kind=%00", "&" * 300):
        assert (await operator.get(f"/ops/jobs?{wrong}")).status_code == 200


async def test_it_shows_how_far_jobs_are_what_waits_and_what_is_stored(operator):
    job = await a_job(JobState.RUNNING, kind="import_grade_sheet")
    await db.statement("UPDATE job SET progress_done = 40, progress_total = 120 WHERE id = $1", job)
    await db.statement(
        "INSERT INTO outbox (name, body, request_id, created_at)"
        " SELECT 'x.y.z.v1', '{}', '-', now() - interval '3 min' FROM generate_series(1, 1234)"
    )
    await db.statement(
        "INSERT INTO file (kind, state, size_bytes, object_key) VALUES ('media', 'ready', 700 << 20, 'a'),"
        " ('media', 'ready', 350 << 20, 'b'), ('document', 'stored', 2048, 'c')"
    )
    pages = [(await operator.get(path, params={"lang": "en"})).text for path in ("/ops", "/ops/jobs")]
    for text in pages:
        assert re.search(r'<progress max="120" value="40"[^>]*></progress> 40/120', text)
    waiting = await db.value("SELECT count(*) FROM outbox WHERE expanded_at IS NULL")
    assert f"<strong>{waiting}</strong> To be sent on <small>events in the outbox; the oldest 3 min</small>" in pages[0]
    stored = re.sub(r"<[^>]*>|\s+", " ", (await operator.get("/ops/storage", params={"lang": "en"})).text)
    assert re.search(r"Recordings +2 +1\.0 GiB", stored)
    assert re.search(r"Documents +1 +2\.0 KiB", stored)


async def test_routine_that_is_done_stays_out_until_it_is_asked_for(operator):
    mine = await a_job(JobState.DONE)
    states = (JobState.DONE, JobState.QUEUED, JobState.RUNNING, JobState.PARKED, JobState.FAILED)
    routine = {state: await a_job(state, kind="expire_purchases") for state in states}
    await db.statement("UPDATE job SET unique_key = 'schedule:' || id WHERE kind = 'expire_purchases'")

    async def shown(**query):
        text = (await operator.get("/ops/jobs", params=query)).text
        return {int(number) for number in re.findall(r'<a href="/ops/jobs/(\d+)\?', text)}

    everything = {mine, *routine.values()}
    assert await shown() == everything - {routine[JobState.DONE]}
    assert await shown(state="done") == {mine}
    assert await shown(state="parked") == {routine[JobState.PARKED]}
    assert await shown(routine="all") == everything
    assert await shown(routine="all", state="done") == {mine, routine[JobState.DONE]}
    assert await shown(kind="expire_purchases") == set(routine.values())


@pytest.mark.parametrize("path", PAGES)
async def test_more_rows_ask_no_more(operator, statements, path):
    job = await a_job(error="x")
    path, asked = path.format(job=job), []
    for _ in range(2):
        statements.clear()
        assert (await operator.get(path)).status_code == 200
        asked.append(len(statements))
        for number in range(3):
            owner = await db.value("SELECT id FROM account LIMIT 1")
            await a_job(error=str(number), owner=owner)
            await a_job(JobState.RUNNING, owner=owner)
    assert asked[0] == asked[1] <= 12


async def test_the_words_follow_the_visitor(operator):
    english = await operator.get("/ops", headers={"accept-language": "en"})
    assert 'lang="en"' in english.text
    assert "/ops/jobs?lang=en" in english.text
    assert WORDS["en"]["running"] in english.text


async def test_long_bodies_and_other_methods_are_refused(operator):
    assert (await operator.post("/ops/login", content=b"x" * 100_000)).status_code == 413
    assert (await operator.post("/ops/login", content=b"\xff=\xff")).status_code == 403
    assert (await operator.put("/ops")).status_code == 405
