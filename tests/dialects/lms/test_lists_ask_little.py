"""Every list asks the same number of questions, however long it is."""

from backend.core import clock, db
from backend.core.actor import SYSTEM, Role
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.drafts import KeyChange, QuestionDraft
from backend.domain.assessments.keys import EssayKey
from tests.dialects.lms.probing import ROUTES, answers_a_list
from tests.dialects.lms.world import PAPER, a_regrade, add_entry
from tests.people import a_session, an_account
from tests.quizzes import a_quiz
from tests.school import _insert, a_batch, a_course, a_meeting, enrol, teach
from tests.tasks import a_task

LISTS = {
    "admin": (
        "/courses", "/courses/{course}/batches", "/batches", "/batches/{slug}/attendances",
        "/batches/{batch}/certificates",
        "/batches/{slug}/meetings", "/batches/{slug}/purchases", "/batches/{slug}/waitlist",
        "/batches/{slug}/students", "/meetings", "/materials",
        "/assignments", "/attendances", "/purchases", "/users", "/groups", "/meetings/{meeting}/teachers",
        "/admin/api-clients", "/blogs", "/testimonials", "/batches/{slug}/testimonials",
        "/dashboard/admin/pending-payments", "/dashboard/admin/batch-progress", "/dashboard/admin/teacher-workload",
        "/dashboard/admin/recent-activities", "/dashboard/admin/revenue-chart", "/dashboard/admin/certificate-stats",
        "/courses/{course_id}/certificate-template/versions", "/admin/api-clients/{program}",
    ),
    "teacher": (
        "/me/batches", "/batches/{slug}/meetings", "/batches/{slug}/students", "/meetings/{meeting}/assignments",
        "/meetings/{meeting}/materials", "/meetings/{meeting}/quizzes", "/assignments/{task}/submissions",
        "/attendances/{mark}/history", "/assignments/{task}/grades/history", "/submissions/{work}/grade/history",
        "/batches/{slug}/excuses", "/meetings/{meeting}/check-ins",
        "/meetings/{meeting}/attendances",
        "/quizzes/{quiz}/attempts", "/quizzes/{quiz}/regrades",
        "/quizzes/{quiz}/regrades/{regrade}/changes", "/quizzes/{quiz}/questions", "/assignments/{task}",
        "/quizzes/{quiz}/overrides", "/quizzes/{quiz}/sections", "/quizzes/{quiz}/marking",
        "/quizzes/{quiz}/questions/{question}/keys", "/quizzes/attempts/{attempt}/timeline",
        "/batches/{slug}/students/{student}/scores", "/dashboard/teacher",
    ),
    "student": (
        "/me/batches", "/me/purchases", "/me/assignments/upcoming", "/me/quizzes/upcoming", "/batches/{slug}/meetings",
        "/me/batches/{batch}/scores", "/me/batches/{batch}/progress", "/users/me/sessions",
        "/dashboard/student", "/dashboard/student/score-progress?batch_slug={slug}",
    ),
}  # fmt: skip

OF_ONE_LENGTH = {
    "/groups",  # three, which the database knows
    "/dashboard/admin/revenue-chart",  # a day each
}
"""Lists that do not grow with the school; every other one must have grown, or nothing would have been counted."""


async def grow(people, names, group):
    """One more of everything that is listed."""
    batch, first, quiz = (names[name] for name in ("row", "first", "first_quiz"))
    for row in (batch, await a_batch(course=names["course_row"])):
        meeting = await a_meeting(row)
        await teach(meeting, people["teacher"].id)
        await _insert("material", meeting_id=meeting.id, title="Slides", kind="link", url="https://example.test/a")
        await a_task(row, meeting)
        await a_quiz(batch=row, meeting=meeting)
    await enrol(row, people["student"].id)
    await _insert("material", meeting_id=first.id, title="Slides", kind="link", url="https://example.test/a")
    await a_task(batch, first)
    await a_quiz(batch=batch, meeting=first)
    await _insert("course_image", course_id=(await a_course()).id, image_url="https://example.test/a.png", position=0)
    account_id, *_ = await an_account(Role.STUDENT)
    teacher_id, *_ = await an_account(Role.TEACHER)
    await teach(first, teacher_id)
    place = await enrol(batch, account_id)
    await came(names, account_id, place)
    await work_rows(names, account_id, place, teacher_id)
    attempt = {"assessment_id": quiz.view.id, "account_id": account_id, "enrolment_id": place, "attempt_no": 1}
    await engine_rows(names, attempt)
    await _insert("testimonial", account_id=account_id, batch_id=batch.id, rating=4, title="Good")
    number = await db.value("SELECT count(*) FROM purchase")
    _, program = await _insert(
        "api_client", code=f"CLIENT-{number}", name="A partner", company="partner", scopes=["x"], addresses=[],
        secret_hash=int(number).to_bytes(32, "big"),
    )  # fmt: skip
    names.setdefault("program", program)
    await panel_rows(names, number)
    await _insert(
        "blog", slug=f"blog-{number}", title="News", description="", content="", image="", author_id=teacher_id
    )
    await _insert(
        "certificate", batch_id=batch.id, account_id=account_id, number=f"N-{number}", sequence=number,
        state="generating", holder_name="Somebody", paper=PAPER,
    )  # fmt: skip
    await _insert("wait_place", batch_id=batch.id, account_id=account_id, state="waiting")
    await purchase_rows(number, group, (account_id, batch), (people["student"].id, row))


async def purchase_rows(number, group, *paid):
    """A purchase for each buyer and batch, and one of the first batch whose proof waits to be looked at."""
    with_proof, *_ = await an_account(Role.STUDENT)
    wanted = [(*one, "paid") for one in paid] + [(with_proof, paid[0][1], "waiting_confirmation")]
    for at, (buyer, of, state) in enumerate(wanted, number + 1):
        await _insert(
            "purchase", account_id=buyer, batch_id=of.id, price_group_id=group, group_type="public", state=state,
            price=1000, unique_code=at, transfer_amount=1000 + at, expires_at=clock.now(),
        )  # fmt: skip


async def work_rows(names, account_id, place, teacher_id):
    """Work that was handed in and graded; and the first work's grade has changed again."""
    task = names["first_task"]
    _, work = await _insert(
        "submission", assignment_id=task.id, account_id=account_id, enrolment_id=place, is_late=False
    )
    await _insert("grade", assignment_id=task.id, account_id=account_id, grade=8, feedback="", graded_by=teacher_id)
    names.setdefault("work", work)
    await db.statement(  # of the first one's grade, each time
        "INSERT INTO grade_change (grade_id, after, source, actor_id) SELECT g.id, g.grade, 'hand', $2 FROM grade g"
        " JOIN submission s ON s.assignment_id = g.assignment_id AND s.account_id = g.account_id WHERE s.uuid = $1",
        names["work"],
        teacher_id,
    )


async def panel_rows(names, number):
    """A use of the first program, a version of the course's template, a check and a session."""
    await db.statement(
        "INSERT INTO api_use (client_id, minute, address, route, outcome) SELECT id, now(), '', $2, 'taken'"
        " FROM api_client WHERE uuid = $1",
        names["program"],
        f"route {number}",
    )
    await db.statement(
        "INSERT INTO certificate_template (course_id, version, design) SELECT id, $2, '{}' FROM course WHERE uuid = $1",
        names["course_id"],
        number + 1,
    )
    await db.statement("INSERT INTO certificate_check (reference, outcome) VALUES ('N', 'not_found')")
    await a_session(await db.value("SELECT id FROM account WHERE uuid = $1", names["student"]))


async def engine_rows(names, attempt):
    """Another answer that waits for a person, an override, a key, and something that happened in the first attempt."""
    over, _ = await _insert("attempt", **attempt, state="graded", started_at=clock.now(), deadline_at=clock.now())
    regrade = await a_regrade(attempt["assessment_id"], over)
    if names.setdefault("regrade", regrade) != regrade:  # the first one changed this attempt, too
        await add_entry(names["regrade"], over)
    essay = names["essay"]
    made, uuid = await _insert(
        "attempt", **{**attempt, "attempt_no": 2}, state="marking", started_at=clock.now(), deadline_at=clock.now(),
        submitted_at=clock.now(),
    )  # fmt: skip
    names.setdefault("attempt", uuid)
    value = '{"kind": "essay", "text": "Because"}'
    await db.statement(
        "INSERT INTO answer (attempt_id, question_id, value) VALUES ($1, $2, $3::text::jsonb)", made, essay.id, value
    )
    await db.statement(
        "INSERT INTO answer_log (attempt_id, question_id, value) SELECT id, $2, $3::text::jsonb FROM attempt"
        " WHERE uuid = $1",
        *(names["attempt"], essay.id, value),
    )
    await editing.change_key(SYSTEM, names["first_quiz"].view.id, essay.id, KeyChange(explanation=str(made)))
    await db.statement(
        "INSERT INTO section (assessment_id, position, title) SELECT $1, max(position) + 1, 'Part' FROM section"
        " WHERE assessment_id = $1",
        attempt["assessment_id"],
    )
    await _insert("quiz_override", assessment_id=attempt["assessment_id"], account_id=attempt["account_id"])


async def came(names, account_id, place):
    """Somebody checked in to the first meeting, and is excused from it."""
    first = names["first"]
    _, uuid = await _insert(
        "attendance", meeting_id=first.id, account_id=account_id, is_present=True, checked_in_at=clock.now()
    )
    names.setdefault("mark", uuid)
    await db.statement(
        "INSERT INTO attendance_change (attendance_id, after, source) SELECT id, 'present', 'self' FROM attendance"
        " WHERE uuid = $1",
        names["mark"],
    )
    await db.statement("INSERT INTO gate_excuse (enrolment_id, meeting_id) VALUES ($1, $2)", place, first.id)


async def asked(people, names, statements):
    """How many statements each list takes, and how long its answer is."""
    found = {}
    for who, paths in LISTS.items():
        for path in paths:
            statements.clear()
            given = f"{path.format(**names)}{'&' if '?' in path else '?'}limit=100"
            answer = await people[who].http.get(f"/api/v1{given}")
            assert answer.status_code == 200, (path, answer.text)
            found[who, path] = (len(statements), len(answer.content))
    return found


async def a_school(a_person):
    """People of each role, what the addresses of lists name, and a price group."""
    people = {str(role): await a_person(role) for role in Role}
    group, _ = await _insert("price_group", group_type="public", name="Umum", price=1000)
    course = await a_course()
    batch = await a_batch(course=course, quota=500)
    first = await a_meeting(batch)
    await teach(first, people["teacher"].id)
    await enrol(batch, people["student"].id)
    task, quiz = await a_task(batch, first), await a_quiz(batch=batch, meeting=first)
    essay = await editing.add_question(SYSTEM, quiz.view.id, QuestionDraft(text="Why?", key=EssayKey()))
    slug = await db.value("SELECT slug FROM course WHERE id = $1", course.id)
    names = {
        "row": batch, "first": first, "first_task": task, "first_quiz": quiz, "course_row": course, "course": slug,
        "slug": batch.slug, "batch": batch.uuid, "meeting": first.uuid, "task": task.uuid, "quiz": quiz.view.uuid,
        "essay": essay, "question": essay.uuid, "course_id": course.uuid, "student": people["student"].uuid,
    }  # fmt: skip
    return people, names, group


def plain(path):
    """A path as routes have it, without a query."""
    return "/".join("{}" if part.startswith("{") else part for part in path.split("?")[0].split("/"))


def test_every_list_is_counted():
    counted = {f"GET /api/v1{plain(path)}" for paths in LISTS.values() for path in paths}
    lists = {route for route, handler in ROUTES.items() if route[:4] == "GET " and answers_a_list(handler)}
    assert lists - counted == set()
    assert counted <= ROUTES.keys()


async def test_lists_ask_the_same_number_of_questions(a_person, statements):
    people, names, group = await a_school(a_person)
    await grow(people, names, group)
    few = await asked(people, names, statements)
    for _ in range(20):
        await grow(people, names, group)
    many = await asked(people, names, statements)
    assert {path: (few[path], many[path]) for path in few if few[path][0] != many[path][0]} == {}
    assert {key[1] for key in few if many[key][1] <= few[key][1]} == OF_ONE_LENGTH
    assert max(many.values())[0] <= 15, max(many, key=lambda path: many[path][0])
