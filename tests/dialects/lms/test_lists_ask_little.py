"""Every list asks the same number of questions, however long it is."""

from backend.core import clock, db
from backend.core.actor import SYSTEM, Role
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.drafts import KeyChange, QuestionDraft
from backend.domain.assessments.keys import EssayKey
from tests.dialects.lms.world import PAPER, a_regrade
from tests.people import an_account
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
        "/dashboard/admin/recent-activities",
    ),
    "teacher": (
        "/me/batches", "/batches/{slug}/meetings", "/batches/{slug}/students", "/meetings/{meeting}/assignments",
        "/meetings/{meeting}/materials", "/meetings/{meeting}/quizzes", "/assignments/{task}/submissions",
        "/attendances/{mark}/history", "/assignments/{task}/grades/history",
        "/batches/{slug}/excuses", "/meetings/{meeting}/check-ins",
        "/quizzes/{quiz}/attempts", "/quizzes/{quiz}/regrades",
        "/quizzes/{quiz}/regrades/{regrade}/changes", "/quizzes/{quiz}/questions", "/assignments/{task}",
        "/quizzes/{quiz}/overrides", "/quizzes/{quiz}/sections", "/quizzes/{quiz}/marking",
        "/quizzes/{quiz}/questions/{question}/keys", "/quizzes/attempts/{attempt}/timeline",
    ),
    "student": (
        "/me/batches", "/me/purchases", "/me/assignments/upcoming", "/me/quizzes/upcoming", "/batches/{slug}/meetings",
        "/me/batches/{batch}/scores", "/me/batches/{batch}/progress", "/users/me/sessions",
    ),
}  # fmt: skip


async def grow(people, names, group):
    """One more of everything that is listed."""
    batch, first, task, quiz = (names[name] for name in ("row", "first", "first_task", "first_quiz"))
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
    await _insert("submission", assignment_id=task.id, account_id=account_id, enrolment_id=place, is_late=False)
    await _insert("grade", assignment_id=task.id, account_id=account_id, grade=8, feedback="", graded_by=teacher_id)
    attempt = {"assessment_id": quiz.view.id, "account_id": account_id, "enrolment_id": place, "attempt_no": 1}
    await engine_rows(names, attempt)
    await _insert("testimonial", account_id=account_id, batch_id=batch.id, rating=4, title="Good")
    number = await db.value("SELECT count(*) FROM purchase")
    await _insert(
        "api_client", code=f"CLIENT-{number}", name="A partner", company="partner", scopes=["x"], addresses=[],
        secret_hash=int(number).to_bytes(32, "big"),
    )  # fmt: skip
    await _insert(
        "blog", slug=f"blog-{number}", title="News", description="", content="", image="", author_id=teacher_id
    )
    await _insert(
        "certificate", batch_id=batch.id, account_id=account_id, number=f"N-{number}", sequence=number,
        state="generating", holder_name="Somebody", paper=PAPER,
    )  # fmt: skip
    await _insert("wait_place", batch_id=batch.id, account_id=account_id, state="waiting")
    for buyer, of in ((account_id, batch), (people["student"].id, row)):
        number += 1
        await _insert(
            "purchase", account_id=buyer, batch_id=of.id, price_group_id=group, group_type="public", state="paid",
            price=1000, unique_code=number, transfer_amount=1000 + number, expires_at=clock.now(),
        )  # fmt: skip


async def engine_rows(names, attempt):
    """Another answer that waits for a person, an override, a key, and something that happened in the first attempt."""
    over, _ = await _insert("attempt", **attempt, state="graded", started_at=clock.now(), deadline_at=clock.now())
    names["regrade"] = await a_regrade(attempt["assessment_id"], over)
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
    """How many statements each list takes, and how many entries it has."""
    found = {}
    for who, paths in LISTS.items():
        for path in paths:
            statements.clear()
            answer = await people[who].http.get(f"/api/v1{path.format(**names)}", params={"limit": 100})
            assert answer.status_code == 200, (path, answer.text)
            found[who, path] = len(statements)
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
        "essay": essay, "question": essay.uuid,
    }  # fmt: skip
    return people, names, group


async def test_lists_ask_the_same_number_of_questions(a_person, statements):
    people, names, group = await a_school(a_person)
    for _ in range(5):
        await grow(people, names, group)
    few = await asked(people, names, statements)
    for _ in range(20):
        await grow(people, names, group)
    many = await asked(people, names, statements)
    assert {path: (few[path], many[path]) for path in few if few[path] != many[path]} == {}
    assert max(many.values()) <= 14, max(many, key=lambda path: many[path])
