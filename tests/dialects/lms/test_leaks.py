"""What must not be read: answer keys by students, and people's particulars by strangers and by one another."""

from typing import Any

import httpx
import pytest

from backend.core import db
from tests.dialects.lms.probing import ROUTES, address, roles_of, taken_back
from tests.dialects.lms.world import Half, World, a_world, secrets_of
from tests.people import MakePerson, Person


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


async def readings(http: httpx.AsyncClient, half: Half, role: str) -> dict[str, str]:
    """Everything that somebody gets by reading all there is, with the ids of one half."""
    found = {}
    for route, handler in ROUTES.items():
        if not route.startswith("GET") or not {role, "public"} & set(roles_of(handler)):
            continue
        path = address(route, half)
        for query in ("", "?limit=200&q=a&sort=email", f"?email={half.student.email}"):
            async with taken_back():
                answer = await http.get(path + query, headers={"accept-language": "en"})
                found[f"{route}{query}"] = f"{answer.headers} {answer.text}"
    return found


def holding(found: dict[str, str], secrets: tuple[str, ...]) -> list[str]:
    """Where one of the secrets stands."""
    return [f"{route}: {secret}" for route, text in found.items() for secret in secrets if secret in text]


async def test_no_student_reads_what_is_right(world: World):
    here = world.here
    taken = await db.value("SELECT count(*) FROM attempt WHERE account_id = $1", here.student.id)
    assert taken == 2
    for person in (here.student, here.classmate, world.there.student):
        found = await readings(person.http, here, "student")
        assert holding(found, (here.key, world.there.key, "is_correct", "key_version", "explanation")) == []


async def test_no_student_reads_what_is_right_while_taking_it(world: World):
    """Answering, handing in, and asking again tell nothing, either; a right answer and a wrong one look alike."""
    here = world.here
    path = f"/api/v1/quizzes/attempts/{here.objects['attempts']}"
    told = []
    for option in here.quiz.questions[0].options:
        body = {"question_id": here.objects["questions"], "selected_option_id": str(option.uuid)}
        async with taken_back():
            saved = await here.student.http.post(f"{path}/temp-submissions", json=body)
            shown = await here.student.http.get(path)
            told.append((saved.status_code, saved.text, shown.text.replace(str(option.uuid), "")))
    assert {status for status, _, _ in told} == {200}
    assert len({text for _, text, _ in told}) == 1
    assert len({len(text) for _, _, text in told}) == 1
    answer = await here.student.http.post(f"{path}/submissions")
    assert answer.status_code == 201
    after = await readings(here.student.http, here, "student") | {"submit": answer.text}
    assert holding(after, (here.key, "is_correct", "explanation")) == []


async def test_staff_do_read_it(world: World):
    """Otherwise the canaries above might be dead."""
    found = await readings(world.here.teacher.http, world.here, "teacher")
    assert holding(found, (world.here.key,))
    assert not holding(found, (world.there.key,))


async def test_students_do_not_read_one_another(world: World):
    here = world.here
    for reader, others in (
        (here.student, (here.classmate, world.there.student, world.there.classmate)),
        (here.classmate, (here.student, world.there.student)),
        (world.there.student, (here.student, here.classmate)),
    ):
        for half in (here, world.there):
            found = await readings(reader.http, half, "student")
            asked = {route: text for route, text in found.items() if "email=" not in route}
            assert holding(asked, tuple(secret for other in others for secret in secrets_of(other))) == []


async def test_students_read_of_a_teacher_only_how_to_reach_them(world: World):
    found = await readings(world.here.student.http, world.here, "student")
    _, _, nik, nim = secrets_of(world.here.teacher)
    assert holding(found, (nik, nim)) == []


async def test_teachers_read_only_their_own_students(world: World):
    found = await readings(world.here.teacher.http, world.there, "teacher")
    found |= await readings(world.here.teacher.http, world.here, "teacher")
    others = (world.there.student, world.there.classmate)
    asked = {route: text for route, text in found.items() if "email=" not in route}
    assert holding(asked, tuple(secret for other in others for secret in secrets_of(other))) == []


async def test_strangers_read_nobody(client: httpx.AsyncClient, world: World):
    everybody = (world.here.student, world.here.classmate, world.here.teacher, world.admin)
    found = await readings(client, world.here, "public")
    assert len(found) > 30
    asked = {route: text for route, text in found.items() if "email=" not in route}
    assert holding(asked, tuple(secret for person in everybody for secret in secrets_of(person))) == []
    nameless = {route: text for route, text in asked.items() if "testimonials" not in route}  # they show `user_id`
    assert holding(nameless, tuple(str(person.uuid) for person in everybody)) == []
    assert holding(found, (world.here.classmate.name,)) == []
    elsewhere = {
        route: text for route, text in found.items() if "/batches" not in route and "/testimonials" not in route
    }
    assert holding(elsewhere, (world.here.teacher.name,)) == []


def _of(person: Person) -> tuple[Any, ...]:
    return (*secrets_of(person), str(person.uuid))


async def test_a_stranger_learns_of_a_certificate_no_more_than_the_name(client: httpx.AsyncClient, world: World):
    student, objects = world.here.student, world.here.objects
    for path in (
        f"/api/v1/certificates/{objects['certificates']}/verify",
        f"/api/v1/certificates/number/{objects['number']}",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert "Somebody" in answer.text  # the name on the paper
        assert holding({path: answer.text}, _of(student)) == []
    page = await client.get(f"/certificates/{objects['certificates']}")
    assert holding({"page": page.text}, _of(student)) == []
