"""The failure body, for everything that can go wrong."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Litestar, get
from litestar.exceptions import HTTPException

from backend.app import app as front
from backend.core import errors
from backend.core.errors import KINDS, DomainError
from backend.dialects.ruangkerja import app, envelope, words
from backend.dialects.ruangkerja.auth import Authentication
from backend.domain.courses import queries as courses
from backend.http.admission import lanes
from backend.http.lanes import Refusal
from storage.errors import StorageDown
from tests.dialects.ruangkerja.partner import COURSES, TOKEN, Partner, golden, is_failure


@pytest.mark.parametrize(
    "path", ["/ruangkerja", "/ruangkerja/", "/ruangkerja/nothing", f"{COURSES}/X", "/ruangkerja/%ff"]
)
async def test_unknown_routes(client: httpx.AsyncClient, partner: Partner, path: str):
    for http in (client, partner.http):
        for method in ("GET", "POST", "DELETE"):
            answer = await http.request(method, path)
            assert (answer.status_code, answer.json()) == (
                404,
                {"errorCode": 404, "message": "NOT_FOUND", "detail": "route not found"},
            )


async def test_other_methods(partner: Partner):
    for path, allowed in ((TOKEN, {"GET", "POST"}), (COURSES, {"GET"}), (f"{COURSES}/X/batches", {"GET"})):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
            answer = await partner.http.request(method, path)
            assert (answer.status_code, answer.json()) == (
                405,
                {"errorCode": 405, "message": "METHOD_NOT_ALLOWED", "detail": "method not allowed"},
            )
            assert allowed <= {name.strip() for name in answer.headers["allow"].split(",")}


@pytest.mark.parametrize(
    "path", [f"{COURSES}/NONE/batches", f"{COURSES}/NONE/offline/X/users", f"{COURSES}/NONE/webinar/X/users"]
)
async def test_unknown_serials(partner: Partner, path: str):
    answer = await partner.http.get(path, params={"page": 1, "pageSize": 1})
    assert (answer.status_code, answer.json()) == (
        404,
        {"errorCode": 404, "message": "NOT_FOUND", "detail": "course not found"},
    )


PAGE = "page must be a whole number from 1 to 1000000000"
SIZE = "pageSize must be a whole number from 1 to 100"


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "page is required; pageSize is required"),
        ("page=1", "pageSize is required"),
        ("pageSize=1", "page is required"),
        ("page=&pageSize=", f"{PAGE}; {SIZE}"),
        *((f"page={bad}&pageSize=1", PAGE) for bad in ("0", "-1", "1.0", "x", "%00", "9" * 400, "%D9%A3", "1_0", "+1")),
        *((f"page=1&pageSize={bad}", SIZE) for bad in ("0", "101", "1e1", "%C2%B2", "null")),
        ("page=1&page=2&pageSize=1", PAGE),
        ("page=1&PageSize=1", "pageSize is required"),
    ],
)
@pytest.mark.parametrize("path", [COURSES, f"{COURSES}/NONE/batches"])
async def test_pages_that_are_none(partner: Partner, path: str, query: str, detail: str):
    answer = await partner.http.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()) == (400, {"errorCode": 400, "message": "BAD_REQUEST", "detail": detail})


def test_every_kind_has_a_status_and_words():
    assert set(envelope.STATUS) == set(KINDS)
    assert {kind.code for kind in KINDS} == set(words.KINDS)
    assert set(envelope.STATUS.values()) - {403} <= set(words.NAMES)


RAISED: dict[str, tuple[Exception, int, str | None]] = {
    **{
        kind.__name__: (kind(retry_after_s=7) if kind is errors.TooMany else kind(), envelope.STATUS[kind], None)
        for kind in KINDS
    },
    "busy": (errors.Unavailable(retry_after_s=3), 503, "3"),
    "database away": (asyncpg.CannotConnectNowError("the words of a server"), 503, "1"),
    "storage away": (StorageDown("x"), 503, "1"),
    "timeout": (TimeoutError("x"), 503, "1"),
    "value unfit": (asyncpg.CharacterNotInRepertoireError("x"), 400, None),
    "teapot": (HTTPException("x", status_code=418), 418, None),
    "framework": (HTTPException("x", status_code=500), 500, None),
    "bug": (KeyError("a token"), 500, None),
}
RAISED["TooMany"] = (*RAISED["TooMany"][:2], "7")
RAISED["Unavailable"] = (*RAISED["Unavailable"][:2], "1")


@pytest.mark.parametrize("name", RAISED)
async def test_whatever_is_raised_is_told_in_the_contracts_shape(name: str):
    raised, status, wait = RAISED[name]

    @get("/x")
    async def break_down() -> None:
        raise raised

    handlers: Any = {
        DomainError: envelope.on_domain_error,
        HTTPException: envelope.on_http_error,
        Exception: envelope.on_anything,
    }
    inner = Litestar([break_down], exception_handlers=handlers, openapi_config=None, logging_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(inner), base_url="http://lulus.test") as http:
        answer = await http.get("/x")
    assert answer.status_code == status
    assert is_failure(answer)
    assert answer.headers.get("retry-after") == wait
    assert answer.json()["errorCode"] == (123 if status == 403 else status)
    for untold in ("the words of a server", "a token", "{", "?"):
        assert untold not in answer.json()["detail"].replace("(the limit is ?)", "")
    if status == 403:
        assert answer.json() == golden("bad_token")


def test_who_is_refused_at_the_front_door_is_told_first():
    assert [type(one) for one in app.build().middleware] == [Refusal, Authentication]


async def test_a_database_that_is_away(partner: Partner, monkeypatch: pytest.MonkeyPatch):
    async def away(*_: object) -> None:
        raise ConnectionRefusedError("postgres at a secret place")

    monkeypatch.setattr(courses.db, "fetch", away)
    answer = await partner.http.get(f"{COURSES}?page=1&pageSize=1")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json() == {
        "errorCode": 503,
        "message": "SERVICE_UNAVAILABLE",
        "detail": "the service is not available, please try again",
    }


async def test_who_sends_the_body_of_a_get_slowly_holds_no_place(client: httpx.AsyncClient):
    lane, reached, left = lanes()[""], asyncio.Event(), asyncio.Event()
    free, said = lane.free, list[Any]()

    async def receive() -> dict[str, object]:
        if not reached.is_set():
            reached.set()
            return {"type": "http.request", "body": b"{", "more_body": True}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": TOKEN,
        "raw_path": TOKEN.encode(),
        "query_string": b"",
        "headers": [(b"host", b"lulus.test"), (b"transfer-encoding", b"chunked")],
        "client": ("192.0.2.7", 1),
    }
    request = asyncio.ensure_future(front(scope, receive, send))
    await asyncio.wait_for(reached.wait(), 10)
    await asyncio.sleep(0)
    assert lane.free == free
    assert (await client.post(TOKEN, json={})).status_code == 400
    left.set()
    await asyncio.wait_for(request, 10)
    assert said[0]["status"] == 400
