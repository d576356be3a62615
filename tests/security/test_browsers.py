"""What a browser may be made to do from somebody else's page: nothing with effects, and it reads nothing."""

import re

import httpx
import pytest
from litestar.config.cors import CORSConfig

from backend.core import db
from tests.dialects.lms.probing import ROUTES, address, roles_of, taken_back, writes
from tests.dialects.lms.signing_in import AUTH, an_account, log_in, refresh_of, with_cookie
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson, Person

OTHERS = (
    "null",
    "https://evil.test",
    "http://lulus.test.evil.test",
    "http://evil-lulus.test",
    "http://lulusxtest",
    "https://lulus.test@evil.test",
    "http://lulus.test:8080",
    "file://",
    "chrome-extension://a",
    "http://LULUS.test.",
)


@pytest.mark.parametrize("origin", OTHERS)
async def test_no_other_page_reads_an_answer(client: httpx.AsyncClient, student: Person, origin: str):
    for http in (client, student.http):
        asked = await http.get("/api/v1/me", headers={"origin": origin})
        before = await http.options("/api/v1/me", headers={"origin": origin, "access-control-request-method": "PATCH"})
        for answer in (asked, before):
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("origin", OTHERS)
def test_an_allowed_origin_is_one_text_and_no_pattern(origin: str):
    """What CORS_ORIGINS makes of itself: listed origins exactly, and their dots are dots."""
    config = CORSConfig(allow_origins=["http://lulus.test"], allow_credentials=True)
    assert config.is_origin_allowed("http://lulus.test")
    assert not config.is_origin_allowed(origin)


SIMPLE = (
    {"content-type": "text/plain"},
    {"content-type": "application/x-www-form-urlencoded"},
    {"content-type": "multipart/form-data; boundary=x"},
    {},
)


async def test_no_form_of_another_page_makes_anything_happen(client: httpx.AsyncClient):
    """The one cookie opens two routes; both look at the Origin, and a form cannot leave it out."""
    person = await an_account()
    cookie = with_cookie(refresh_of(await log_in(client, person.email)))
    hash_before = await db.value("SELECT refresh_hash FROM session")
    for origin in OTHERS[:-1]:
        for kind in SIMPLE:
            headers = cookie | kind | {"origin": origin, "sec-fetch-site": "cross-site"}
            for method, path in (("POST", f"{AUTH}/refresh-token"), ("DELETE", f"{AUTH}/logout")):
                answer = await client.request(method, path, headers=headers, content=b"x=1")
                assert answer.status_code in (401, 403), (method, path, headers)
    assert await db.value("SELECT refresh_hash FROM session WHERE revoked_at IS NULL") == hash_before


async def test_the_cookie_alone_opens_nothing_else(client: httpx.AsyncClient, a_person: MakePerson):
    world: World = await a_world(a_person)
    person = await an_account()
    cookie = with_cookie(refresh_of(await log_in(client, person.email)))
    for route, handler in ROUTES.items():
        if roles_of(handler) != ["public"]:
            method = route.split(" ")[0]
            answer = await client.request(method, address(route, world.here), headers=cookie, json={})
            assert answer.status_code == 401, route


COUNTED = re.compile(r"/certificates/(?:number/{}|{}/verify)$")
"""Each check of a certificate is counted and noted."""


async def test_looking_changes_nothing(a_person: MakePerson):
    """A picture in somebody's mail can make a browser GET anything."""
    world: World = await a_world(a_person)
    wrong = []
    for route, handler in ROUTES.items():
        if not route.startswith(("GET", "HEAD")):
            continue
        for role, person in (("admin", world.admin), ("student", world.here.student), ("teacher", world.here.teacher)):
            if {role, "public"} & set(roles_of(handler)):
                async with taken_back():
                    written = await writes()
                    await person.http.request(route.split(" ")[0], address(route, world.here))
                    if await writes() != written and not COUNTED.search(route):
                        wrong.append(f"{role} {route}")
    assert wrong == []


async def test_every_answer_says_what_it_is(client: httpx.AsyncClient, a_person: MakePerson):
    """JSON that is never taken for a page, whatever it holds; and no answer names a program or its version."""
    world: World = await a_world(a_person)
    for route in ROUTES:
        if route.startswith("GET"):
            answer = await world.admin.http.get(address(route, world.here))
            assert answer.headers["x-content-type-options"] == "nosniff", route
            assert "text/html" not in answer.headers["content-type"], route
            assert not {"server", "x-powered-by"} & set(answer.headers), route
    for path in ("/", "/nothing", "/certificates/x", "/healthz", "/docs", "/metrics", "/api/v1/nothing"):
        assert (await client.get(path)).headers["x-content-type-options"] == "nosniff", path


async def test_what_a_ticket_opens_is_kept_by_no_cache_and_told_to_nobody(client: httpx.AsyncClient, student: Person):
    sent = await student.http.post(
        "/api/v1/upload/documents", files={"file": ("a.txt", b"text\n")}, data={"location": "docs"}
    )
    path = sent.json()["data"]
    given = await student.http.post(f"/api/v1/files/{path.rsplit('/', 1)[1].split('.')[0]}/ticket")
    answer = await client.get(path, params={"ticket": given.json()["data"]["ticket"]})
    assert answer.status_code == 200
    assert "private" in answer.headers["cache-control"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "public" not in answer.headers["cache-control"]
