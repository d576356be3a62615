"""Who is let in: by which secret, by which token, and what everybody else is told."""

import re
import secrets
from datetime import timedelta
from typing import Any

import httpx
import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.dialects.ruangkerja.auth import SCOPE
from backend.domain.clients import commands
from tests.dialects.ruangkerja.partner import COURSES, TOKEN, Partner, a_partner, asked, golden
from tests.domain.clients.making import a_client
from tests.people import Person

OPEN = f"{COURSES}?page=1&pageSize=1"


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", ""])
async def test_a_token_as_the_contract_shows_it(client: httpx.AsyncClient, method: str, kind: str):
    made = await a_client(scopes=(SCOPE,), company="acme")
    for name in ("acme", made.client.code):
        request = client.build_request(method, TOKEN, json=asked(made, clientID=name))
        request.headers["content-type"] = kind
        answer = await client.send(request)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        shown = golden("token")
        shown["data"]["accessToken"] = answer.json()["data"]["accessToken"]
        assert answer.json() == shown
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}", shown["data"]["accessToken"])


async def test_a_token_lives_as_long_as_it_says(client: httpx.AsyncClient):
    partner = await a_partner(client)
    life = await db.value("SELECT extract(epoch FROM expires_at - created_at)::int FROM api_token")
    assert life == int(golden("token")["data"]["expiresIn"])
    await db.statement("UPDATE api_token SET expires_at = now() + interval '1 minute'")
    assert (await partner.http.get(OPEN)).status_code == 200
    await db.statement("UPDATE api_token SET expires_at = now()")
    answer = await partner.http.get(OPEN)
    assert (answer.status_code, answer.json()) == (403, golden("bad_token"))


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "  {}  "])
async def test_ways_to_send_a_token(client: httpx.AsyncClient, partner: Partner, form: str):
    answer = await client.get(OPEN, headers={"authorization": form.format(partner.token)})
    assert answer.status_code == 200


def refused(partner: Partner, admin: Person) -> dict[str, list[str]]:
    """Authorization headers of which none is good."""
    token, other = partner.token, f"{secrets.token_urlsafe(32)}.{secrets.token_urlsafe(32)}"
    return {
        "none": [],
        "twice": [token, token],
        "two": [f"{token}, {token}"],
        **{
            name: [header]
            for name, header in {
                "empty": "",
                "scheme alone": "Bearer",
                "another scheme": f"Token {token}",
                "basic": "Basic YTpi",
                "cut": token[:-1],
                "longer": f"{token}A",
                "half": token.split(".")[0],
                "exchanged": ".".join(reversed(token.split("."))),
                "unknown": other,
                "the secret": partner.made.secret,
                "latin": "é" * 87,
                "a nul": f"{token[:-1]}\0",
                "long": "a" * 100_000,
                "a person's": f"Bearer {admin.token}",
            }.items()
        },
    }


async def test_every_other_token_gets_the_contracts_failure(client: httpx.AsyncClient, partner: Partner, admin: Person):
    paths = (OPEN, COURSES, f"{COURSES}/X/batches", f"{COURSES}/X/offline/Y/users", f"{COURSES}/X/webinar/Y/users")
    for path in paths:
        for name, headers in refused(partner, admin).items():
            sent = [(b"authorization", header.encode("latin-1")) for header in headers]
            answer = await client.get(path, headers=sent)
            assert (answer.status_code, answer.json()) == (403, golden("bad_token")), (path, name)
    for path in (f"{OPEN}&access_token={partner.token}", f"{OPEN}&Authorization={partner.token}"):
        client.cookies.set("Authorization", partner.token)
        assert (await client.get(path)).json() == golden("bad_token")


CLIENTS: dict[str, dict[str, Any]] = {
    "another scope": {"scopes": ("learning360",)},
    "a part of the scope": {"scopes": (SCOPE[:-1], f"{SCOPE}:x")},
    "another address": {"addresses": ("192.0.2.0/24",)},
    "over": {"expires_at": clock.now() - timedelta(seconds=1)},
}


@pytest.mark.parametrize("name", CLIENTS)
async def test_clients_that_may_not_get_no_token(client: httpx.AsyncClient, name: str):
    made = await a_client(**{"scopes": (SCOPE,), **CLIENTS[name]})
    answer = await client.post(TOKEN, json=asked(made))
    assert (answer.status_code, answer.json()) == (400, golden("bad_credentials"))


CHANGES = {
    "revoked": "UPDATE api_client SET revoked_at = now()",
    "over": "UPDATE api_client SET expires_at = now()",
    "another scope": "UPDATE api_client SET scopes = '{learning360}'",
    "a token of another scope": "UPDATE api_token SET scope = 'learning360'",
    "another address": "UPDATE api_client SET addresses = '{192.0.2.0/24}'",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_is_taken_from_a_client_ends_its_token(partner: Partner, change: str):
    await db.statement(CHANGES[change])
    answer = await partner.http.get(OPEN)
    assert (answer.status_code, answer.json()) == (403, golden("bad_token"))


async def test_another_secret_ends_the_old_one(client: httpx.AsyncClient, partner: Partner):
    again = await commands.rotate_client(SYSTEM, partner.made.client.id)
    assert (await partner.http.get(OPEN)).json() == golden("bad_token")
    assert (await client.post(TOKEN, json=asked(partner.made))).json() == golden("bad_credentials")
    assert (await client.post(TOKEN, json=asked(again))).status_code == 200


async def test_wrong_credentials(client: httpx.AsyncClient):
    made, other = await a_client(scopes=(SCOPE,)), await a_client(scopes=(SCOPE,))
    for wrong in (
        asked(made, clientSecret=made.secret[:-1]),
        asked(made, clientSecret=other.secret),
        asked(made, clientID=other.client.code),
        asked(made, clientID="nobody"),
        asked(made, clientID="nobody\0"),
    ):
        answer = await client.post(TOKEN, json=wrong)
        assert (answer.status_code, answer.json()) == (400, golden("bad_credentials"))


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", "the body must be a JSON object"),
        (b"{", "the body must be a JSON object"),
        (b"[]", "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b"\xff\xfe", "the body must be a JSON object"),
        (b"[" * 10_000, "the body must be a JSON object"),
        (b'{"clientID":"x","clientSecret":"\xff","grantType":"x"}', "the body must be a JSON object"),
        (b"{}", "clientID is required; clientSecret is required; grantType is required"),
        (b'{"clientID":"","clientSecret":null,"grantType":1}', "clientID is required; clientSecret is required; "),
        (b'{"clientID":"x","clientSecret":{"a":1},"grantType":"client_credentials"}', "clientSecret is not valid"),
        (b'{"clientID":"x","clientSecret":"y","grantType":"password"}', "grantType must be client_credentials"),
        (b'{"clientId":"x","clientSecret":"y","grantType":"client_credentials"}', "clientID is required"),
        (b'{"clientID":"' + b"x" * 5000 + b'","clientSecret":"y","grantType":"client_credentials"}', "clientID is not"),
    ],
)
async def test_bodies_that_are_none(client: httpx.AsyncClient, raw: bytes, detail: str):
    for method in ("POST", "GET"):
        answer = await client.request(method, TOKEN, content=raw)
        body = answer.json()
        assert (answer.status_code, body["errorCode"], body["message"]) == (400, 400, "BAD_REQUEST")
        assert body["detail"].startswith(detail)


@pytest.mark.parametrize("size", [17 << 10, 65 << 10])
async def test_bodies_that_are_too_long(client: httpx.AsyncClient, size: int):
    for method in ("POST", "GET"):
        answer = await client.request(method, TOKEN, content=b" " * size)
        assert (answer.status_code, answer.json()["errorCode"]) == (413, 413)
        assert answer.json()["message"] == "PAYLOAD_TOO_LARGE"


async def test_a_client_that_calls_too_often_is_told_when_to_come_back(client: httpx.AsyncClient):
    made = await a_client(scopes=(SCOPE,), rate_per_s=1)
    other = await a_partner(client)
    for sent in ("token", "list"):
        partner = await a_partner(client, rate_per_s=2)  # the token was one
        answers = [
            await (client.post(TOKEN, json=asked(partner.made)) if sent == "token" else partner.http.get(OPEN))
            for _ in range(12)
        ]
        held = next(answer for answer in answers if answer.status_code == 429)
        assert held.headers["retry-after"] == "1"
        assert held.json() == {
            "errorCode": 429,
            "message": "TOO_MANY_REQUESTS",
            "detail": "too many requests, wait 1 seconds",
        }
    assert (await other.http.get(OPEN)).status_code == 200
    assert (await client.post(TOKEN, json=asked(made))).status_code == 200


async def test_every_call_is_in_the_activity_log(client: httpx.AsyncClient, partner: Partner):
    await partner.http.get(OPEN)
    await partner.http.get(f"{COURSES}/X/batches?page=1&pageSize=1")
    rows = await db.fetch("SELECT route, outcome FROM api_use ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("/oauth/token", "taken"),
        (COURSES, "taken"),
        (f"{COURSES}/{{course_serial}}/batches", "taken"),
    ]


async def test_no_secret_and_no_token_is_told_or_written_down(
    client: httpx.AsyncClient, partner: Partner, caplog: pytest.LogCaptureFixture
):
    secret, token = partner.made.secret, partner.token
    answers = [
        await client.post(TOKEN, json=asked(partner.made, grantType=1)),
        await client.post(TOKEN, content=f'{{"clientSecret": "{secret}"'.encode()),
        await client.post(f"{TOKEN}?clientSecret={secret}", json=asked(partner.made, clientID="x")),
        await client.get(f"{OPEN}&token={token}", headers={"authorization": f"{token}x"}),
        await client.get(f"/ruangkerja/{token}"),
        await partner.http.get(f"{COURSES}/{token}/batches?page=1&pageSize=1"),
        await partner.http.get(f"{COURSES}/%00/batches?page=1&pageSize=1"),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 403, 404, 404, 400]
    said = "".join(answer.text for answer in answers) + str([record.msg for record in caplog.records])
    assert "/oauth/token" in said  # the access log was seen
    assert secret not in said
    assert token not in said
