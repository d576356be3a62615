"""Many at once, with real commits: the row decides."""

import asyncio
import time
from datetime import timedelta

import asyncpg
import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.errors import Conflict
from backend.core.settings import settings
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.terms import QuizChange
from backend.domain.attempts import commands as attempts
from backend.domain.grading import queries as grading
from tests import school
from tests.background import drain
from tests.people import MakePerson, Person
from tests.quizzes import a_draft, a_quiz, an_attempt, move_deadline, save

pytestmark = pytest.mark.commits


async def submissions() -> int:
    return await db.value("SELECT count(*) FROM outbox WHERE name = 'attempts.attempt.submitted.v1'")


async def test_of_twenty_starts_one_wins(student: Person):
    quiz = await a_quiz(max_attempts=5)
    await school.enrol(quiz.batch, student.id)
    answers = await asyncio.gather(*(student.http.post(f"{quiz.path}/start") for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    refused = {answer.json()["message"] for answer in answers if answer.status_code == 409}
    assert refused == {"quiz attempt masih berlangsung"}
    assert await db.value("SELECT count(*) FROM attempt") == 1


async def test_a_hall_starts_together_and_everybody_for_themselves(a_person: MakePerson):
    """Of those who press in one moment, who may begins, and the others are told why not; in few statements."""
    quiz, other = await a_quiz(), await a_quiz()
    people = [await a_person() for _ in range(14)]
    stranger, running, *hall = people
    for person in hall:
        await school.enrol(quiz.batch, person.id)
    await an_attempt(quiz, running.actor)
    await an_attempt(other, hall[0].actor)
    everybody = [*hall, hall[0], running, stranger]
    paths = [f"{quiz.path}/start"] * len(everybody)
    answers = await asyncio.gather(
        *(person.http.post(path) for person, path in zip(everybody, paths, strict=True)),
        hall[0].http.post(f"{other.path}/start"),
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses[1 : len(hall)] == [200] * (len(hall) - 1)
    assert sorted([statuses[0], statuses[len(hall)]]) == [200, 409], "one person who pressed twice"
    assert statuses[-3:] == [409, 403, 409]
    made = {answer.json()["data"]["user_id"] for answer in answers if answer.status_code == 200}
    assert len(made) == len(hall)
    attempts_made = await db.value("SELECT count(*) FROM attempt WHERE assessment_id = $1", quiz.view.id)
    assert attempts_made == len(hall) + 1
    active = await hall[1].http.get(f"{quiz.path}/attempts/active")
    assert active.json()["data"]["id"] == answers[1].json()["data"]["id"]


async def test_of_twenty_submits_one_wins(student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}/submissions"
    answers = await asyncio.gather(*(student.http.post(path) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert await submissions() == 1
    await drain()
    assert await db.value("SELECT count(*) FROM result") == 1


@pytest.mark.parametrize("round_", range(4))
async def test_what_is_graded_is_what_was_last_taken(student: Person, round_: int):
    quiz = await a_quiz(points=("1",))
    attempt = await an_attempt(quiz, student.actor)
    await move_deadline(attempt.id, timedelta(seconds=-4.9))  # in the grace, and out of it in the middle of the race
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    saves = [
        student.http.post(f"{path}/temp-submissions", json=quiz.answer(0, right=number % 2 == 0))
        for number in range(16)
    ]
    closing = [student.http.post(f"{path}/submissions"), *(attempts.close_overdue() for _ in range(3))]
    everything = await asyncio.gather(*saves[:8], *closing, *saves[8:])
    statuses = [answer.status_code for answer in everything[:8] + everything[-8:]]
    assert set(statuses) <= {200, 409}
    assert await submissions() == 1
    log = await db.fetch("SELECT option_id FROM answer_log WHERE refusal IS NULL ORDER BY id")
    assert len(log) == statuses.count(200)
    await drain()
    made = (await grading.attempt_result(SYSTEM, attempt.id)).result
    assert made is not None
    right = await db.value("SELECT id FROM option WHERE uuid = $1", quiz.questions[0].options[0].uuid)
    assert made.correct_answers == (1 if log and log[-1]["option_id"] == right else 0)


async def test_an_answer_that_waited_for_the_closing_is_refused(student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    closing = await asyncpg.connect(settings().database_url)
    try:
        held = closing.transaction()
        await held.start()
        await closing.execute("UPDATE attempt SET state = 'submitted' WHERE id = $1", attempt.id)
        saving = asyncio.ensure_future(save(quiz, attempt, student.actor, 0))
        until = time.monotonic() + 10
        while not await closing.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
        await held.commit()
        with pytest.raises(Conflict):
            await saving
    finally:
        await closing.close()
    assert await db.value("SELECT count(*) FROM answer") == 0
    assert await db.value("SELECT refusal FROM answer_log") == "closed"


async def test_a_question_is_never_changed_under_an_attempt(student: Person):
    quiz = await a_quiz()
    await school.enrol(quiz.batch, student.id)

    async def edit(number: int) -> bool:
        try:
            await editing.add_question(SYSTEM, quiz.view.id, a_draft(number))
        except Conflict:
            return False
        return True

    done = await asyncio.gather(
        *(edit(number) for number in range(6)),
        attempts.start_attempt(student.actor, quiz.view.id),
        *(edit(number) for number in range(6)),
    )
    started = await db.value("SELECT key_version FROM attempt")
    assert started == await db.value("SELECT key_version FROM assessment")
    assert await db.value("SELECT count(*) FROM question") == 3 + done.count(True)


async def test_a_start_never_misses_a_change_of_time(student: Person):
    quiz = await a_quiz(duration_s=600)
    await school.enrol(quiz.batch, student.id)
    await asyncio.gather(
        *(attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(duration_s=600 + 60 * n)) for n in range(1, 5)),
        attempts.start_attempt(student.actor, quiz.view.id),
        *(attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(duration_s=600 + 60 * n)) for n in range(5, 9)),
    )
    assert await db.value(
        "SELECT t.deadline_at = t.started_at + make_interval(secs => a.duration_s) FROM attempt t, assessment a"
    )


async def test_two_clocks_close_each_attempt_once(student: Person, teacher: Person, admin: Person):
    quiz = await a_quiz()
    for person in (student, teacher, admin):
        attempt = await an_attempt(quiz, person.actor)
        await move_deadline(attempt.id, timedelta(minutes=-1))
    closed = await asyncio.gather(*(attempts.close_overdue() for _ in range(6)))
    assert sum(closed) == await submissions() == 3
