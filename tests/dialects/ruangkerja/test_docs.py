"""The document of this contract: the query of its lists, the body of a token, and every refusal that is met."""

import httpx
import msgspec
import pytest

from backend.http.docs import document
from tests.architecture.test_routes import of
from tests.dialects.ruangkerja.partner import COURSES, TOKEN, Partner, asked

BATCHES = f"{COURSES}/{{course_serial}}/batches"
USERS = f"{COURSES}/{{course_serial}}/offline/{{batch_serial}}/users"


@pytest.fixture(scope="module")
def drawn():
    return msgspec.json.decode(document(of("ruangkerja")))


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (COURSES, {"page": True, "pageSize": True, "name": False}),
        (BATCHES, {"page": True, "pageSize": True}),
        (USERS, {"page": False, "pageSize": False}),
    ],
)
def test_a_list_says_which_part_may_be_asked_for(drawn, path, query):
    told = [one for one in drawn["paths"][path]["get"]["parameters"] if one["in"] == "query"]
    assert {one["name"]: one.get("required", False) for one in told} == query


def test_a_token_says_what_it_is_asked_for_with(drawn):
    (body,) = drawn["paths"][TOKEN]["post"]["requestBody"]["content"].values()
    assert body["schema"]["required"] == ["clientID", "clientSecret", "grantType"]
    assert "requestBody" not in drawn["paths"][TOKEN]["get"]


async def test_what_is_answered_is_documented(client: httpx.AsyncClient, partner: Partner, drawn):
    page = {"page": 1, "pageSize": 1}
    seen = {
        (COURSES, "get"): [
            await partner.http.get(COURSES, params=page),
            await partner.http.get(COURSES),
            await client.get(COURSES, params=page),
        ],
        (BATCHES, "get"): [await partner.http.get(f"{COURSES}/nothing/batches", params=page)],
        (USERS, "get"): [await partner.http.get(f"{COURSES}/nothing/offline/nothing/users")],
        (TOKEN, "post"): [
            await client.post(TOKEN, json=asked(partner.made)),
            await client.post(TOKEN, json=asked(partner.made, clientSecret="wrong")),
            await client.post(TOKEN, content=b" " * 20_000),
        ],
    }
    statuses = {key: [answer.status_code for answer in answers] for key, answers in seen.items()}
    assert list(statuses.values()) == [[200, 400, 403], [404], [404], [200, 400, 413]]
    for (path, method), met in statuses.items():
        assert {str(status) for status in met} <= drawn["paths"][path][method]["responses"].keys(), path
