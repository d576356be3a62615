"""Addresses, queries, headers and bodies that mean harm: a clear 4xx in the contract's shape, no failure of ours."""

from urllib.parse import quote

import httpx

from backend.core import db
from tests.architecture.test_routes import handlers, of
from tests.dialects.ruangkerja.partner import COURSES, TOKEN, Partner, asked, batch_code, course_code, is_failure
from tests.school import a_batch

ROUTES = sorted(route for route, _ in handlers(of("ruangkerja")))
CLOSED = [route for route in ROUTES if "/oauth/" not in route]

BAD = (
    *("x", "%00", "..%2f..%2fetc%2fpasswd", "%ff%fe", "%ed%a0%80", "9" * 40, "a" * 5000, "' OR 1=1 --", "%", "\u202e"),
    *("BATCH-EXP-01%20", "batch", "{}", "*", "a;b", "a%3Fpage=1", "."),
)


async def ask(http: httpx.AsyncClient, method: str, path: str, **given: object) -> httpx.Response:
    """Send a request, and take back what it did."""
    held = db.ENGINE.current_transaction.get()
    assert held is not None
    part = held.connection.transaction()
    await part.start()
    try:
        return await http.request(method, path, **given)  # type: ignore[arg-type]
    finally:
        await part.rollback()


def test_every_route_is_known():
    assert len(CLOSED) == 4
    assert len(ROUTES) == 6


async def test_only_the_token_is_open(client: httpx.AsyncClient):
    for route in CLOSED:
        method, path = route.split(" ")
        answer = await ask(client, method, path.replace("{}", "X"))
        assert (answer.status_code, answer.json()["errorCode"]) == (403, 123), route
    assert {route for route, handler in handlers(of("ruangkerja")) if handler.opt.get("public")} == {
        f"GET {TOKEN}",
        f"POST {TOKEN}",
    }


async def test_serials_that_are_none_name_nothing(partner: Partner):
    batch = await a_batch(course_type="offline")
    serials = [await course_code(batch), await batch_code(batch)]
    wrong = []
    for route in CLOSED:
        path = route.split(" ")[1]
        for place in range(path.count("{}")):
            for bad in BAD:
                given = [quote(bad, safe="%") if place == at else serial for at, serial in enumerate(serials)]
                whole = path
                for one in given:
                    whole = whole.replace("{}", one, 1)
                answer = await ask(partner.http, "GET", f"{whole}?page=1&pageSize=1")
                if answer.status_code not in (400, 404) or not is_failure(answer):
                    wrong.append(f"{route} {bad[:30]!r}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


ODD_QUERIES = (
    *("name=%00", "name=%ED%A0%80", "name=%25_%5C", "name=a&name=b", "%00=%00", "&" * 1000, "%", "name[]=x", ";"),
    "&".join(f"f{number}={number}" for number in range(1000)),
)


async def test_queries_never_break_a_list(partner: Partner):
    for query in ODD_QUERIES:
        for path in (COURSES, f"{COURSES}/X/batches"):
            answer = await ask(partner.http, "GET", f"{path}?page=1&pageSize=1&{query}")
            assert answer.status_code == 200 or is_failure(answer), (path, query[:40])
            assert answer.status_code < 500, (path, query[:40])


HEADERS = (
    {"origin": "http://["},
    {"host": "["},
    {"host": "\u00e9"},
    {"cookie": "x" * 100_000},
    {"content-length": "-1"},
    {"content-length": "abc"},
    {"content-length": "9" * 30},
    {"content-type": "\u00e9"},
    {"content-type": "multipart/form-data"},
    {"accept": "text/html"},
    {"x-request-id": "\u00e9\r"},
    {"x-forwarded-for": "\u00e9, , 1.2.3.4.5"},
    {"x-filler": "x" * 1_000_000},
    {"idempotency-key": "\u00e9"},
)


async def test_headers_never_break_a_request(client: httpx.AsyncClient, partner: Partner):
    for header in HEADERS:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in header.items()]
        seen = [
            await ask(partner.http, "GET", f"{COURSES}?page=1&pageSize=1", headers=raw),
            await ask(client, "POST", TOKEN, json=asked(partner.made), headers=raw),
            await ask(client, "GET", TOKEN, headers=raw),
        ]
        for answer in seen:
            assert answer.status_code < 500, header
            assert answer.status_code == 200 or is_failure(answer), (header, answer.text)
