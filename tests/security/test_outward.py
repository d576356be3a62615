"""Addresses that people give are kept and shown; nothing of ours ever goes there."""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest

from tests.background import drain
from tests.dialects.lms.probing import ROUTES, Probe, address, body, body_type, roles_of, with_body
from tests.dialects.lms.test_hostile_bodies import at, places, put
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson, Person
from tests.security.test_tokens import listening

NOT_WEB = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.test/a",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "//evil.test/a",
    "\\\\evil.test\\a",
    "/etc/passwd",
    "https:evil.test",
    "https:///evil.test",
    "https://a.test/\nx-injected: 1",
    "https://a.test/x\n",
    'https://a.test/"onerror="alert(1)',
    "https://a.test/<script>",
)
ODD_BUT_ONLY_TEXT = (
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://0x7f000001/",
    "http://2130706433/",
)


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


def takes_addresses(type_: Any) -> bool:
    """Whether a struct has a field for an address, at any depth."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return any(takes_addresses(field.type) for field in msgspec.structs.fields(type_)) or any(
            _is_address(field.encode_name) for field in msgspec.structs.fields(type_)
        )
    return any(takes_addresses(member) for member in get_args(type_))


def _is_address(name: str) -> bool:
    return name.endswith(("_url", "url", "avatar", "proof", "thumbnail", "_images", "_files"))


def fields(world: World) -> Iterator[tuple[str, Person, dict[str, Any], tuple[Any, ...]]]:
    """Every place for an address in every body: route, who sends it, a body that fits, the place."""
    for route, handler in with_body():
        type_ = body_type(handler)
        if not takes_addresses(type_) or route == "DELETE /api/v1/upload":
            continue
        fits = body(type_, world.here)
        person = world.here.student if roles_of(handler) == ["student"] else world.admin
        for place in places(fits):
            value = at(fits, place)
            if isinstance(value, str) and value.startswith(("https://", "/uploads/")):
                yield route, person, fits, place


async def test_what_is_no_address_of_the_web_is_refused(world: World):
    probe, wrong, tried = Probe(), [], set()
    for route, person, fits, place in fields(world):
        method, path = route.split(" ")[0], address(route, world.here)
        tried.add((route, place[0]))
        for bad in NOT_WEB:
            seen = await probe(person.http, method, path, json=put(fits, place, bad))
            if seen.status not in (400, 404) or not seen.is_refusal:
                wrong.append(f"{route} {place} {bad!r}: {seen}")
    assert not wrong, "\n".join(wrong)
    assert len(tried) >= 16, tried


async def test_nobody_goes_where_an_address_points(world: World):
    taken = 0
    async with listening() as away:
        ours = f"http://127.0.0.1:{away.port}/secret.png"
        for number, (route, person, fits, place) in enumerate(list(fields(world))):
            for name in (ODD_BUT_ONLY_TEXT[number % len(ODD_BUT_ONLY_TEXT)], ours):
                answer = await person.http.request(
                    route.split(" ")[0], address(route, world.here), json=put(fits, place, name)
                )
                assert answer.status_code < 500, answer.text
                taken += answer.status_code < 300
        await drain()
        for route, handler in ROUTES.items():  # what shows it does not look there, either
            if route.startswith("GET") and "admin" in roles_of(handler):
                await world.admin.http.get(address(route, world.here))
        assert away.connections == 0
    assert taken >= 8
