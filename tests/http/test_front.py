"""The front door: whose request, its id, its address, and the last resort."""

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from backend.app import app
from backend.core.log import request_id
from backend.core.settings import settings
from backend.http import front
from backend.http.front import Dialect, FrontDoor, client_address


def a_dialect(name, prefix, application):
    return Dialect(name, lambda host, path: path.startswith(prefix), application)


def answering(name):
    async def application(scope, receive, send):
        said = msgspec.json.encode([name, list(scope["client"]), request_id.get()])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": said})

    return application


async def breaking(scope, receive, send):
    raise RuntimeError("secret of the house")


async def breaking_late(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("too late")


DOOR = FrontDoor(
    [
        a_dialect("particular", "/a/b", answering("particular")),
        a_dialect("general", "/a", answering("general")),
        a_dialect("broken", "/broken", breaking),
        a_dialect("late", "/late", breaking_late),
        Dialect("hosted", lambda host, path: host == "exam.example", answering("hosted")),
    ],
    lambda: None,
)


def http(**given):
    transport = httpx.ASGITransport(DOOR, client=given.pop("client", ("192.0.2.1", 5)))
    return httpx.AsyncClient(transport=transport, base_url=given.pop("base", "http://x"), **given)


@pytest.mark.parametrize(
    ("base", "path", "name"),
    [
        ("http://x", "/a/b/c", "particular"),
        ("http://x", "/a/c", "general"),
        ("http://EXAM.example:8000", "/else", "hosted"),
    ],
)
async def test_the_first_that_claims_a_request_has_it(base, path, name):
    async with http(base=base) as client:
        assert (await client.get(path)).json()[0] == name


def test_claims_are_asked_in_order():
    assert DOOR.whose("x", "/a/b").name == "particular"
    with pytest.raises(LookupError):
        DOOR.whose("x", "/nobody")
    assert [dialect.name for dialect in app.dialects][-1] == "site"
    assert app.whose("x", "/anything").name == "site"
    assert app.whose("x", "/api/v1/jobs").name == "lms"
    assert app.whose("x", "/api/v10").name == "site"


async def test_takes_a_request_id_that_is_one_and_makes_one_otherwise():
    async with http() as client:
        given = await client.get("/a", headers={"x-request-id": "abc-123.DEF"})
        assert (given.headers["x-request-id"], given.json()[2]) == ("abc-123.DEF", "abc-123.DEF")
        for bad in ("", "short", "x" * 65, "with space", 'quote"quote', "sch\u00f6n-sch\u00f6n".encode("latin-1")):
            made = await client.get("/a", headers={"x-request-id": bad})
            assert len(made.headers["x-request-id"]) == 36
            assert made.json()[2] == made.headers["x-request-id"]
    assert request_id.get() == "-"


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "seen"),
    [
        ((), "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (("192.0.2.1",), "192.0.2.1", "203.0.113.9", "203.0.113.9"),
        (("192.0.2.0/24",), "192.0.2.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (("192.0.2.0/24",), "192.0.2.1", "203.0.113.9, 192.0.2.7", "203.0.113.9"),
        (("192.0.2.0/24",), "198.51.100.1", "203.0.113.9", "198.51.100.1"),
        (("192.0.2.0/24",), "192.0.2.1", "", "192.0.2.1"),
        (("2001:db8::/32",), "2001:db8::1", "203.0.113.9", "203.0.113.9"),
        (("192.0.2.0/24",), "", "203.0.113.9", ""),
    ],
)
def test_the_address_is_as_far_as_proxies_are_trusted(monkeypatch, trusted, peer, forwarded, seen):
    changed = msgspec.structs.replace(settings(), trusted_proxies=trusted)
    monkeypatch.setattr(front, "settings", lambda: changed)
    assert client_address((peer, 5), forwarded.encode())[0] == seen


def test_no_peer_is_no_address():
    assert client_address(None, b"") == ("", 0)


async def test_applications_see_that_address(monkeypatch):
    changed = msgspec.structs.replace(settings(), trusted_proxies=("192.0.2.1",))
    monkeypatch.setattr(front, "settings", lambda: changed)
    async with http() as client:
        answer = await client.get("/a", headers={"x-forwarded-for": "203.0.113.9"})
    assert answer.json()[1] == ["203.0.113.9", 0]


async def test_apologises_for_what_nobody_caught():
    with capture_logs() as lines:
        async with http() as client:
            answer = await client.get("/broken", headers={"x-request-id": "request-one"})
    assert answer.status_code == 500
    assert answer.json() == {"success": False, "message": "Internal Server Error", "error": None}
    assert answer.headers["x-request-id"] == "request-one"
    assert "secret" not in answer.text
    assert [line["event"] for line in lines] == ["request broke", "request"]
    assert lines[1]["status"] == 500


async def test_says_nothing_more_when_the_answer_had_begun():
    sent = []

    async def send(message):
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "path": "/late", "headers": [], "client": ("192.0.2.1", 5)}
    await DOOR(scope, None, send)
    assert sent == ["http.response.start"]


async def test_logs_the_route_and_not_what_was_asked():
    with capture_logs() as lines:
        async with http() as client:
            await client.get("/a/siti@example.test/0198c0de-0000-7000-8000-000000000001?token=planted")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["dialect"], line["method"], line["status"]) == ("general", "GET", 200)
    assert "planted" not in str(line)
    assert line["route"] == "/a/{}/{}"


async def lifespan(door):
    """Run a lifespan to its end; gives what the door said."""
    said, asked = [], iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive():
        return {"type": next(asked)}

    async def send(message):
        said.append(message["type"])

    await door({"type": "lifespan"}, receive, send)
    return said


async def test_opens_and_closes_what_is_shared():
    from contextlib import asynccontextmanager

    steps = []

    @asynccontextmanager
    async def resources():
        steps.append("open")
        yield
        steps.append("closed")

    assert await lifespan(FrontDoor([], resources)) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert steps == ["open", "closed"]


async def test_a_start_that_fails_is_said():
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def resources():
        raise ConnectionRefusedError("no database")
        yield

    said = []

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        said.append(message["type"])

    with pytest.raises(ConnectionRefusedError):
        await FrontDoor([], resources)({"type": "lifespan"}, receive, send)
    assert said == ["lifespan.startup.failed"]
