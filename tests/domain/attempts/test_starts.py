"""Starting a quiz that others have started: one statement, and the same refusals as the long way."""

from datetime import timedelta

import msgspec
import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.domain.assessments import paper_queries as papers
from backend.domain.assessments import queries as assessments
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.errors import NotYourQuiz
from backend.domain.assessments.terms import QuizChange
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import queries
from backend.domain.attempts.errors import AttemptRunning, AttemptsUsedUp, PreviousMeetingMissed, QuizClosed
from backend.domain.enrolments import commands as enrolments
from tests import school
from tests.people import MakePerson, Person
from tests.quizzes import QuizRow, a_quiz, an_attempt

HOUR = timedelta(hours=1)


async def a_running_quiz(a_person: MakePerson, **plan: object) -> QuizRow:
    """A quiz that somebody else has started."""
    quiz = await a_quiz(**plan)
    await an_attempt(quiz, (await a_person()).actor)
    return quiz


async def test_the_second_to_start_needs_one_statement(a_person: MakePerson, student: Person, statements: list[str]):
    end = clock.now() + timedelta(minutes=3)
    quiz = await a_running_quiz(a_person, closes_at=end, max_attempts=2)
    await school.enrol(quiz.batch, student.id)
    del statements[:]
    for ref in (quiz.view.uuid, quiz.view.id):
        made = await attempts.start_attempt(student.actor, ref)
        assert len(statements) == 1
        kept = await queries.attempt_by_id(made.id)
        assert made == msgspec.structs.replace(kept, server_time=made.server_time)
        assert (made.deadline_at, made.quiz_uuid, made.is_enrolled) == (end, quiz.view.uuid, True)
        await attempts.submit_attempt(student.actor, made.id)
        del statements[:]
    assert made.attempt_no == 2
    with pytest.raises(AttemptsUsedUp):
        await attempts.start_attempt(student.actor, quiz.view.id)


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        (QuizChange(is_open=False), "closed"),
        (QuizChange(opens_at=clock.now() + HOUR), "before"),
        (QuizChange(opens_at=clock.now() - 2 * HOUR, closes_at=clock.now() - HOUR), "after"),
    ],
)
async def test_a_running_quiz_is_taken_in_its_time(
    a_person: MakePerson, student: Person, change: QuizChange, fact: str
):
    quiz = await a_running_quiz(a_person)
    await attempts.change_quiz(SYSTEM, quiz.view.id, change)
    with pytest.raises(QuizClosed) as refused:
        await an_attempt(quiz, student.actor)
    assert refused.value.data == {"fact": fact}


async def test_a_running_quiz_is_for_its_batch_and_once_at_a_time(a_person: MakePerson, student: Person):
    quiz = await a_running_quiz(a_person, max_attempts=0)
    with pytest.raises(NotYourQuiz):
        await attempts.start_attempt(student.actor, quiz.view.id)
    await an_attempt(quiz, student.actor)
    with pytest.raises(AttemptRunning):
        await attempts.start_attempt(student.actor, quiz.view.id)
    assert await db.value("SELECT count(*) FROM attempt WHERE account_id = $1", student.id) == 1


async def test_a_running_quiz_has_its_gate(a_person: MakePerson, student: Person):
    batch = await school.a_batch(gate=True)
    before, now = await school.a_meeting(batch, begins=-5 * HOUR), await school.a_meeting(batch)
    quiz = await a_quiz(batch=batch, meeting=now)
    await db.statement("UPDATE assessment SET taken_at = now() WHERE id = $1", quiz.view.id)
    await school.enrol(batch, student.id)
    with pytest.raises(PreviousMeetingMissed):
        await attempts.start_attempt(student.actor, quiz.view.id)
    await db.statement(
        "INSERT INTO attendance (meeting_id, account_id, is_present) VALUES ($1, $2, true)", before.id, student.id
    )
    assert (await attempts.start_attempt(student.actor, quiz.view.id)).attempt_no == 1


async def test_who_repeats_a_start_is_told_so_by_the_same_statement(
    a_person: MakePerson, student: Person, statements: list[str]
):
    quiz = await a_running_quiz(a_person, max_attempts=1)
    made = await an_attempt(quiz, student.actor)
    del statements[:]
    with pytest.raises(AttemptRunning):
        await attempts.start_attempt(student.actor, quiz.view.uuid)
    assert len(statements) == 1
    del statements[:]
    for ref in (quiz.view.uuid, quiz.view.id):
        found = await queries.active_attempt(student.actor, ref)
        assert found == msgspec.structs.replace(await queries.attempt_by_id(made.id), server_time=found.server_time)
    assert len(statements) == 4
    await enrolments.withdraw(student.id, quiz.batch.id)
    with pytest.raises(NotYourQuiz):
        await queries.active_attempt(student.actor, quiz.view.uuid)


async def test_a_hall_reads_its_paper_once_and_sees_it_as_it_is(
    a_person: MakePerson, student: Person, statements: list[str]
):
    quiz = await a_quiz()
    before = await papers.paper(await assessments.quiz_by_id(quiz.view.id))
    await editing.remove_question(SYSTEM, quiz.view.id, quiz.questions[0].id)
    made = await an_attempt(quiz, student.actor)
    first = await queries.attempt_detail(student.actor, made.id)
    assert len(first.questions) == len(before) - 1
    del statements[:]
    again = await queries.attempt_detail(student.actor, made.id)
    assert not [sql for sql in statements if "AS files" in sql]
    assert again.questions == first.questions
    shown = [(await student.http.get(f"/api/v1/quizzes/attempts/{made.uuid}")).json() for _ in range(2)]
    assert shown[0]["data"]["quiz"] == shown[1]["data"]["quiz"]
    questions = shown[0]["data"]["quiz"]["questions"]
    assert [one["question"] for one in questions] == [one.text for one in first.questions]
    assert [[each["option_text"] for each in one["options"]] for one in questions] == [
        [each.text for each in one.options] for one in first.questions
    ]
