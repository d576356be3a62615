"""Addresses, lists and headers that mean harm, for every route there is: a clear 4xx, never a failure of ours."""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
import jwt
import pytest

from backend.core import clock, listing, tokens
from backend.core.listing import Lens
from backend.core.paging import Listing
from backend.core.settings import settings
from backend.domain.accounts.queries import ACCESS_AUDIENCE
from backend.http import tickets
from tests.dialects.lms.probing import ROUTES, Probe, address, body, body_type, roles_of, with_ids, with_listing
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson, Person

NOWHERE = "00000000-0000-7000-8000-000000000000"
BAD_IDS = (
    "x",
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "%ff%fe",
    "%ed%a0%80",
    "9" * 40,
    "a" * 5000,
    "' OR 1=1 --",
    NOWHERE,
    f"{{{NOWHERE}}}",
)


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


def caller(world: World, handler: Any) -> Person:
    """Somebody whom the route lets do most."""
    return world.admin if {"admin", "public"} & set(roles_of(handler)) else world.here.student


def fitting(world: World, handler: Any) -> dict[str, Any]:
    """A body that fits, if the route takes one."""
    type_ = body_type(handler)
    return {"json": body(type_, world.here)} if type_ else {}


async def test_ids_that_are_none_name_nothing(world: World):
    probe, wrong = Probe(), []
    for route, handler in with_ids():
        method, path = route.split(" ")
        http, given = caller(world, handler).http, fitting(world, handler)
        for place in range(path.count("{}")):
            for bad in BAD_IDS:
                seen = await probe(http, method, _with_one(route, world, place, quote(bad, safe="%")), **given)
                is_plain = seen.is_refusal or (method == "HEAD" and not seen.changed)
                if seen.status not in (400, 404, 409) or not is_plain:
                    wrong.append(f"{route} {place} {bad[:50]!r}: {seen}")
    assert not wrong, "\n".join(wrong)


def _with_one(route: str, world: World, place: int, bad: str) -> str:
    """A route's path with the ids of this half, but one."""
    whole = address(route, world.here).split("/")
    spots = [index for index, part in enumerate(route.split(" ")[1].split("/")) if part == "{}"]
    whole[spots[place]] = bad
    return "/".join(whole)


async def test_no_path_makes_it_fail(world: World):
    probe, wrong = Probe(), []
    paths = (
        *("//", "/api/v1", "/api/v1/", "/api/v1//courses", "/api/v1/courses/", "/api/v1/../v1/courses", "/api/v1/%00"),
        *(
            "/api/v1/%2e%2e/%2e%2e/hello",
            "/uploads/",
            "/uploads/..%2f..%2fetc/passwd",
            "/uploads/a/b/c/d/e/f",
            "/hello/",
        ),
        *("/api/v1/courses;a=1", "/api/v1/" + "a/" * 2000, "/api/v1/\u202e", "/uploads/docs/2026/99/99/x.pdf"),
    )
    for path in paths:
        for method in ("GET", "POST", "DELETE", "TRACE", "QUERY"):
            seen = await probe(world.admin.http, method, path)
            if seen.status >= 500 or seen.changed:
                wrong.append(f"{method} {path[:60]}: {seen}")
    assert not wrong, "\n".join(wrong)


NUMBERS = ("0", "-1", "abc", "", "1.5", "1000000000", "9" * 400, "%00", "\u0663", "\u00b2")


async def test_pages_that_are_none_are_refused(world: World):
    probe, wrong = Probe(), []
    for route, handler in with_listing():
        http, path = caller(world, handler).http, address(route, world.here)
        for name in ("limit", "page"):
            for bad in NUMBERS:
                seen = await probe(http, "GET", f"{path}?{name}={bad if bad == '%00' else quote(bad)}")
                if seen.status != 400 or not seen.is_refusal:
                    wrong.append(f"{route} {name}={bad[:20]}: {seen}")
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def lens_of(monkeypatch: pytest.MonkeyPatch) -> list[Lens]:
    """The lenses that lists were looked at through since it was emptied."""
    seen: list[Lens] = []
    conditions = listing._conditions

    def spy(lens: Lens, asked: Listing, args: list[Any]) -> list[str]:
        seen.append(lens)
        return conditions(lens, asked, args)

    monkeypatch.setattr(listing, "_conditions", spy)
    return seen


ODD_QUERIES = (
    *("sort=%00", "sort=id;drop", "sort=password_hash", "order=%00", "select=*", "q=%00", "q=%25_%5C", "q=%ED%A0%80"),
    *("%00=%00", "user.password_hash=x", "limit=1&limit=x", "&" * 1000, "%", "q=" + "x" * 5000),
    "&".join(f"f{number}={number}" for number in range(1000)),
)


async def test_filters_sorts_and_searches_never_break_a_list(world: World, lens_of: list[Lens]):
    probe, wrong, tried = Probe(), [], 0
    for route, handler in with_listing():
        http, path = caller(world, handler).http, address(route, world.here)
        lens_of.clear()
        await probe(http, "GET", path)
        queries = list(ODD_QUERIES)
        for lens in lens_of:
            queries += [f"sort={name}&order=desc&q=a" for name in lens.sorts]
            queries += [f"{name}={bad}" for name in lens.filters for bad in ("%00", "9" * 30, "true")]
        tried += len(queries) - len(ODD_QUERIES)
        for query in queries:
            seen = await probe(http, "GET", f"{path}?{query}")
            if seen.status != 200 and not seen.is_refusal:
                wrong.append(f"{route}?{query[:60]}: {seen}")
    assert not wrong, "\n".join(wrong)
    assert tried > 100


async def test_a_list_never_gives_more_than_two_hundred(world: World):
    for route, handler in with_listing():
        path = address(route, world.here)
        answer = await caller(world, handler).http.get(f"{path}?limit=10000&page=1000000")
        assert (answer.status_code, answer.json()["meta"]["limit"], answer.json()["data"]) == (200, 200, []), route


async def test_other_methods_are_refused_and_say_which_are_not(world: World):
    probe, wrong = Probe(), []
    allowed: dict[str, set[str]] = {}
    for route in ROUTES:
        method, path = route.split(" ")
        allowed.setdefault(path, set()).add(method)
    for path, methods in allowed.items():
        route = f"{min(methods)} {path}"
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods:
            seen = await probe(world.admin.http, method, address(route, world.here))
            said = {name.strip() for name in seen.headers.get("allow", "").split(",")}
            if seen.status != 405 or not seen.is_refusal or not methods <= said:
                wrong.append(f"{method} {path}: {seen} allow {sorted(said)}")
    assert not wrong, "\n".join(wrong)


def forged(world: World) -> dict[str, str]:
    """Authorization headers of which none is good."""
    person, secret = world.admin, settings().jwt_secret
    claims = jwt.decode(person.token, options={"verify_signature": False})
    session = {"sid": claims["sid"]}

    def made(key: str = secret, audience: str = ACCESS_AUDIENCE, minutes: int = 10, **more: Any) -> str:
        lifetime = timedelta(minutes=minutes)
        return tokens.sign(key, audience=audience, subject=claims["sub"], lifetime=lifetime, claims={**session, **more})

    def bare(algorithm: str, key: str = "", **changes: Any) -> str:
        return jwt.encode({**claims, **changes}, key or None, algorithm=algorithm)

    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"../../dev/null"}').decode().rstrip("=")
    body_part = person.token.split(".")[1]
    found = {
        "ticket": tickets.make(person.actor.session_id or 0, "file", person.uuid)[0],
        "other audience": made(audience="lulus:verification"),
        "other key": made("k" * 40),
        "expired": made(minutes=-60),
        "none": bare("none"),
        "no exp": jwt.encode({name: value for name, value in claims.items() if name != "exp"}, secret, "HS256"),
        "not yet": bare("HS256", secret, nbf=clock.now() + timedelta(hours=1)),
        "hs512": bare("HS512", secret + secret),
        "other issuer": bare("HS256", secret, iss="somebody"),
        "no session": bare("HS256", secret, sid=None),
        "session of a number": bare("HS256", secret, sid=1),
        "session unknown": bare("HS256", secret, sid=NOWHERE),
        "audience list": bare("HS256", secret, aud=["a", "b"]),
        "kid": f"{head}.{body_part}.{person.token.split('.')[2]}",
        "cut": person.token[:-4],
        "empty": "",
        "undefined": "undefined",
        "dots": "..",
        "long": "a" * 1_000_000,
        "signed long": made(note="x" * 10_000),
        "latin": "é.ü.ß",
    }
    return {name: f"Bearer {token}" for name, token in found.items()} | {
        "basic": "Basic YTpi",
        "wrong scheme": f"Token {person.token}",
        "bare": person.token,
        "two words": f"Bearer {person.token} {person.token}",
        "comma": f"Bearer {person.token}, Bearer {person.token}",
    }


async def test_tokens_that_are_none_let_nobody_in(client: httpx.AsyncClient, world: World):
    probe, wrong = Probe(), []
    for path in ("/api/v1/me", "/api/v1/users", f"/api/v1/files/{world.here.objects['files']}/poster"):
        for name, header in forged(world).items():
            seen = await probe(client, "GET", path, headers=[(b"authorization", header.encode("latin-1"))])
            if seen.status != 401 or not seen.is_refusal or seen.headers.get("www-authenticate") != "Bearer":
                wrong.append(f"{path} {name}: {seen}")
        twice = [(b"authorization", header.encode()) for header in (f"Bearer {world.admin.token}", "Bearer x")]
        for headers in (twice, twice[::-1]):
            seen = await probe(client, "GET", path, headers=headers)
            if seen.status != 401 or not seen.is_refusal:
                wrong.append(f"{path} twice: {seen}")
    assert not wrong, "\n".join(wrong)


async def test_tickets_that_are_none_open_nothing(client: httpx.AsyncClient, world: World):
    person, file, job = world.here.student, world.here.objects["files"], world.here.objects["jobs"]
    session = person.actor.session_id or 0
    other = world.there.objects
    bad = [
        *("", "x", "a.b.c", "%00", "é", person.token, "a" * 50_000),
        tickets.make(session, "job", world.here.student.uuid)[0],
        tickets.make(10**9, "file", world.here.student.uuid)[0],
        tokens.sign(
            settings().ticket_secret,
            audience=tickets.AUDIENCE,
            subject=f"file:{file}",
            lifetime=timedelta(minutes=-10),
            claims={"sid": session},
        ),
    ]
    probe, wrong = Probe(), []
    for path in (f"/api/v1/files/{file}/poster", world.here.address, f"/api/v1/jobs/{job}/events"):
        for ticket in (
            *bad,
            *(_ticket(session, kind, other[where]) for kind, where in (("file", "files"), ("job", "jobs"))),
        ):
            seen = await probe(client, "GET", path, params={"ticket": ticket})
            if seen.status not in (401, 403, 404) or not seen.is_refusal:
                wrong.append(f"{path} {ticket[:30]}: {seen}")
    assert not wrong, "\n".join(wrong)


def _ticket(session: int, kind: str, uuid: str) -> str:
    return tickets.make(session, kind, UUID(uuid))[0]


HEADERS = (
    {"origin": "http://["},
    {"origin": "null"},
    {"origin": "https://lulus.test.evil.test"},
    {"origin": "http://lulus.test:99999999"},
    {"host": "["},
    {"host": ""},
    {"host": "\u00e9"},
    {"cookie": "refresh_token=" + "x" * 100_000},
    {"cookie": 'refresh_token="\\000"; =; ;;'},
    {"cookie": "refresh_token=\u00e9"},
    {"accept-language": "\u00e9" * 5000},
    {"accept-language": "en;q=nonsense"},
    {"idempotency-key": "\u00e9"},
    {"idempotency-key": "x" * 1000},
    {"idempotency-key": ""},
    {"last-event-id": "\u00e9;DROP"},
    {"range": "bytes=-"},
    {"range": "bytes=" + "0-0," * 2000},
    {"if-modified-since": "never"},
    {"content-length": "-1"},
    {"content-length": "abc"},
    {"content-length": "9" * 30},
    {"x-request-id": "\u00e9\r"},
    {"x-forwarded-for": "\u00e9, , 1.2.3.4.5"},
    {"user-agent": "\u00e9\x00" * 2000},
    {"x-filler": "x" * 1_000_000},
)


async def test_headers_never_break_a_request(world: World):
    probe, wrong = Probe(), []
    here = world.here
    requests: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("GET", "/api/v1/me", {}),
        ("POST", "/api/v1/auth/refresh-token", {}),
        ("DELETE", "/api/v1/auth/logout", {}),
        ("POST", "/api/v1/auth/login", {"email": "a@example.test", "password": "nothing-here"}),
        ("POST", "/api/v1/auth/forgot-password", {"email": here.student.email}),
        ("PATCH", "/api/v1/me", {"name": "Another Name"}),
        ("GET", here.address, {}),
        ("GET", f"/api/v1/jobs/{here.objects['jobs']}/events", {}),
        ("POST", f"/api/v1/quizzes/{here.objects['quizzes']}/start", {}),
        ("GET", f"/api/v1/certificates/{here.objects['certificates']}/verify", {}),
    )
    for method, path, sent in requests:
        for header in HEADERS:
            raw = [(name.encode(), value.encode("latin-1")) for name, value in header.items()]
            content = json.dumps(sent).encode() if sent else None
            seen = await probe(here.student.http, method, path, content=content, headers=raw)
            if seen.status >= 500:
                wrong.append(f"{method} {path} {str(header)[:60]}: {seen}")
    assert not wrong, "\n".join(wrong)
