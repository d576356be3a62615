"""What teachers and students see of themselves, in one statement each."""

from datetime import timedelta
from decimal import Decimal

import pytest

from backend.core import clock, db
from backend.domain.batches.errors import BatchNotFound
from backend.domain.dashboards import people_queries, rules
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments.errors import NotEnrolled
from backend.domain.grading import queries as grading
from tests.dialects.lms.world import PAPER
from tests.people import MakePerson, Person
from tests.quizzes import a_quiz
from tests.school import BatchRow, _insert, a_batch, a_meeting, enrol, teach
from tests.tasks import a_task


async def a_result(quiz: int, person: int, place: int, number: int, percent: float) -> None:
    attempt, _ = await _insert(
        "attempt", assessment_id=quiz, account_id=person, enrolment_id=place, attempt_no=number, state="graded",
        started_at=clock.now(), deadline_at=clock.now(),
    )  # fmt: skip
    await _insert(
        "result", attempt_id=attempt, total_questions=3, correct_answers=1, wrong_answers=2, points=1, max_points=3,
        score_percent=percent,
    )  # fmt: skip


async def test_a_teacher_without_meetings(teacher: Person, statements: list[str]):
    statements.clear()
    found = await people_queries.teacher(teacher.actor)
    assert len(statements) == 1
    assert found == people_queries.TeacherView(
        total_courses=0, active_courses=0, active_students=0, ongoing_tasks=0, pending_grading=0, total_upcoming=0,
        upcoming=[],
    )  # fmt: skip


async def test_what_a_teacher_has(teacher: Person, a_person: MakePerson, statements: list[str]):
    running, over, foreign = await a_batch(), await a_batch(ends=timedelta(days=-1)), await a_batch()
    people = [await a_person() for _ in range(3)]
    places = [await enrol(running, person.id) for person in people[:2]]
    await enrol(over, people[2].id)
    now, past, coming = (
        await a_meeting(running),
        await a_meeting(over, begins=timedelta(days=-5)),
        await a_meeting(running, begins=timedelta(days=3), title="Next"),
    )
    await a_meeting(foreign, begins=timedelta(days=1))
    for meeting in (now, past, coming):
        await teach(meeting, teacher.id)
    await db.statement("UPDATE meeting SET join_url = 'https://meet.example/x' WHERE id = $1", coming.id)
    task = await a_task(running, now)
    await a_quiz(batch=running, meeting=now, is_open=True)
    for person, place in zip(people, places, strict=False):
        await _insert("submission", assignment_id=task.id, account_id=person.id, enrolment_id=place, is_late=False)
    await _insert("grade", assignment_id=task.id, account_id=people[0].id, grade=8, feedback="", graded_by=teacher.id)
    statements.clear()
    found = await people_queries.teacher(teacher.actor)
    assert len(statements) == 1
    assert (found.total_courses, found.active_courses, found.active_students) == (2, 1, 2)
    assert (found.ongoing_tasks, found.pending_grading, found.total_upcoming) == (2, 1, 1)
    (shown,) = found.upcoming
    assert (shown.uuid, shown.title, shown.batch_slug) == (coming.uuid, "Next", running.slug)
    assert (shown.room, shown.join_url, shown.course_title) == ("Room 1", "https://meet.example/x", "Brevet A")


async def test_what_a_student_has(student: Person, statements: list[str]):
    batch, over = await a_batch(), await a_batch(ends=timedelta(days=-1))
    places = [await enrol(batch, student.id), await enrol(over, student.id)]
    meeting = await a_meeting(batch)
    await a_meeting(over)
    due, done, far, gone = [await a_task(batch, meeting) for _ in range(4)]
    ends = {due.id: "1 day", done.id: "2 days", far.id: "8 days", gone.id: "-1 day"}
    for id_, end in ends.items():
        await db.statement(f"UPDATE assignment SET end_at = now() + interval '{end}' WHERE id = $1", id_)
    await _insert("submission", assignment_id=done.id, account_id=student.id, enrolment_id=places[0], is_late=False)
    opens, closes, taken, _ = [await a_quiz(batch=batch, meeting=meeting, is_open=True) for _ in range(4)]
    for quiz, column in ((opens, "opens_at"), (closes, "closes_at"), (taken, "closes_at")):
        await db.statement(f"UPDATE assessment SET {column} = now() + interval '3 days' WHERE id = $1", quiz.view.id)
    await a_result(taken.view.id, student.id, places[0], 1, 50)
    await _insert("attendance", meeting_id=meeting.id, account_id=student.id, is_present=True)
    await _insert(
        "certificate", batch_id=over.id, account_id=student.id, number="N", sequence=1, state="issued",
        holder_name="X", paper=PAPER,
    )  # fmt: skip
    statements.clear()
    found = await people_queries.student(student.actor)
    assert len(statements) == 1
    assert (found.total_courses, found.active_courses, found.total_certificates) == (2, 1, 1)
    assert found.upcoming_tasks == 3, "one assignment, one quiz that opens, one that closes"
    await _insert(
        "quiz_override", assessment_id=closes.view.id, account_id=student.id, closes_at=clock.now() + timedelta(9)
    )
    assert (await people_queries.student(student.actor)).upcoming_tasks == 2, "their own end is later"
    each = [(await enrolments.progress(place)).percent for place in places]
    assert found.avg_progress == (sum(each) / 2).quantize(Decimal("0.01")) > 0


async def test_a_student_without_batches(student: Person):
    found = await people_queries.student(student.actor)
    assert (found.total_courses, found.avg_progress, found.upcoming_tasks) == (0, 0, 0)


def test_progress_never_passes_the_whole():
    assert rules.mean_progress([]) == 0
    assert rules.mean_progress([(0, 0), (3, 3)]) == Decimal("50.00")
    assert rules.mean_progress([(1, 3), (2, 3)]) == Decimal("50.00")
    assert rules.mean_progress([(5, 3)]) == Decimal("100.00")


@pytest.fixture
async def batch(student: Person) -> BatchRow:
    """A batch that the student is in."""
    batch = await a_batch()
    await enrol(batch, student.id)
    return batch


async def test_scores_count_the_best_attempt(student: Person, batch: BatchRow, statements: list[str]):
    place = await db.value("SELECT id FROM enrolment")
    second, first = await a_meeting(batch), await a_meeting(batch, begins=timedelta(days=-3))
    empty = await a_meeting(batch, begins=timedelta(days=3))
    quizzes = [await a_quiz(batch=batch, meeting=first) for _ in range(2)]
    for number, percent in enumerate((20, 80, 50), 1):
        await a_result(quizzes[0].view.id, student.id, place, number, percent)
    await a_result(quizzes[1].view.id, student.id, place, 1, 40.5)
    tasks = [await a_task(batch, second) for _ in range(3)]
    for task, grade in zip(tasks, (70, 81), strict=False):
        await _insert(
            "grade", assignment_id=task.id, account_id=student.id, grade=grade, feedback="", graded_by=student.id
        )
    statements.clear()
    found = await people_queries.score_progress(student.actor, batch.slug)
    assert len(statements) == 1
    assert [(m.uuid, m.assignment_avg, m.quiz_avg) for m in found.meetings] == [
        (first.uuid, None, Decimal("60.25")),
        (second.uuid, Decimal("75.50"), None),
        (empty.uuid, None, None),
    ]
    best = await grading.counting_scores(student.id, [quiz.view.id for quiz in quizzes], as_shown=True)
    assert sum(best.values()) / 2 == Decimal("60.25")


async def test_scores_are_for_who_is_in_the_batch(student: Person, batch: BatchRow, a_person: MakePerson):
    assert (await people_queries.score_progress(student.actor, batch.slug)).meetings == []
    await a_meeting(batch)
    with pytest.raises(NotEnrolled):
        await people_queries.score_progress((await a_person()).actor, batch.slug)
    with pytest.raises(BatchNotFound):
        await people_queries.score_progress(student.actor, "nothing")
