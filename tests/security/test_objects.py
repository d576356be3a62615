"""Somebody else's object is as if it were not there, unless the contract has a word for it."""

from pathlib import Path

import pytest

from tests.dialects.lms.probing import ROUTES, Probe, address, kinds, roles_of
from tests.dialects.lms.test_access import OWN_MATTER, sent, strangers
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson

NOWHERE = "00000000-0000-7000-8000-000000000000"
LISTED = (Path(__file__).parents[1] / "dialects/lms/routes.txt").read_text()
OURS = set(LISTED.split("# ours\n")[1].splitlines())
FORBIDDEN_PARENTS = (
    "/api/v1/assignments/{}",
    "/api/v1/attendances/{}",
    "/api/v1/batches/{}",
    "/api/v1/certificates/{}",
    "/api/v1/excuses/{}",
    "/api/v1/me/batches/{}",
    "/api/v1/me/purchases/{}",
    "/api/v1/meetings/{}",
    "/api/v1/quizzes/{}",
    "/api/v1/quizzes/attempts/{}",
    "/api/v1/submissions/{}",
)
"""Rows of the contract that say 403, and ours beside and below them, which say what those say."""


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


def nowhere(route: str) -> str:
    """The path of a route with ids that nothing has."""
    path = route.split(" ")[1]
    if path.startswith("/uploads"):
        return f"/uploads/docs/2026/01/01/{NOWHERE}.pdf"
    return path.replace("{}", NOWHERE)


def may_say_forbidden(route: str) -> bool:
    path = route.split(" ")[1]
    return route not in OURS or any(path == parent or path.startswith(f"{parent}/") for parent in FORBIDDEN_PARENTS)


def cases() -> list[str]:
    return [
        route
        for route, handler in ROUTES.items()
        if kinds(route.split(" ")[1]) and roles_of(handler) != ["public"] and route not in OWN_MATTER
    ]


async def test_where_the_contract_is_silent_foreign_and_unknown_are_one_answer(world: World):
    probe, wrong, forbidden, same = Probe(), [], set(), 0
    for route in cases():
        handler, method = ROUTES[route], route.split(" ")[0]
        given = sent(handler, world.here)
        for role, person in strangers(world, route.split(" ")[1], roles_of(handler)):
            foreign = await probe(person.http, method, address(route, world.here), **given)
            unknown = await probe(person.http, method, nowhere(route), **given)
            if foreign.status == 403 and may_say_forbidden(route):
                forbidden.add(route)
                continue
            same += 1
            if (foreign.status, foreign.text) != (404, unknown.text) or unknown.status != 404:
                wrong.append(f"{role} {route}: {foreign}, but of nothing: {unknown}")
    assert not wrong, "\n".join(wrong)
    assert same >= 15
    assert len(forbidden) >= 30


def test_every_verb_is_tried():
    assert {route.split(" ")[0] for route in cases()} == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}


async def test_ids_are_uuids_that_nobody_counts_up(world: World):
    """No object is named by a number on the wire, so that there is nothing to count."""
    for kind, name in world.here.objects.items():
        assert not name.isdecimal(), kind
