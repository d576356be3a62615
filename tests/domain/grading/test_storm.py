"""Handing in, grading by hand and by sheet, quizzes and their changes, all at once in one class."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.errors import DomainError
from backend.domain.assessments.terms import QuizChange
from backend.domain.assignments import commands as assignments
from backend.domain.assignments.commands import TaskChanges
from backend.domain.assignments.handing_in import Work
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import saving
from backend.domain.files import commands as files
from backend.domain.files.commands import Arrived
from backend.domain.files.terms import FileKind
from backend.domain.grading import commands as grading
from backend.domain.grading import grades, imports, target_queries
from backend.domain.grading.imports import SheetOrder
from backend.domain.grading.sheet_values import ParsedRow, ParsedSheet
from backend.domain.jobs import commands as jobs
from tests.people import an_account
from tests.quizzes import a_quiz
from tests.school import a_batch, a_meeting, enrol
from tests.tasks import a_task

ROUNDS = 400


class Class(msgspec.Struct):
    """Who and what there is."""

    teacher: Actor
    students: list[Actor]
    people: dict[int, object]
    task: object
    quiz: object
    uploads: list[str]


async def a_class() -> Class:
    batch = await a_batch()
    meeting = await a_meeting(batch)
    teacher = Actor((await an_account(Role.TEACHER))[0], Role.ADMIN)
    students, people, uploads = list[Actor](), {}, list[str]()
    for _ in range(6):
        id_, uuid, *_ = await an_account(Role.STUDENT)
        await enrol(batch, id_)
        students.append(Actor(id_, Role.STUDENT))
        people[id_] = uuid
    for number in range(4):
        begun = await files.begin(teacher, FileKind.DOCUMENT, "a.pdf", "")
        arrived = Arrived(
            object_key=f"documents/storm-{number}.pdf", extension="pdf", content_type="application/pdf", size_bytes=3,
            sha256="0" * 64,
        )  # fmt: skip
        uploads.append((await files.record(begun.id, "docs", arrived)).file.address)
    quiz = await a_quiz(batch=batch, meeting=meeting, max_attempts=0)
    return Class(teacher, students, people, await a_task(batch, meeting), quiz, uploads)


async def a_sheet(chance, made, _):
    """A sheet for everybody, dry or not; the preview is committed at once."""
    rows = [
        ParsedRow(row=number, user=uuid, grade=Decimal(chance.randint(0, 100)), feedback=None, version=None)
        for number, uuid in enumerate(made.people.values(), 2)
    ]
    sheet = ParsedSheet(sheet="S", rows=rows, problems=[], problem_count=0, columns={"user": "A", "grade": "C"})
    dry = chance.random() < 0.5
    order = SheetOrder(
        assignment_id=made.task.id, actor_id=made.teacher.person_id, object_key="x", sha256="y", dry_run=dry
    )
    job = await jobs.enqueue(imports.KIND, order, owner_id=made.teacher.account_id)
    report = await imports.take_sheet(order, sheet, job.id)
    if dry:
        target = await target_queries.target(made.teacher, assignment=made.task.id)
        await db.statement(
            "UPDATE job SET report = $2::jsonb WHERE id = $1", job.id, msgspec.json.encode(report).decode()
        )
        await asyncio.gather(*(imports.commit_preview(made.teacher, target, job.id, skip_stale=True) for _ in range(2)))


async def work_of(student: Actor) -> int:
    return await db.value("SELECT id FROM submission WHERE account_id = $1", student.person_id) or 0


async def attempt_of(student: Actor) -> int:
    sql = "SELECT id FROM attempt WHERE account_id = $1 ORDER BY id DESC LIMIT 1"
    return await db.value(sql, student.person_id) or 0


async def hand_in(_, made, student):
    await grades.hand_in(student, made.task.id, Work(essay_text="An essay"))


async def change(chance, _, student):
    await grades.change_submission(student, await work_of(student), Work(essay_text=f"Essay {chance.random()}"))


async def take_back(_, __, student):
    await grades.take_back_submission(student, await work_of(student))


async def grade(chance, made, student):
    await grades.grade_submission(made.teacher, await work_of(student), Decimal(chance.randint(0, 100)))


async def change_task(chance, made, _):
    changes = TaskChanges(files=chance.sample(made.uploads, 2))
    await assignments.update_assignment(made.teacher, made.task.id, changes)


async def start(_, made, student):
    await attempts.start_attempt(student, made.quiz.view.id)


async def save(chance, made, student):
    question = chance.choice(made.quiz.questions)
    option = chance.choice(question.options)
    await saving.save_answer(student, await attempt_of(student), question.uuid, option.uuid)


async def submit(_, __, student):
    await attempts.submit_attempt(student, await attempt_of(student))


async def close(_, __, student):
    sql = "UPDATE attempt SET deadline_at = now() - interval '1 minute' WHERE id = $1"
    await db.statement(sql, await attempt_of(student))
    await attempts.close_overdue()


async def score(_, __, student):
    await grading.grade_attempts([await attempt_of(student)])


async def change_quiz(chance, made, _):
    ends = clock.now() + timedelta(minutes=chance.randint(10, 90))
    await attempts.change_quiz(SYSTEM, made.quiz.view.id, QuizChange(closes_at=ends))


ACTS = [
    *[hand_in, start, save, score] * 2, change, take_back, grade, a_sheet, change_task, submit, close, change_quiz,
]  # fmt: skip


@pytest.mark.commits
@pytest.mark.usefixtures("database")
async def test_nothing_waits_in_a_ring_and_every_grade_has_its_history():
    made, seen = await a_class(), Counter[str]()

    async def actor_of_the_storm(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(ROUNDS // 8):
            try:
                await chance.choice(ACTS)(chance, made, chance.choice(made.students))
                seen["done"] += 1
            except DomainError as error:
                seen[error.code] += 1

    await asyncio.gather(*(actor_of_the_storm(seed) for seed in range(8)))
    assert seen["done"] > ROUNDS / 5, seen
    assert not await db.fetch(
        "SELECT g.id FROM grade g LEFT JOIN grade_change c ON c.grade_id = g.id GROUP BY g.id"
        " HAVING count(c.id) <> g.version OR g.grade <> (array_agg(c.after ORDER BY c.id DESC))[1]"
    )
    assert not await db.fetch("SELECT 1 FROM attempt t LEFT JOIN result r ON r.attempt_id = t.id"
                              " WHERE (t.state = 'graded') <> (r.attempt_id IS NOT NULL)")  # fmt: skip
    assert not await db.fetch(
        "SELECT t.account_id FROM attempt t GROUP BY t.account_id"
        " HAVING max(t.attempt_no) <> count(*) OR count(*) FILTER (WHERE state = 'open') > 1"
    )
    handed = await db.value("SELECT count(*) FROM submission")
    assert handed == await db.value(
        "SELECT count(*) FROM completion c JOIN activity a ON a.id = c.activity_id WHERE a.kind = 'assignment'"
    )
    assert (
        await db.value(
            "SELECT count(*) FROM answer w WHERE w.option_id <> (SELECT l.option_id FROM answer_log l"
            " WHERE l.attempt_id = w.attempt_id AND l.question_id = w.question_id"
            " AND l.refusal IS NULL ORDER BY l.id DESC LIMIT 1)"
        )
        == 0
    )
