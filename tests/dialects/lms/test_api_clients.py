"""API clients through the front door. Ours, not the contract's."""

import pytest

from backend.core import db
from backend.core.ids import new_uuid
from backend.domain.clients import access
from backend.domain.clients.errors import ClientUnknown
from backend.domain.clients.terms import Key
from tests.people import Person

PATH = "/api/v1/admin/api-clients"
KEYS = {
    *("id", "code", "name", "company", "scopes", "addresses", "rate_per_s", "status", "expires_at", "last_used_at"),
    *("rotated_at", "revoked_at", "created_at", "updated_at"),
}
BODY = {
    "name": "Partner",
    "company": "school-1",
    "scopes": ["ruangkerja:read"],
    "addresses": ["192.0.2.7/24"],
    "expires_at": "2999-01-01T00:00:00Z",
}
CALL = {"scope": "ruangkerja:read", "address": "192.0.2.9", "route": "/somewhere"}


async def a_made_client(admin: Person, **values) -> dict:
    answer = await admin.http.post(PATH, json={**BODY, **values})
    assert (answer.status_code, answer.json()["message"]) == (201, "API client created successfully"), answer.text
    return answer.json()["data"]


async def test_a_client_is_made_listed_and_shown_without_its_secret(admin: Person):
    made = await a_made_client(admin)
    assert set(made) == KEYS | {"secret"}
    secret = made.pop("secret")
    assert (made["status"], made["addresses"], made["rate_per_s"]) == ("active", ["192.0.2.0/24"], 50)
    listed = (await admin.http.get(PATH)).json()
    assert (listed["message"], listed["data"], listed["meta"]["total"]) == ("API clients fetched", [made], 1)
    await access.authenticate(Key("school-1", secret), **CALL)
    answer = await admin.http.get(f"{PATH}/{made['id']}")
    shown = answer.json()["data"]
    assert (answer.status_code, answer.json()["message"], set(shown)) == (200, "API client fetched", KEYS | {"uses"})
    assert shown["last_used_at"]
    [use] = shown["uses"]
    assert {**use, "minute": ""} == {
        "minute": "",
        "address": "192.0.2.9",
        "route": "/somewhere",
        "outcome": "taken",
        "count": 1,
    }
    assert secret not in answer.text


async def test_another_secret_and_the_end(admin: Person):
    made = await a_made_client(admin)
    answer = await admin.http.post(f"{PATH}/{made['id']}/rotate")
    rotated = answer.json()["data"]
    assert (answer.status_code, answer.json()["message"]) == (200, "API client rotated successfully")
    assert set(rotated) == KEYS | {"secret"}
    assert rotated["secret"] != made["secret"]
    with pytest.raises(ClientUnknown):
        await access.authenticate(Key("school-1", made["secret"]), **CALL)
    await access.authenticate(Key("school-1", rotated["secret"]), **CALL)
    for _ in range(2):
        answer = await admin.http.delete(f"{PATH}/{made['id']}")
        assert (answer.status_code, answer.json()["message"]) == (200, "API client revoked successfully")
        assert (set(answer.json()["data"]), answer.json()["data"]["status"]) == (KEYS, "revoked")
    refused = await admin.http.post(f"{PATH}/{made['id']}/rotate")
    assert (refused.status_code, refused.json()["message"]) == (409, "Klien API telah dicabut")


async def test_no_secret_is_kept_for_a_request_that_is_repeated(admin: Person):
    answer = await admin.http.post(PATH, json=BODY, headers={"idempotency-key": "one"})
    secret = answer.json()["data"]["secret"]
    kept = await db.value("SELECT json_agg(k)::text FROM idempotency_key k")
    assert secret not in (kept or "")
    again = await admin.http.post(PATH, json=BODY, headers={"idempotency-key": "one"})
    assert again.json()["data"]["secret"] != secret


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["Not so"]}, "scopes[0]"),
        ({"scopes": ["ruangkerja:read", "ruangkerja:write"]}, "scopes[1]"),
        ({"company": "a b"}, "company"),
        ({"addresses": ["192.0.2.7", "300.1.1.1"]}, "addresses[1]"),
        ({"addresses": ["example.test"]}, "addresses[0]"),
        ({"rate_per_s": 0}, "rate_per_s"),
        ({"expires_at": "tomorrow"}, "expires_at"),
    ],
)
async def test_what_does_not_fit_is_refused(admin: Person, sent: dict, field: str):
    answer = await admin.http.post(PATH, json={**BODY, **sent})
    assert (answer.status_code, answer.json()["message"]) == (400, "Validasi gagal"), answer.text
    assert list(answer.json()["error"]) == [field]


async def test_what_is_not_there(admin: Person):
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate")):
        answer = await admin.http.request(method, f"{PATH}/{new_uuid()}{path}")
        assert (answer.status_code, answer.json()["message"]) == (404, "Klien API tidak ditemukan")
        answer = await admin.http.request(method, f"{PATH}/17{path}")
        assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")
