"""The document of this contract: what leads elsewhere, how a caller proves itself, and every refusal that is met."""

import httpx
import msgspec
import pytest

from backend.http.docs import document
from tests.architecture.test_routes import of
from tests.dialects.learning360.calling import PROGRAMS, SESSIONS, TOKEN, a_client


@pytest.fixture(scope="module")
def drawn():
    return msgspec.json.decode(document(of("learning360")))


@pytest.mark.parametrize("path", [PROGRAMS, f"{PROGRAMS}/{{ref}}"])
def test_what_leads_elsewhere_is_drawn_so(drawn, path):
    answers = drawn["paths"][path]["get"]["responses"]
    assert [status for status in answers if status < "400"] == ["302"]
    assert "location" in {name.lower() for name in answers["302"]["headers"]}
    assert "401" not in answers, "nobody is asked who they are before they are led on"


def test_the_three_ways_in(drawn):
    schemes = drawn["components"]["securitySchemes"]
    ways = [{(schemes[name].get("in"), schemes[name].get("name")) for name in way} for way in drawn["security"]]
    assert ways == [
        {(None, None)},
        {("query", "company"), ("query", "apiKey")},
        {("header", "X-company-id"), ("header", "X-apiKey")},
    ]
    (body,) = drawn["paths"][TOKEN]["post"]["requestBody"]["content"].values()
    assert body["schema"]["required"] == ["client_id", "client_secret", "grant_type"]


def test_a_head_has_no_body(drawn):
    heads = [item["head"] for item in drawn["paths"].values() if "head" in item]
    assert len(heads) == 8
    assert [answer for head in heads for answer in head["responses"].values() if "content" in answer] == []


async def test_what_is_answered_is_documented(client: httpx.AsyncClient, drawn):
    known = await a_client()
    foreign = await a_client(scopes=("ruangkerja:read",), company="other")
    seen = {
        (SESSIONS, "get"): [await client.get(SESSIONS, headers=who) for who in (known, foreign, {})],
        (f"{SESSIONS}/{{ref}}", "get"): [await client.get(f"{SESSIONS}/nothing", headers=known)],
        (f"{PROGRAMS}/{{ref}}", "get"): [await client.get(f"{PROGRAMS}/nothing")],
        (TOKEN, "post"): [
            await client.post(TOKEN, json={}),
            await client.post(TOKEN, json={"client_id": "x", "client_secret": "y", "grant_type": "client_credentials"}),
            await client.post(TOKEN, content=b" " * 20_000),
        ],
    }
    stamp = {"If-None-Match": seen[SESSIONS, "get"][0].headers["etag"]}
    seen[SESSIONS, "get"].append(await client.get(SESSIONS, headers=known | stamp))
    statuses = {key: [answer.status_code for answer in answers] for key, answers in seen.items()}
    assert list(statuses.values()) == [[200, 403, 401, 304], [404], [404], [400, 401, 413]]
    for (path, method), met in statuses.items():
        assert {str(status) for status in met} <= drawn["paths"][path][method]["responses"].keys(), path
