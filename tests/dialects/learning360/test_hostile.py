"""Requests that mean harm, and failures of ours: always this contract's words, never a key in a log or an answer."""

import logging
import re
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from backend.core import db
from backend.core.settings import settings
from backend.dialects.learning360.ids import Kind, write
from backend.http import admission
from backend.http.admission import Lane
from tests.architecture.test_routes import listed
from tests.dialects.learning360.calling import (
    NOT_FOUND,
    PROGRAMS,
    SESSIONS,
    TOKEN,
    a_client,
    a_full_batch,
    in_query,
    is_refusal,
)
from tests.dialects.lms.probing import Probe
from tests.dialects.lms.test_hostile_requests import BAD_IDS
from tests.people import Person

ROUTES = [route for routes in listed("learning360").values() for route in routes]
UNKNOWN = (
    f"{PROGRAMS}/nothing", f"{PROGRAMS}/sessions/{'0' * 24}/nothing", f"{PROGRAMS}/templates/{'0' * 24}/users",
    f"{PROGRAMS}/a/b/c/d", f"{PROGRAMS}//sessions/x", f"{PROGRAMS}/sessions//users", f"{PROGRAMS}/%2e%2e/x",
    f"{PROGRAMS}/{'a/' * 1000}", "/api/v2/oauth2", "/api/v2/oauth2/", "/api/v2/oauth2/authorize",
)  # fmt: skip


async def test_ids_that_are_none_name_nothing(client: httpx.AsyncClient, admin: Person):
    await a_full_batch(admin)
    headers, probe, wrong = await a_client(), Probe(), []
    odd = (*BAD_IDS, "0" * 24, "f" * 24, write(Kind.USER, 1), write(Kind.SESSION, 0), "sess" + "0" * 20, "\u0661" * 24)
    for route in ROUTES:
        method, path = route.split(" ")
        if "{}" not in path:
            continue
        for bad in odd:
            seen = await probe(client, method, path.replace("{}", quote(bad, safe="%")), headers=headers)
            leads = path == f"{PROGRAMS}/{{}}" and seen.status == 302
            if (seen.status != 404 and not leads) or seen.changed:
                wrong.append(f"{route} {bad[:40]!r}: {seen}")
    assert not wrong, "\n".join(wrong)


async def test_what_nobody_knows(client: httpx.AsyncClient):
    headers, wrong = await a_client(), []
    for path in UNKNOWN:
        for method in ("GET", "POST", "DELETE", "PUT", "TRACE", "QUERY"):
            answer = await client.request(method, path, headers=headers)
            if answer.status_code not in (404, 405) or not is_refusal(answer):
                wrong.append(f"{method} {path[:60]}: {answer.status_code} {answer.text[:100]}")
    assert not wrong, "\n".join(wrong)
    answer = await client.get(UNKNOWN[1])
    assert set(answer.json()) == NOT_FOUND


async def test_other_methods_are_named(client: httpx.AsyncClient):
    headers = await a_client()
    for path in (SESSIONS, f"{SESSIONS}/{'0' * 24}", PROGRAMS, f"{PROGRAMS}/templates"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await client.request(method, path, headers=headers, content=b"x" * 1000)
            assert (answer.status_code, answer.json()) == (405, {"error": "method_not_allowed"})
            assert {"GET", "HEAD"} <= set(re.split(r",\s*", answer.headers["allow"]))
            assert answer.headers["access-control-allow-origin"] == "*"
    answer = await client.get(TOKEN)
    assert (answer.status_code, answer.json()) == (405, {"error": "method_not_allowed"})
    assert "POST" in answer.headers["allow"]


async def test_too_much_for_a_token(client: httpx.AsyncClient):
    answer = await client.post(TOKEN, content=b'{"client_id":"' + b"x" * (1 << 16) + b'"}')
    assert (answer.status_code, answer.json()) == (413, {"error": "request_too_large"})


@pytest.mark.parametrize("host", ["lulus.test", "app.360learning.com", "exam.example", ""])
async def test_the_neighbours_of_a_prefix_are_not_ours(client: httpx.AsyncClient, host: str):
    headers = {"host": host}
    for path in ("/api/v1/programsx", "/api/v1/courses/x/y/z", "/api/v1/program"):
        assert set((await client.get(path, headers=headers)).json()) == {"success", "message", "error"}
    assert (await client.get("/api/v1/courses", headers=headers)).json()["success"] is True
    assert (await client.get(SESSIONS, headers=headers)).json() == {"error": "unauthorized"}


ODD_QUERIES = ("%", "%00=%00", "&" * 1000, "company=%ff&apiKey=%ed%a0%80", "limit=1&page=-1", "x=" + "y" * 5000)


async def test_odd_queries_change_nothing(client: httpx.AsyncClient):
    headers = await a_client()
    for query in ODD_QUERIES:
        answer = await client.get(f"{SESSIONS}?{query}", headers=headers)
        assert (answer.status_code, answer.json()) == (200, [])
        assert (await client.get(f"{SESSIONS}?{query}")).status_code == 401


async def test_ours_is_the_fault(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture):
    """The recorded form of an internal error; the same reference is in the log, and nothing that was sent."""
    caplog.set_level(logging.DEBUG)
    keys = in_query(await a_client())
    sent = {"cookie": keys["apiKey"], "user-agent": keys["apiKey"]}
    assert (await client.get(PROGRAMS, params=keys, headers=sent)).status_code == 302
    assert (await client.get(SESSIONS, params=keys | {"company": "other"}, headers=sent)).status_code == 401
    asked = {"client_id": keys["company"], "client_secret": keys["apiKey"], "grant_type": "client_credentials"}
    token = (await client.post(TOKEN, json=asked)).json()["access_token"]
    assert (await client.get(SESSIONS, headers={"Authorization": f"Bearer {token}"})).status_code == 200
    await db.statement("ALTER TABLE batch RENAME TO elsewhere")
    answer = await client.get(SESSIONS, params=keys, headers=sent)
    assert (answer.status_code, set(answer.json())) == (500, {"message"})
    reference = re.fullmatch(r"an error occurred: ([0-9a-f]{32})", answer.json()["message"])
    assert reference
    assert reference.group(1) in caplog.text
    ours = "\n".join(line for line in caplog.text.splitlines() if "httpx" not in line)  # the client's own line
    for secret in (keys["apiKey"], token):
        assert secret not in answer.text
        assert secret not in ours


async def test_the_database_is_busy(client: httpx.AsyncClient):
    headers = await a_client()
    other = await asyncpg.connect(settings().database_url)
    try:
        await other.execute("BEGIN; LOCK TABLE enrolment IN ACCESS EXCLUSIVE MODE")
        await db.statement("SET LOCAL lock_timeout = '20ms'")
        answer = await client.get(SESSIONS, headers=headers)
    finally:
        await other.close()
    assert (answer.status_code, answer.json()) == (503, {"error": "service_unavailable"})
    assert answer.headers["retry-after"] == "1"


async def test_too_many_wait(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(admission, "lanes", lambda: {"": Lane(0, 0), "bulk": Lane(0, 0)})
    for method, path in (("GET", SESSIONS), ("POST", TOKEN), ("GET", PROGRAMS)):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()) == (503, {"error": "service_unavailable"})
        assert answer.headers["retry-after"] == "1"
