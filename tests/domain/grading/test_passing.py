"""The pass mark: what it is told by, and what it asks for where a quiz has to be passed."""

import asyncio
from decimal import Decimal

import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.db import transaction
from backend.domain.assessments import commands as assessments
from backend.domain.assessments.errors import PassMarkMissing
from backend.domain.assessments.keys import EssayKey
from backend.domain.assessments.terms import Counts, QuizChange, QuizPlan, QuizType, Review, Shown
from backend.domain.attempts import commands as attempts
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments import standing
from backend.domain.enrolments.errors import QuizNotPassed, QuizOpen
from backend.domain.grading import commands as grading
from backend.domain.grading import passing, regrades
from backend.domain.grading.terms import RegradePolicy
from tests import school
from tests.background import drain, drain_again
from tests.domain.certificates.classes import a_finished_batch, graduate
from tests.people import MakePerson, Person
from tests.processes import STARTS_S
from tests.quizzes import QuizRow, a_quiz, an_attempt, save
from tests.regrading import mend, sat

PASS = {"pass_percent": Decimal(60), "must_pass": True, "max_attempts": 0}
FAILED, PASSED = (False, False), (True, True)


async def is_done(quiz: QuizRow, person: Person) -> bool:
    place = await enrolments.enrolment(person.id, quiz.batch.id)
    assert place is not None
    undone = [one.title for one in (await enrolments.progress(place.id)).missing]
    return quiz.view.title not in undone


async def until_it_waits(task: asyncio.Task[None]) -> None:
    """Until what a task does waits for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(STARTS_S):
        while not await db.value(waiting):
            assert not task.done()
            await asyncio.sleep(0.01)


async def progress_events() -> list[str]:
    rows = await db.fetch("SELECT name FROM outbox WHERE name LIKE 'enrolments.progress.%' ORDER BY id")
    return [row["name"].split(".")[2] for row in rows]


async def test_without_a_word_who_hands_in_has_done_it(student: Person):
    quiz = await a_quiz(points=("1", "1"), pass_percent=Decimal(60))
    await sat(quiz, student, right=FAILED)
    assert await is_done(quiz, student)


async def test_what_has_to_be_passed_is_done_by_who_passes(student: Person):
    quiz = await a_quiz(points=("1", "1"), **PASS)
    await sat(quiz, student, right=FAILED)
    assert not await is_done(quiz, student)
    await sat(quiz, student, right=PASSED, enrolled=True)
    assert await is_done(quiz, student)
    await sat(quiz, student, right=FAILED, enrolled=True)
    assert await is_done(quiz, student), "the best counts"
    await drain_again()
    assert await progress_events() == ["made"]


@pytest.mark.parametrize(
    ("counts", "done"), [(Counts.BEST, True), (Counts.LAST, False), (Counts.FIRST, True), (Counts.AVERAGE, False)]
)
async def test_the_score_that_counts_decides(student: Person, counts: Counts, done: bool):  # noqa: FBT001 - a case
    quiz = await a_quiz(points=("1", "1"), counts=counts, **PASS)
    for number, right in enumerate((PASSED, FAILED)):
        await sat(quiz, student, right=right, enrolled=number > 0)
    assert await is_done(quiz, student) is done


async def test_the_gate_asks_for_it_by_name(student: Person):
    quiz = await a_quiz(points=("1", "1"), title="Ujian", **PASS)
    later = await school.a_meeting(quiz.batch, begins=school.timedelta(days=5))
    place = await school.enrol(quiz.batch, student.id)
    await db.statement("UPDATE batch SET gate = true WHERE id = $1", quiz.batch.id)
    await school._insert("attendance", meeting_id=quiz.meeting.id, account_id=student.id, is_present=True)
    await sat(quiz, student, right=FAILED, enrolled=True)
    with pytest.raises(QuizNotPassed) as told:
        await enrolments.pass_gate(place, later.id)
    assert told.value.data["title"] == "Ujian"
    before = (await standing.standings(student.actor, quiz.batch.id))[later.id]
    assert before.lock_code == "enrolments.quiz_not_passed"
    following = await a_quiz(batch=quiz.batch, meeting=later)
    answer = await student.http.post(f"{following.path}/start")
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("anda belum lulus quiz 'Ujian' di meeting sebelumnya")
    await sat(quiz, student, right=PASSED, enrolled=True)
    await enrolments.pass_gate(place, later.id)


async def test_the_gate_of_any_other_quiz_says_what_it_always_said(student: Person):
    quiz = await a_quiz()
    later = await school.a_meeting(quiz.batch, begins=school.timedelta(days=5))
    place = await school.enrol(quiz.batch, student.id)
    await db.statement("UPDATE batch SET gate = true WHERE id = $1", quiz.batch.id)
    await school._insert("attendance", meeting_id=quiz.meeting.id, account_id=student.id, is_present=True)
    with pytest.raises(QuizOpen) as told:
        await enrolments.pass_gate(place, later.id)
    assert type(told.value) is QuizOpen


async def test_another_pass_mark_is_asked_of_everybody_at_once(a_person: MakePerson):
    quiz = await a_quiz(points=("1", "1"), pass_percent=Decimal(60), max_attempts=0)
    good, half, none = [await a_person() for _ in range(3)]
    await sat(quiz, good, right=PASSED)
    await sat(quiz, half, right=(True, False))
    await school.enrol(quiz.batch, none.id)

    async def done() -> list[bool]:
        await drain()
        return [await is_done(quiz, person) for person in (good, half, none)]

    assert await done() == [True, True, False]
    for change, expected in (
        (QuizChange(must_pass=True), [True, False, False]),
        (QuizChange(pass_percent=Decimal(50)), [True, True, False]),
        (QuizChange(pass_percent=Decimal(51)), [True, False, False]),
        (QuizChange(title="Other"), [True, False, False]),
        (QuizChange(must_pass=False), [True, True, False]),
        (QuizChange(pass_percent=None), [True, True, False]),
    ):
        quiz.view = await attempts.change_quiz(SYSTEM, quiz.view.id, change)
        assert await done() == expected, change
    assert await passing.settle_quiz(quiz.view.id) == 0
    told = await db.value("SELECT count(*) FROM outbox WHERE name = 'assessments.pass_mark.changed.v1'")
    assert told == 4


async def test_a_regrade_lets_somebody_pass_and_another_fail(a_person: MakePerson):
    quiz = await a_quiz(points=("1",), **PASS)
    had_it, had_not = await a_person(), await a_person()
    await sat(quiz, had_it, right=(True,))
    await sat(quiz, had_not, right=(False,))
    assert [await is_done(quiz, person) for person in (had_it, had_not)] == [True, False]
    await mend(quiz)
    await regrades.order_regrade(SYSTEM, quiz.view.id, RegradePolicy.NEW_KEY)
    await drain()
    assert [await is_done(quiz, person) for person in (had_it, had_not)] == [False, True]


@pytest.mark.usefixtures("storage")
async def test_who_passes_by_a_regrade_gets_the_certificate(a_person: MakePerson):
    batch, meetings = await a_finished_batch(auto_issue=True)
    quiz = await a_quiz(points=("1",), batch=batch, meeting=meetings[0], **PASS)
    student = await a_person()
    await graduate(batch, meetings, student.id)
    await sat(quiz, student, right=(False,), enrolled=True)
    assert await db.value("SELECT count(*) FROM certificate") == 0
    await mend(quiz)
    await regrades.order_regrade(SYSTEM, quiz.view.id, RegradePolicy.NEW_KEY)
    await drain()
    assert await db.value("SELECT state FROM certificate WHERE account_id = $1", student.id) == "issued"


async def test_what_waits_for_a_person_is_passed_once_it_is_marked(student: Person, admin: Person):
    quiz = await a_quiz(points=(), **PASS)
    body = {"question": "Why?", "key": {"kind": EssayKey.KIND}, "points": 2}
    essay = (await admin.http.post(f"{quiz.path}/questions", json=body)).json()["data"]
    attempt = await an_attempt(quiz, student.actor)
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    typed = {"question_id": essay["id"], "answer": {"kind": "essay", "text": "Because."}}
    assert (await student.http.post(f"{path}/temp-submissions", json=typed)).status_code == 200
    await attempts.submit_attempt(student.actor, attempt.id)
    await drain()
    for points, done in ((1, False), (2, True), (1, False)):
        assert (await admin.http.put(f"{path}/marks/{essay['id']}", json={"points": points})).status_code == 200
        assert await is_done(quiz, student) is done


async def test_a_pass_mark_is_needed(admin: Person):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    plan = QuizPlan(
        title="Q", quiz_type=QuizType.TRUE_FALSE, duration_s=60, max_attempts=1, is_open=True, must_pass=True
    )
    with pytest.raises(PassMarkMissing):
        await assessments.create_quiz(SYSTEM, meeting.id, plan)
    quiz = await a_quiz(batch=batch, meeting=meeting, **PASS)
    answer = await admin.http.patch(quiz.path, json={"settings": {"pass_percent": None}})
    assert (answer.status_code, "pass_percent" in answer.json()["message"]) == (422, True)
    shown = (await admin.http.get(quiz.path)).json()["data"]["settings"]
    assert (shown["pass_percent"], shown["must_pass"]) == (60, True)


async def test_who_has_passed_is_said_where_scores_are(student: Person, admin: Person):
    quiz = await a_quiz(points=("1", "1"), **PASS)
    await sat(quiz, student, right=FAILED)
    await sat(quiz, student, right=PASSED, enrolled=True)
    listed = (await student.http.get(f"{quiz.path}/attempts")).json()["data"]
    assert sorted(one["passed"] for one in listed) == [False, True]
    path = f"/api/v1/me/batches/{quiz.batch.uuid}/scores"
    assert (await student.http.get(path)).json()["data"]["quizzes"][0]["passed"] is True
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(review=Review(score=Shown.NEVER)))
    assert "passed" not in (await student.http.get(f"{quiz.path}/attempts")).json()["data"][0]
    assert "passed" not in (await student.http.get(path)).json()["data"]["quizzes"][0]
    assert await is_done(quiz, student), "what has to be passed tells by itself whether it was, and nothing else"
    assert "passed" in (await admin.http.get(f"{quiz.path}/attempts")).json()["data"][0]


@pytest.mark.commits
@pytest.mark.parametrize("counts", [Counts.BEST, Counts.LAST])
async def test_two_results_at_once_are_looked_at_together(a_person: MakePerson, counts: Counts):
    """Whoever writes last has seen both: with the best that counts everybody passes, with the last nobody."""
    quiz = await a_quiz(points=("1", "1"), counts=counts, **PASS)
    people = [await a_person() for _ in range(4)]
    halves: tuple[list[int], list[int]] = ([], [])
    for person in people:
        for number, right in enumerate((PASSED, FAILED)):
            attempt = await an_attempt(quiz, person.actor, enrolled=number > 0)
            for question, is_right in enumerate(right):
                await save(quiz, attempt, person.actor, question, right=is_right)
            await attempts.submit_attempt(person.actor, attempt.id)
            halves[number].append(attempt.id)
    await asyncio.gather(*(grading.grade_attempts(half) for half in halves))
    assert {await is_done(quiz, person) for person in people} == {counts is Counts.BEST}


@pytest.mark.commits
@pytest.mark.parametrize("by_staff", [False, True])
@pytest.mark.parametrize("must_pass", [False, True])
async def test_who_is_closed_while_passing_is_switched_is_noted_by_what_is_asked_then(
    a_person: MakePerson,
    must_pass: bool,  # noqa: FBT001 - a case
    by_staff: bool,  # noqa: FBT001 - a case
):
    """The closing begins before the switch is committed and ends after it; nobody looks at it again."""
    quiz = await a_quiz(points=("1", "1"), **{**PASS, "must_pass": not must_pass})
    student = await a_person()
    attempt = await an_attempt(quiz, student.actor)
    switched = asyncio.Event()

    async def close() -> None:
        await switched.wait()
        if by_staff:
            await attempts.close_attempt(SYSTEM, attempt.id)
        else:
            await attempts.submit_attempt(student.actor, attempt.id)

    closing = asyncio.create_task(close())
    async with transaction():
        await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(must_pass=must_pass))
        switched.set()
        await until_it_waits(closing)
    await closing
    assert await is_done(quiz, student) is not must_pass
