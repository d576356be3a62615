"""A school of two equal halves, with one of everything in each: who belongs here must not get at what is there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import msgspec

from backend.app import app
from backend.core import clock, db
from backend.core.actor import Role
from backend.core.ids import new_uuid
from backend.domain.certificates.terms import CertificatePaper
from storage import keys
from storage.s3 import Storage
from tests.people import MakePerson, Person, people
from tests.quizzes import QuizRow, a_quiz
from tests.school import BatchRow, MeetingRow, Row, _insert, a_batch, a_course, a_meeting, enrol, teach
from tests.tasks import a_task

BYTES = b"0123456789"
"""What every file of the school holds."""
SHA = sha256(BYTES).hexdigest()
PAPER = msgspec.json.encode(
    CertificatePaper(
        number="X",
        holder_name="Somebody",
        course_title="Brevet",
        batch_title="One",
        start_on=date(2026, 1, 1),
        end_on=date(2026, 2, 1),
        issued_on=date(2026, 2, 2),
        place="Depok",
        school_name="School",
        signatory_name="Head",
        signatory_title="Head",
        verify_url="https://example.test/",
    )
).decode()


class Half(msgspec.Struct):
    """One course with one batch. `classmate` is in the batch as `student` is, and everything is the student's.

    `objects` names one object of each kind by what stands before its id in an address.
    """

    teacher: Person
    student: Person
    classmate: Person
    course: Row
    batch: BatchRow
    meeting: MeetingRow
    quiz: QuizRow
    course_slug: str
    objects: dict[str, str]
    address: str
    graded_attempt: UUID
    key: str
    """What stands in the explanations, which belong to what is right."""


class World(msgspec.Struct):
    """Both halves, and who runs the school."""

    admin: Person
    here: Half
    there: Half


async def a_world(a_person: MakePerson) -> World:
    """Make the school. Rows, so that nothing waits for a job."""
    admin = await a_person(Role.ADMIN)
    group = await _insert("price_group", group_type="public", name="Umum", price=1000)
    return World(admin, await _half(a_person, group, 1), await _half(a_person, group, 2))


@asynccontextmanager
async def a_shared_world(storage: Storage) -> AsyncIterator[World]:
    """A school with its files, for tests that each take back what they do; nothing of it is there afterwards."""
    known = {entry.key async for entry in storage.list()}
    transaction = db.ENGINE.transaction()
    await transaction.__aenter__()
    await db.statement("SET LOCAL idle_in_transaction_session_timeout = 0")  # tests may think for long
    try:
        async with people(httpx.ASGITransport(app=app, raise_app_exceptions=True)) as make:
            world = await a_world(make)
            for key in await db.fetch("SELECT object_key FROM file UNION SELECT object_key FROM certificate"):
                await storage.put(key["object_key"], BYTES, "application/pdf", sha256=sha256(BYTES).digest())
            yield world
    finally:
        await transaction.__aexit__(Exception, Exception("what stood here is rolled back"), None)
        for key in [entry.key async for entry in storage.list()]:
            if key not in known:
                await storage.delete(key)


def secrets_of(person: Person) -> tuple[str, ...]:
    """What nobody else of the same rank may read of a person."""
    return person.email, f"phone-of-{person.id}", f"nik-of-{person.id}", f"nim-of-{person.id}"


async def _a_person(a_person: MakePerson, role: Role) -> Person:
    person = await a_person(role)
    _, phone, nik, nim = secrets_of(person)
    await db.statement("UPDATE account SET phone = $2 WHERE id = $1", person.id, phone)
    await db.statement("UPDATE profile SET nik = $2, nim = $3 WHERE account_id = $1", person.id, nik, nim)
    return person


async def _half(a_person: MakePerson, group: tuple[int, UUID], number: int) -> Half:
    teacher = await _a_person(a_person, Role.TEACHER)
    student = await _a_person(a_person, Role.STUDENT)
    classmate = await _a_person(a_person, Role.STUDENT)
    course = await a_course()
    batch = await a_batch(course=course)
    meeting = await a_meeting(batch)
    await db.statement("UPDATE meeting SET self_check_in = true WHERE id = $1", meeting.id)
    await teach(meeting, teacher.id)
    enrolment = await enrol(batch, student.id)
    await enrol(batch, classmate.id)
    quiz = await a_quiz(batch=batch, meeting=meeting, max_attempts=5)
    key = f"explanation-{number}-kept"
    await db.statement("UPDATE question SET explanation = $2 WHERE assessment_id = $1", quiz.view.id, key)
    slug = await db.value("SELECT slug FROM course WHERE id = $1", course.id)
    await db.statement("UPDATE assessment SET taken_at = now() WHERE id = $1", quiz.view.id)
    half = Half(teacher, student, classmate, course, batch, meeting, quiz, slug, {}, "", student.uuid, key)
    half.objects = {
        "courses": str(course.uuid),
        "batches": str(batch.uuid),
        "meetings": str(meeting.uuid),
        "groups": str(group[1]),
        "users": str(student.uuid),
        "students": str(student.uuid),
        "teachers": str(teacher.uuid),
        "quizzes": str(quiz.view.uuid),
        "questions": str(quiz.questions[0].uuid),
        "marks": str(quiz.questions[0].uuid),
        "overrides": str(student.uuid),
    }
    await _insert("quiz_override", assessment_id=quiz.view.id, account_id=student.id, note=key)
    await _work(half, enrolment)
    await _records(half, group, number)
    return half


async def _work(half: Half, enrolment: int) -> None:
    task = await a_task(half.batch, half.meeting)
    _, submission = await _insert(
        "submission",
        assignment_id=task.id,
        account_id=half.student.id,
        enrolment_id=enrolment,
        note="a private note",
        is_late=False,
    )
    row = await db.row("SELECT id FROM submission WHERE uuid = $1", submission)
    assert row is not None
    await _insert(
        "grade", assignment_id=task.id, account_id=half.student.id, grade=88, feedback="kept", graded_by=half.teacher.id
    )
    file = await _a_file(half)
    await db.statement(
        "INSERT INTO attachment (file_id, owner_kind, owner_id, created_at) VALUES ($1, 'submission', $2, now())",
        file[0],
        row["id"],
    )
    _, material = await _insert(
        "material", meeting_id=half.meeting.id, title="Slides", kind="link", url="https://example.test/a"
    )
    half.objects |= {
        "assignments": str(task.uuid),
        "submissions": str(submission),
        "materials": str(material),
        "files": str(file[1]),
    }
    half.graded_attempt, half.objects["attempts"] = await _attempts(half, enrolment)


async def _a_file(half: Half) -> tuple[int, UUID]:
    found = await _insert(
        "file",
        owner_id=half.student.id,
        kind="document",
        state="stored",
        location="docs",
        original_name="Private.pdf",
        extension="pdf",
        object_key=keys.upload(keys.Kind.DOCUMENT, new_uuid(), "pdf"),
        content_type="application/pdf",
        size_bytes=len(BYTES),
        sha256=SHA,
    )
    half.address = f"/uploads/docs/{clock.now():%Y/%m/%d}/{found[1]}.pdf"
    return found


async def _attempts(half: Half, enrolment: int) -> tuple[UUID, str]:
    """One that is graded, and one that is open, with an answer."""
    values: dict[str, Any] = {
        "assessment_id": half.quiz.view.id,
        "account_id": half.student.id,
        "enrolment_id": enrolment,
        "started_at": clock.now(),
        "deadline_at": clock.now() + timedelta(minutes=30),
    }
    over, over_uuid = await _insert("attempt", **values, attempt_no=1, state="graded", submitted_at=clock.now())
    await _insert(
        "result",
        attempt_id=over,
        total_questions=3,
        correct_answers=1,
        wrong_answers=2,
        points=1,
        max_points=3,
        score_percent=33,
    )
    half.objects["regrades"] = str(await a_regrade(half.quiz.view.id, over))
    running, running_uuid = await _insert("attempt", **values, attempt_no=2, state="open")
    question = half.quiz.questions[0]
    option = await db.value("SELECT id FROM option WHERE uuid = $1", question.options[0].uuid)
    question_id = await db.value("SELECT id FROM question WHERE uuid = $1", question.uuid)
    for attempt in (over, running):
        await _insert("answer", attempt_id=attempt, question_id=question_id, option_id=option)
    return over_uuid, str(running_uuid)


async def a_regrade(quiz_id: int, attempt_id: int) -> UUID:
    """One that was applied, and changed nothing."""
    made = await db.row(
        "INSERT INTO regrade (assessment_id, key_version, policy, state, question_ids, reason, report)"
        " VALUES ($1, 1, 'new_key', 'ordered', '{}', 'kept', '{}') RETURNING id, uuid",
        quiz_id,
    )
    assert made is not None
    await add_entry(made["uuid"], attempt_id)
    await db.statement("UPDATE regrade SET state = 'applied', applied_at = now() WHERE id = $1", made["id"])
    return UUID(str(made["uuid"]))


async def add_entry(regrade: UUID, attempt_id: int) -> None:
    """Have a regrade look at another attempt."""
    await db.statement(
        "INSERT INTO regrade_entry (regrade_id, attempt_id, revision, is_changed, version_before, correct_before,"
        " correct_after, points_before, points_after, max_before, max_after, percent_before, percent_after)"
        " SELECT id, $2, 1, false, 1, 1, 1, 1, 1, 1, 1, 1, 1 FROM regrade WHERE uuid = $1",
        regrade,
        attempt_id,
    )


async def _records(half: Half, group: tuple[int, UUID], number: int) -> None:
    person = half.student
    _, attendance = await _insert("attendance", meeting_id=half.meeting.id, account_id=person.id, is_present=True)
    excuse = await db.value(
        "INSERT INTO gate_excuse (enrolment_id, meeting_id, granted_by) SELECT id, $1, $2 FROM enrolment"
        " WHERE account_id = $3 RETURNING uuid",
        half.meeting.id,
        half.teacher.id,
        half.classmate.id,
    )
    _, purchase = await _insert(
        "purchase",
        account_id=person.id,
        batch_id=half.batch.id,
        price_group_id=group[0],
        group_type="public",
        state="paid",
        price=1000,
        unique_code=number,
        transfer_amount=1000 + number,
        expires_at=clock.now() + timedelta(days=1),
        buyer_bank_account_name="kept",
    )
    await _insert("wait_place", batch_id=half.batch.id, account_id=person.id, state="waiting")
    _, certificate = await _insert(
        "certificate",
        batch_id=half.batch.id,
        account_id=person.id,
        number=f"CERT-{number}-ABCDEF",
        sequence=number,
        state="issued",
        holder_name=person.name,
        paper=PAPER,
        issued_at=clock.now(),
        object_key=keys.certificate(new_uuid()),
        sha256=SHA,
        size_bytes=len(BYTES),
    )
    job = await db.value(
        "INSERT INTO job (kind, body, owner_id, state, run_at, created_at, finished_at, report)"
        " VALUES ('import_grades', '{}', $1, 'done', now(), now(), now(), '{\"note\": \"kept\"}') RETURNING uuid",
        person.id,
    )
    await db.statement(
        "INSERT INTO grade_change (grade_id, after, source, actor_id, job_id, created_at)"
        " SELECT g.id, g.grade, 'sheet', g.graded_by, j.id, now() FROM grade g, job j"
        " WHERE g.account_id = $1 AND j.uuid = $2",
        person.id,
        job,
    )
    _, api_client = await _insert(
        "api_client",
        code=f"CLIENT-{number}",
        name="A partner",
        company=f"partner-{number}",
        secret_hash=bytes([number]) * 32,
        scopes=["ruangkerja:read"],
        addresses=[],
    )
    _, blog = await _insert(
        "blog",
        slug=f"blog-{number}",
        title="News",
        description="Short",
        content="<p>Long</p>",
        image="https://x.test/a",
    )
    _, testimonial = await _insert("testimonial", account_id=person.id, batch_id=half.batch.id, rating=5, title="Good")
    session = await db.value("SELECT uuid FROM session WHERE id = $1", person.actor.session_id)
    half.objects |= {
        "attendances": str(attendance),
        "excuses": str(excuse),
        "purchases": str(purchase),
        "certificates": str(certificate),
        "number": f"CERT-{number}-ABCDEF",
        "jobs": str(job),
        "imports": str(job),
        "sessions": str(session),
        "api-clients": str(api_client),
        "blogs": str(blog),
        "testimonials": str(testimonial),
    }
