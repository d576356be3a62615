"""Who may call what, for every route there is, and that nobody gets at what is somebody else's.

`access.txt` is the agreement: a route that is not in it fails, and so does one whose roles differ from it.
"""

import io
from pathlib import Path
from typing import Any

import httpx
import pytest
import xlsxwriter

from backend.core import db
from backend.core.actor import Role
from tests.dialects.lms.probing import PERSONAL, ROUTES, Probe, address, body, body_type, kinds, roles_of
from tests.dialects.lms.world import Half, World, a_world
from tests.people import MakePerson, Person
from tests.school import a_meeting, teach

LIST = Path(__file__).with_name("access.txt")
ROLES = ("admin", "student", "teacher")
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

EXEMPT = {
    "DELETE /api/v1/auth/logout",  # 400 without the cookie, although it logs out: the contract's word
    "GET /api/v1/dashboard/student/score-progress",  # wants to know of which batch
    "GET /api/v1/certificates/{}/pdf",  # no bytes in storage here, and the next three
    "GET /api/v1/batches/{}/certificates/archive",
    "HEAD /api/v1/certificates/{}/pdf",
    "GET /api/v1/purchases/{}/receipt",  # nor a receipt
    "HEAD /api/v1/purchases/{}/receipt",
    "GET /api/v1/me/purchases/{}/receipt",
    "HEAD /api/v1/me/purchases/{}/receipt",
    "POST /api/v1/upload/documents",  # their own tests send what fits
    "POST /api/v1/upload/media",
    "PUT /api/v1/assignments/{}/grades/import",
    "PUT /api/v1/batches/{}/grades/import",
    "PUT /api/v1/users/me/password",
}
"""Routes that refuse even those who may call them, for want of something else."""


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


def test_the_agreement_is_kept():
    agreed = dict(line.rsplit(": ", 1) for line in LIST.read_text().splitlines() if line and line[0] != "#")
    assert agreed == {route: ", ".join(roles_of(handler)) for route, handler in ROUTES.items()}


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


async def test_without_a_token_nothing_is_open(client: httpx.AsyncClient, world: World):
    probe, wrong = Probe(), []
    for method, path, handler in closed():
        seen = await probe(client, method, address(f"{method} {path}", world.here), **sent(handler, world.here))
        if method == "HEAD" and seen.status == 401 and not seen.changed:
            continue
        if seen.status != 401 or not seen.is_refusal:
            wrong.append(f"{method} {path}: {seen}")
    assert not wrong, "\n".join(wrong)
    assert probe.sent > 90


async def test_other_roles_are_turned_away(world: World):
    here, probe, wrong = world.here, Probe(), []
    people = {"admin": world.admin, "student": here.student, "teacher": here.teacher}
    for method, path, handler in closed():
        for role in set(ROLES) - set(roles_of(handler)):
            seen = await probe(people[role].http, method, address(f"{method} {path}", here), **sent(handler, here))
            if method == "HEAD" and seen.status == 403 and not seen.changed:
                continue
            if seen.status != 403 or not seen.is_refusal or INSUFFICIENT not in seen.text:
                wrong.append(f"{role} {method} {path}: {seen}")
    assert not wrong, "\n".join(wrong)


def strangers(world: World, path: str, roles: list[str]) -> list[tuple[str, Person]]:
    """Who has the role for a path, but not the right to what it names here."""
    found = [("teacher", world.there.teacher), ("student", world.there.student)]
    if set(kinds(path)) & set(PERSONAL) or path.startswith("/uploads"):
        found.append(("student", world.here.classmate))
    return [(role, person) for role, person in found if role in roles]


async def test_what_is_somebody_elses_stays_theirs(world: World):
    probe, wrong = Probe(), []
    for method, path, handler in closed():
        if not kinds(path) or f"{method} {path}" in OWN_MATTER:
            continue
        for role, person in strangers(world, path, roles_of(handler)):
            seen = await probe(
                person.http, method, address(f"{method} {path}", world.here), **sent(handler, world.here)
            )
            is_head = method == "HEAD" and not seen.changed
            if seen.status not in (403, 404) or not (seen.is_refusal or is_head):
                wrong.append(f"{role} {method} {path}: {seen}")
    assert not wrong, "\n".join(wrong)
    assert probe.sent > 60


OF_A_MEETING = {
    "DELETE /api/v1/excuses/{}",
    "GET /api/v1/attendances/{}/history",
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


async def test_those_who_may_are_let_in(world: World):
    """Without this, the tests above could pass because nothing works."""
    here, probe, wrong = world.here, Probe(), []
    people = {"admin": world.admin, "student": here.student, "teacher": here.teacher}
    for method, path, handler in closed():
        mine = set(kinds(path)) & {"jobs", "sessions"} or path == "/api/v1/upload"
        for role in ["student"] if mine else roles_of(handler):
            if f"{method} {path}" in EXEMPT:
                continue
            seen = await probe(people[role].http, method, address(f"{method} {path}", here), **sent(handler, here))
            if seen.status in (400, 401, 403, 404) or seen.status >= 500:
                wrong.append(f"{role} {method} {path}: {seen}")
    assert not wrong, "\n".join(wrong)
