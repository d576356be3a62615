"""Ids and addresses inside bodies: what is somebody else's cannot be drawn in from one's own place."""

from typing import Any

import pytest

from backend.core import db
from tests.dialects.lms.probing import Probe, address, body, body_type, roles_of, with_body
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson, Person

FREE = {"POST /api/v1/me/purchases", "POST /api/v1/courses/{}/batches", "PUT /api/v1/batches/{}"}
"""Anybody may buy any batch, and a batch may require any course."""


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


async def test_ids_of_elsewhere_are_refused(world: World):
    here, there, probe, wrong = world.here, world.there, Probe(), []
    people = {"admin": world.admin, "student": here.student, "teacher": here.teacher}
    tried = []
    for route, handler in with_body():
        type_ = body_type(handler)
        foreign = body(type_, there)
        if foreign == body(type_, here) or route in FREE or "teacher_ids" in foreign:
            continue
        for role in roles_of(handler):
            if role == "public" or (route == "DELETE /api/v1/upload" and role == "admin"):
                continue
            tried.append(route)
            seen = await probe(people[role].http, route.split(" ")[0], address(route, here), json=foreign)
            if not seen.is_refusal:
                wrong.append(f"{role} {route}: {seen}")
    assert not wrong, "\n".join(wrong)
    assert len(set(tried)) >= 4


async def test_questions_of_another_quiz_are_not_reached_through_ones_own(world: World):
    here, probe = world.here, Probe()
    await db.statement("UPDATE assessment SET taken_at = NULL")
    path = f"/api/v1/quizzes/{here.objects['quizzes']}/questions/{world.there.objects['questions']}"
    for method, given in (("PATCH", {"json": {"question": "Mine"}}), ("DELETE", {})):
        seen = await probe(here.teacher.http, method, path, **given)
        assert (seen.status, seen.is_refusal) == (404, True), str(seen)


async def readable(person: Person, world: World) -> int:
    """The status of asking for the file of this half."""
    return (await person.http.get(f"/api/v1/files/{world.here.objects['files']}")).status_code


async def test_naming_a_file_does_not_open_it(world: World):
    """Wherever an address or an id may be given, giving somebody else's must not make it one's own."""
    here, there = world.here, world.there
    file, given = here.objects["files"], here.address
    assert await readable(here.student, world) == 200
    assert await readable(here.teacher, world) == 200
    await db.statement("UPDATE grade SET grade = NULL")
    await db.statement("UPDATE purchase SET state = 'pending'")
    meeting = there.objects["meetings"]
    attacks: list[tuple[Person, str, str, dict[str, Any]]] = [
        (there.teacher, "POST", f"/meetings/{meeting}/materials", {"title": "Mine", "file_id": file}),
        (there.teacher, "POST", f"/meetings/{meeting}/materials", {"title": "Mine", "url": given}),
        (there.teacher, "PATCH", f"/materials/{there.objects['materials']}", {"file_id": file}),
        (there.teacher, "PATCH", f"/materials/{there.objects['materials']}", {"url": given}),
        (there.teacher, "PATCH", f"/assignments/{there.objects['assignments']}", {"assignment_files": [given]}),
        (
            there.student,
            "PATCH",
            f"/submissions/{there.objects['submissions']}",
            {"submission_files": [{"file_url": given}], "essay_text": "An essay of some length."},
        ),
        (
            here.classmate,
            "POST",
            f"/assignments/{here.objects['assignments']}/submissions",
            {"submission_files": [{"file_url": given}], "essay_text": "An essay of some length."},
        ),
        (
            there.student,
            "PATCH",
            f"/me/purchases/{there.objects['purchases']}/pay",
            {"payment_proof_url": given, "buyer_bank_account_name": "Me", "buyer_bank_account_number": "123456"},
        ),
        *((person, "PATCH", "/me", {"avatar": given}) for person in (there.student, there.teacher, here.classmate)),
        *((person, "PATCH", "/me", {"nim_proof": given}) for person in (there.student, there.teacher, here.classmate)),
    ]
    for person, method, path, sent in attacks:
        answer = await person.http.request(method, f"/api/v1{path}", json=sent)
        assert answer.status_code < 500, answer.text
        assert await readable(person, world) == 404, (method, path, sent, answer.text)
        assert (await person.http.get(given)).status_code == 404
        assert (await person.http.post(f"/api/v1/files/{file}/ticket")).status_code == 404
        assert (await person.http.request("DELETE", "/api/v1/upload", json={"file_path": given})).status_code in (
            403,
            404,
        )
    for stranger in (there.student, there.teacher, here.classmate):
        assert await readable(stranger, world) == 404


async def test_a_picture_of_oneself_opens_nobody_elses_file_to_the_world(client: Any, world: World):
    there = world.there
    await there.student.http.patch("/api/v1/me", json={"avatar": world.here.address})
    assert (await client.get(world.here.address)).status_code == 404
