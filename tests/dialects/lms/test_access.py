"""Who may call what, for every route there is, and that nobody gets at what is somebody else's.

`access.txt` is the agreement: a route that is not in it fails, and so does one that answers anybody otherwise.
"""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import xlsxwriter

from backend.core import db
from backend.core.actor import Role
from storage.s3 import Storage
from tests.dialects.lms.fitting import fitting
from tests.dialects.lms.probing import (
    PERSONAL,
    ROUTES,
    Probe,
    Seen,
    address,
    body,
    body_type,
    kinds,
    roles_of,
    taken_back,
)
from tests.dialects.lms.world import Half, World, a_shared_world, secrets_of
from tests.people import MakePerson, Person
from tests.school import a_meeting, teach

ANY = ["admin", "student", "teacher"]
LIST = Path(__file__).with_name("access.txt")
INSUFFICIENT = "Forbidden: insufficient role access"


OWN_MATTER = {
    "GET /api/v1/me/batches/{}/certificate/eligibility",
    "DELETE /api/v1/me/batches/{}/waitlist",
    "GET /api/v1/me/batches/{}/waitlist",
    "POST /api/v1/me/batches/{}/waitlist",
}
"""Says of a batch that one is not in, that one is not in it; and anybody may wait for any batch."""

KEPT = {
    "DELETE /api/v1/testimonials/{}",
    "GET /api/v1/me/batches/{}/certificate",
    "POST /api/v1/me/batches/{}/certificate",  # answers with the one that was issued
    "GET /api/v1/submissions/{}",
    "GET /api/v1/submissions/{}/grade",
    "GET /api/v1/submissions/{}/grade/history",
    "GET /api/v1/me/batches/{}/waitlist",
    "DELETE /api/v1/me/batches/{}/waitlist",
}
"""What somebody who left a batch may still read, because it is theirs."""


class Agreed(msgspec.Struct):
    """A line: who may call a route, and what each of the six gets."""

    roles: list[str]
    statuses: list[int]


def agreed() -> dict[str, Agreed]:
    """The agreement, by route."""
    found = {}
    for line in LIST.read_text().splitlines():
        if line and line[0] != "#":
            method, path, *who = line.split()
            roles = [name.strip(",") for name in who[:-6]]
            found[f"{method} {path}"] = Agreed(ANY if roles == ["any"] else roles, [int(one) for one in who[-6:]])
    return found


AGREED = agreed()


@pytest.fixture(scope="module")
async def world(database: None, storage: Storage) -> AsyncIterator[World]:
    """A school of two halves, which each test gives back as it was."""
    async with a_shared_world(storage) as world:
        yield world


def test_the_agreement_names_every_route_with_its_roles():
    assert {route: line.roles for route, line in AGREED.items()} == {
        route: roles_of(handler) for route, handler in ROUTES.items()
    }


def the_six(world: World) -> list[tuple[str, Person | None]]:
    """Who asks, in the order of the agreement's columns."""
    here, there = world.here, world.there
    return [
        ("nobody", None),
        ("student", there.student),
        ("student", here.student),
        ("teacher", there.teacher),
        ("teacher", here.teacher),
        ("admin", world.admin),
    ]


OPEN_KINDS = {
    *("courses", "batches", "groups", "blogs", "testimonials", "certificates", "number"),
    *("users", "students", "overrides"),  # testimonials name their authors
}
"""What anybody may read, or name to have it verified."""


def private(half: Half) -> set[str]:
    """What of a half only those who belong to it, and admins, may be told."""
    names = {name for kind, name in half.objects.items() if kind not in OPEN_KINDS}
    return names | {half.address, half.key, str(half.graded_attempt), *secrets_of(half.student)}


def faults(line: Agreed, role: str, person: Person | None, seen: Seen, world: World) -> list[str]:
    """What is wrong with an answer beyond its status."""
    found = []
    if seen.status >= 400 and not (seen.is_refusal or (not seen.text and not seen.changed)):
        found.append("is no refusal")
    if seen.status >= 400 and " ?" in seen.text:
        found.append("has a gap in its words")
    if person and line.roles != ["public"] and role not in line.roles and seen.text and INSUFFICIENT not in seen.text:
        found.append("does not name the role")
    if role != "admin" and seen.status < 400:
        halves = (half for half in (world.here, world.there) if person not in (half.student, half.teacher))
        found += [f"tells {name}" for half in halves for name in private(half) if name in seen.text]
    return found


@pytest.mark.parametrize("route", AGREED)
async def test_each_of_six_gets_what_the_agreement_says(client: httpx.AsyncClient, world: World, route: str):
    """The same request, which is right, from each of them; none meets what another one did."""
    method, line, probe = route.split(" ", maxsplit=1)[0], AGREED[route], Probe()
    got, wrong = [], []
    for (role, person), status in zip(the_six(world), line.statuses, strict=True):
        http = person.http if person else client
        async with taken_back():
            act = await fitting(route, world, person)
            seen = await probe(http, method, act.path, **act.given)
        http.cookies.clear()
        got.append(seen.status)
        wrong += [f"{role} {seen}"] if seen.status != status else []
        wrong += [f"{role} {fault}: {seen}" for fault in faults(line, role, person, seen, world)]
    assert not wrong, "\n".join(wrong)
    assert got == line.statuses


def a_sheet() -> bytes:
    """An empty spreadsheet."""
    out = io.BytesIO()
    xlsxwriter.Workbook(out).close()
    return out.getvalue()


def closed() -> list[tuple[str, str, Any]]:
    """The routes that are not public: method, path, handler."""
    found = [(*route.split(" "), handler) for route, handler in ROUTES.items()]
    return [(method, path, handler) for method, path, handler in found if roles_of(handler) != ["public"]]


def sent(handler: Any, half: Half) -> dict[str, Any]:
    """The body of a request that fits."""
    if handler.fn.__name__ == "take":
        return {"files": {"file": ("grades.xlsx", a_sheet())}}
    if handler.fn.__name__ == "take_statement":
        return {"files": {"file": ("mutations.csv", b"Tanggal;Jumlah\n22/11/2026;1.000.123,00 CR\n")}}
    type_ = body_type(handler)
    return {"json": body(type_, half)} if type_ else {}


def strangers(world: World, path: str, roles: list[str]) -> list[tuple[str, Person]]:
    """Who has the role for a path, but not the right to what it names here."""
    found = [("teacher", world.there.teacher), ("student", world.there.student)]
    if set(kinds(path)) & set(PERSONAL) or path.startswith("/uploads"):
        found.append(("student", world.here.classmate))
    return [(role, person) for role, person in found if role in roles]


async def test_what_is_a_classmates_stays_theirs(world: World):
    """What belongs to one person is closed to others of the same batch, too."""
    here, probe, wrong = world.here, Probe(), []
    for route, line in AGREED.items():
        method, path = route.split(" ")
        if not (set(kinds(path)) & set(PERSONAL)) or not {"student", "public"} & set(line.roles):
            continue
        if path.endswith("/verify"):
            continue
        async with taken_back():
            act = await fitting(route, world, here.student)
            seen = await probe(here.classmate.http, method, act.path, **act.given)
        if seen.status not in (403, 404) or not (seen.is_refusal or (method == "HEAD" and not seen.changed)):
            wrong.append(f"{route}: {seen}")
    assert not wrong, "\n".join(wrong)
    assert probe.sent > 25


OF_A_MEETING = {
    "DELETE /api/v1/excuses/{}",
    "GET /api/v1/attendances/{}/history",
    "GET /api/v1/meetings/{}/attendances",
    "GET /api/v1/meetings/{}/check-in/code",
    "GET /api/v1/meetings/{}/check-in/code.png",
    "GET /api/v1/meetings/{}/check-in/code.svg",
    "GET /api/v1/meetings/{}/check-ins",
    "POST /api/v1/batches/{}/excuses",
    "GET /api/v1/meetings/{}/assignments",
    "POST /api/v1/meetings/{}/assignments",
    "PATCH /api/v1/assignments/{}",
    "DELETE /api/v1/assignments/{}",
    "GET /api/v1/meetings/{}/materials",
    "POST /api/v1/meetings/{}/materials",
    "PATCH /api/v1/materials/{}",
    "DELETE /api/v1/materials/{}",
}
"""What is for the teachers of the very meeting; teaching another one of the batch is enough for quizzes only."""


async def test_a_colleague_of_another_meeting_keeps_off(world: World, a_person: MakePerson):
    here, probe, wrong = world.here, Probe(), []
    colleague = await a_person(Role.TEACHER)
    await teach(await a_meeting(here.batch), colleague.id)
    for route in OF_A_MEETING:
        method = route.split(" ")[0]
        seen = await probe(colleague.http, method, address(route, here), **sent(ROUTES[route], here))
        if seen.status != 403 or not seen.is_refusal:
            wrong.append(f"{route}: {seen}")
    assert not wrong, "\n".join(wrong)
    assert (await colleague.http.get(address("GET /api/v1/batches/{}/students", here))).status_code == 200


async def test_who_leaves_a_batch_loses_what_was_in_it(world: World):
    here, probe, wrong = world.here, Probe(), []
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", here.student.id)
    for method, path, handler in closed():
        own = {"purchases", "jobs", "sessions", "files", "certificates", "uploads"} & set(kinds(path))
        if "student" not in roles_of(handler) or not kinds(path) or own or f"{method} {path}" in OWN_MATTER | KEPT:
            continue
        seen = await probe(here.student.http, method, address(f"{method} {path}", here), **sent(handler, here))
        if seen.status not in (403, 404) or not seen.is_refusal:
            wrong.append(f"{method} {path}: {seen}")
    assert not wrong, "\n".join(wrong)
