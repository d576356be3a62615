"""Who is let in, and how everybody else is told: the three documented ways, their errors, and nothing else."""

import base64
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.dialects.learning360.auth import SCOPE
from backend.domain.clients import commands as clients
from tests.architecture.test_routes import handlers, of
from tests.dialects.learning360.calling import COMPANY, PROGRAMS, SESSIONS, TOKEN, a_client, in_query, is_refusal
from tests.people import Person

LIST = Path(__file__).with_name("access.txt")
CLOSED = [line.split(":")[0] for line in LIST.read_text().splitlines() if line.endswith(SCOPE)]


def asked(headers: dict[str, str], **others: object) -> dict[str, object]:
    """What is sent for a token."""
    sent = {
        "client_id": headers["X-company-id"],
        "client_secret": headers["X-apiKey"],
        "grant_type": "client_credentials",
    }
    return {name: value for name, value in (sent | others).items() if value is not None}


def test_the_agreement_is_kept():
    agreed = dict(line.rsplit(": ", 1) for line in LIST.read_text().splitlines() if line and line[0] != "#")
    found = {route: "public" if handler.opt.get("public") else SCOPE for route, handler in handlers(of("learning360"))}
    assert agreed == found


async def test_three_ways_in(client: httpx.AsyncClient, statements: list[str]):
    headers = await a_client()
    statements.clear()
    assert (await client.get(SESSIONS, params=in_query(headers))).status_code == 200
    assert len(statements) == 4  # whose key, the note, the mark, the first page
    assert (await client.get(SESSIONS, headers=headers)).status_code == 200
    given = await client.post(TOKEN, json=asked(headers))
    assert (given.status_code, set(given.json())) == (200, {"token_type", "access_token", "expires_in"})
    assert (given.json()["token_type"], given.json()["expires_in"]) == ("Bearer", "3600")
    assert given.headers["cache-control"] == "no-cache, no-store, private"
    bearer = {"Authorization": f"Bearer {given.json()['access_token']}"}
    assert (await client.get(SESSIONS, headers=bearer)).status_code == 200
    scheme = {"Authorization": bearer["Authorization"].replace("Bearer", "bearer")}
    assert (await client.get(SESSIONS, headers=scheme)).status_code == 200
    notes = await db.fetch("SELECT route, outcome, sum(uses)::int AS uses FROM api_use GROUP BY 1, 2 ORDER BY 1")
    assert [tuple(note) for note in notes] == [(SESSIONS, "taken", 4), (TOKEN, "taken", 1)]


async def test_without_credentials_nothing_is_open(client: httpx.AsyncClient):
    wrong = []
    for route in CLOSED:
        method, path = route.split(" ")
        answer = await client.request(method, path.replace("{}", "0" * 24))
        if answer.status_code != 401 or (method == "GET" and not is_refusal(answer)):
            wrong.append(f"{route}: {answer.status_code} {answer.text}")
    assert not wrong, "\n".join(wrong)
    assert len(CLOSED) == 12


async def test_credentials_that_open_nothing(client: httpx.AsyncClient, admin: Person):
    right = await a_client()
    other = await a_client(company="other")
    query, basic = in_query(right), base64.b64encode(f"{COMPANY}:{right['X-apiKey']}".encode()).decode()
    company, key = "X-company-id", "X-apiKey"
    attempts = {
        "only a company": {"headers": {company: COMPANY}},
        "only a key": {"headers": {key: right[key]}},
        "an empty key": {"headers": right | {key: ""}},
        "another's key": {"headers": right | {key: other[key]}},
        "another's company": {"headers": right | {company: "other"}},
        "a wrong key": {"headers": right | {key: "lulus_x"}},
        "odd bytes": {"headers": {company: b"\xff\xfe", key: b"\xed\xa0\x80"}},
        "two keys": {"headers": [*right.items(), (key, right[key])]},
        "half and half": {"headers": {company: COMPANY}, "params": {"apiKey": right[key]}},
        "a wrong query": {"params": query | {"apiKey": "x"}},
        "two in the query": {"params": [*query.items(), ("apiKey", right[key])]},
        "other names": {"params": {"Company": COMPANY, "apikey": right[key]}},
        "a NUL": {"params": query | {"apiKey": right[key] + "\0"}},
        "too many parameters": {"params": [("x", "1")] * 200 + list(query.items())},
        "basic": {"headers": {"Authorization": f"Basic {basic}"}},
        "the key as a token": {"headers": {"Authorization": f"Bearer {right[key]}"}},
        "an empty token": {"headers": {"Authorization": "Bearer "}},
        "two tokens": {"headers": [("Authorization", "Bearer a"), ("Authorization", "Bearer b")]},
        "a person's token": {"headers": {"Authorization": f"Bearer {admin.token}"}},
        "a wrong token before right keys": {"headers": right | {"Authorization": "Bearer a.b"}},
        "cookies": {"headers": {"Cookie": f"company={COMPANY}; apiKey={right[key]}; refresh_token={admin.token}"}},
    }
    wrong = []
    for name, sent in attempts.items():
        answer = await client.get(SESSIONS, **sent)
        said = (answer.status_code, answer.json())
        if said != (401, {"error": "unauthorized"}) or answer.headers["www-authenticate"] != "Bearer":
            wrong.append(f"{name}: {said}")
    assert not wrong, "\n".join(wrong)
    assert (await client.get(SESSIONS, headers=right)).status_code == 200


async def test_clients_that_may_not_read(client: httpx.AsyncClient):
    over = await a_client(company="over", expires_at=clock.now() - timedelta(days=1))
    elsewhere = await a_client(company="elsewhere", addresses=("203.0.113.0/24",))
    other = await a_client(company="other", scopes=("somewhere:read",))
    revoked = await a_client(company="revoked")
    await clients.revoke_client(SYSTEM, await db.value("SELECT id FROM api_client WHERE company = 'revoked'"))
    expected = (
        (over, 401, "unauthorized"),
        (revoked, 401, "unauthorized"),
        (elsewhere, 403, "forbidden"),
        (other, 403, "insufficient_scope"),
    )
    for headers, status, word in expected:
        answer = await client.get(SESSIONS, headers=headers)
        assert (answer.status_code, answer.json()) == (status, {"error": word})
        given = await client.post(TOKEN, json=asked(headers))
        assert (given.status_code, given.json()) == (401, {"error": "invalid_client"})


async def test_a_token_ends_with_its_time_and_with_its_secret(client: httpx.AsyncClient):
    headers = await a_client()
    for end in ("UPDATE api_token SET expires_at = now()", "rotate"):
        given = (await client.post(TOKEN, json=asked(headers))).json()
        bearer = {"Authorization": f"Bearer {given['access_token']}"}
        assert (await client.get(SESSIONS, headers=bearer)).status_code == 200
        if end == "rotate":
            await clients.rotate_client(SYSTEM, await db.value("SELECT id FROM api_client"))
        else:
            await db.statement(end)
        assert (await client.get(SESSIONS, headers=bearer)).json() == {"error": "unauthorized"}
    assert (await client.get(SESSIONS, headers=headers)).status_code == 401


BAD_GRANTS = {
    "no client_id": ({"client_id": None}, 400, "invalid_request"),
    "a number as client_id": ({"client_id": 7}, 400, "invalid_request"),
    "an empty client_id": ({"client_id": ""}, 400, "invalid_request"),
    "no client_secret": ({"client_secret": None}, 400, "invalid_request"),
    "no grant_type": ({"grant_type": None}, 400, "invalid_request"),
    "another grant_type": ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    "another case": ({"grant_type": "Client_Credentials"}, 400, "unsupported_grant_type"),
    "a wrong secret": ({"client_secret": "x"}, 401, "invalid_client"),
    "a NUL": ({"client_secret": "x\0"}, 401, "invalid_client"),
    "another company": ({"client_id": "nobody"}, 401, "invalid_client"),
}


@pytest.mark.parametrize("case", BAD_GRANTS)
async def test_tokens_that_are_not_given(client: httpx.AsyncClient, case: str):
    changed, status, word = BAD_GRANTS[case]
    answer = await client.post(TOKEN, json=asked(await a_client(), **changed))
    assert (answer.status_code, answer.json()) == (status, {"error": word})
    assert await db.value("SELECT count(*) FROM api_token") == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"{", b"\xff\xfe", b'{"client_id":"\\ud800"}', b"[" * 10_000, b"client_id=acme"],
)
async def test_bodies_that_ask_for_nothing(client: httpx.AsyncClient, body: bytes):
    answer = await client.post(TOKEN, content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


async def test_a_company_calls_so_often_and_no_oftener(client: httpx.AsyncClient):
    one, two = await a_client(rate_per_s=2), await a_client(rate_per_s=2)
    other = await a_client(company="other", rate_per_s=2)
    assert [(await client.get(SESSIONS, headers=headers)).status_code for headers in (one, two)] == [200, 200]
    for headers in (one, two):
        answer = await client.get(SESSIONS, headers=headers)
        assert (answer.status_code, answer.json()) == (429, {"error": "too_many_requests"})
        assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert (await client.post(TOKEN, json=asked(one))).status_code == 429
    assert (await client.get(SESSIONS, headers=other)).status_code == 200


async def test_the_start_of_programs_tells_strangers_nothing(client: httpx.AsyncClient):
    answer = await client.get(PROGRAMS, follow_redirects=True)
    assert (answer.status_code, answer.json()) == (401, {"error": "unauthorized"})
