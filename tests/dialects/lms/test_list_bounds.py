"""Lists without pages end somewhere, too: each is filled beyond its bound, and asked for whole."""

from typing import Any

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.core.paging import MAX_LIMIT, MAX_WHOLE
from backend.dialects.lms.paging import read_limit
from tests.dialects.lms.probing import ROUTES, answers_a_list, has_listing
from tests.dialects.lms.world import PAPER
from tests.people import MakePerson, Person
from tests.quizzes import a_quiz
from tests.school import BatchRow, a_batch, a_meeting, enrol, teach
from tests.tasks import a_task, many_students

PANELS = ("batch-progress", "pending-payments", "recent-activities")
BOUNDS = {
    "/batches/{}/certificates": MAX_WHOLE,
    "/courses/{}/certificate-template/versions": 200,
    "/dashboard/admin/revenue-chart": 90,
    "/dashboard/admin/teacher-workload": 10,
    "/dashboard/student/score-progress": MAX_WHOLE,
    "/quizzes/{}/sections": 50,
    "/users/me/sessions": 100,
    **{f"/dashboard/admin/{panel}": MAX_LIMIT for panel in PANELS},
}
"""The most entries that a list without pages ever has."""


def test_every_list_has_pages_or_a_bound():
    lists = {route for route, handler in ROUTES.items() if route[:4] == "GET " and answers_a_list(handler)}
    whole = {route.removeprefix("GET /api/v1") for route in lists if not has_listing(ROUTES[route])}
    assert whole == BOUNDS.keys()


async def read(person: Person, path: str, **query: object) -> Any:
    answer = await person.http.get(f"/api/v1{path}", params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.fixture
async def crowd(database: None) -> BatchRow:
    """A batch with one student more than a whole list has."""
    batch = await a_batch()
    await many_students(batch, MAX_WHOLE + 1)
    return batch


async def test_certificates_come_by_the_thousand(admin: Person, crowd: BatchRow):
    await db.statement(
        "INSERT INTO certificate (batch_id, account_id, number, sequence, state, holder_name, paper)"
        " SELECT e.batch_id, e.account_id, 'N-' || e.id, e.id, 'generating', 'Somebody', $2::text::jsonb"
        " FROM enrolment e WHERE e.batch_id = $1",
        crowd.id,
        PAPER,
    )
    path = f"/batches/{crowd.uuid}/certificates"
    first, second = await read(admin, path), await read(admin, path, page=2)
    assert (len(first), len(second)) == (MAX_WHOLE, 1)
    assert len({one["id"] for one in first + second}) == MAX_WHOLE + 1
    for wrong in ("0", "x", "-1"):
        assert (await admin.http.get(f"/api/v1{path}?page={wrong}")).status_code == 400


async def test_an_assignment_shows_the_first_thousand_submissions(admin: Person, crowd: BatchRow):
    task = await a_task(crowd, await a_meeting(crowd))
    await db.statement(
        "INSERT INTO submission (assignment_id, account_id, enrolment_id, is_late) SELECT $1, account_id, id, false"
        " FROM enrolment WHERE batch_id = $2",
        task.id,
        crowd.id,
    )
    assert len((await read(admin, f"/assignments/{task.uuid}"))["assignment_submissions"]) == MAX_WHOLE
    answer = await admin.http.get(f"/api/v1/assignments/{task.uuid}/submissions?limit=10000")
    assert (len(answer.json()["data"]), answer.json()["meta"]["total"]) == (MAX_LIMIT, MAX_WHOLE + 1)


async def test_panels_of_people_end(student: Person, teacher: Person):
    batch = await a_batch()
    await enrol(batch, student.id)
    await db.statement(
        "INSERT INTO meeting (batch_id, title, description, kind, start_at, end_at, is_open)"
        " SELECT $1, 'Meeting', '', 'basic', now() + interval '1 day', now() + interval '2 days', true"
        " FROM generate_series(1, $2::int)",
        batch.id,
        MAX_WHOLE + 1,
    )
    await db.statement("INSERT INTO meeting_teacher (meeting_id, account_id) SELECT id, $1 FROM meeting", teacher.id)
    shown = await read(student, "/dashboard/student/score-progress", batch_slug=batch.slug)
    assert len(shown["data"]) == MAX_WHOLE
    assert len((await read(teacher, "/dashboard/teacher"))["upcoming_schedules"]) == 10


async def test_panels_of_admins_end(admin: Person, a_person: MakePerson):
    meeting = await a_meeting(await a_batch())
    for _ in range(11):
        await teach(meeting, (await a_person(Role.TEACHER)).id)
    await db.statement(
        "INSERT INTO certificate_check (reference, outcome) SELECT 'N', 'not_found' FROM generate_series(1, 11)"
    )
    workload = await read(admin, "/dashboard/admin/teacher-workload")
    assert (len(workload["data"]), workload["total"]) == (10, 11)
    assert len((await read(admin, "/dashboard/admin/revenue-chart", period="90d"))["data"]) == 90
    assert len((await read(admin, "/dashboard/admin/certificate-stats"))["latestChecks"]) == 10
    assert read_limit("10000") == MAX_LIMIT
    for panel in PANELS:
        path = f"/dashboard/admin/{panel}"
        assert len((await read(admin, path, limit=1))["data"]) <= 1
        assert (await admin.http.get(f"/api/v1{path}?limit=10001")).status_code == 400, panel


async def test_the_rest_ends(admin: Person, teacher: Person):
    quiz = await a_quiz(points=())
    await teach(quiz.meeting, teacher.id)
    sections = [{"title": f"Part {number}"} for number in range(51)]
    assert (await teacher.http.put(f"/api/v1{quiz.path[7:]}/sections", json={"sections": sections})).status_code == 400
    await db.statement(
        "INSERT INTO certificate_template (course_id, version, design) SELECT $1, n, '{}'"
        " FROM generate_series(1, 201) n",
        quiz.batch.course_id,
    )
    course = await db.value("SELECT uuid FROM course WHERE id = $1", quiz.batch.course_id)
    assert len(await read(admin, f"/courses/{course}/certificate-template/versions")) == 200
    await db.statement(
        "INSERT INTO session (account_id, refresh_hash, user_agent, address, rotated_at, expires_at)"
        " SELECT $1, uuid_send(uuidv7()), '', '', now(), now() + interval '1 day' FROM generate_series(1, 101)",
        admin.id,
    )
    assert len(await read(admin, "/users/me/sessions")) == 100
    client, uuid = await db.row(
        "INSERT INTO api_client (code, name, company, scopes, addresses, secret_hash)"
        " VALUES ('C', 'A partner', 'partner', '{x}', '{}', $1) RETURNING id, uuid",
        bytes(32),
    )
    await db.statement(
        "INSERT INTO api_use (client_id, minute, address, route, outcome) SELECT $1, now(), '', 'route ' || n, 'taken'"
        " FROM generate_series(1, 101) n",
        client,
    )
    assert len((await read(admin, f"/admin/api-clients/{uuid}"))["uses"]) == 100
