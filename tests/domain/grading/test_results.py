from datetime import timedelta
from decimal import Decimal

import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.core.paging import Listing
from backend.domain.attempts import commands as attempts
from backend.domain.attempts.errors import AttemptHidden, AttemptNotFound
from backend.domain.grading import commands as grading
from backend.domain.grading import queries
from backend.domain.grading.errors import AttemptNotFinal, ResultNotFound
from tests.background import drain
from tests.people import MakePerson, Person
from tests.quizzes import QuizRow, a_quiz, an_attempt, move_deadline, save


async def a_submitted(quiz: QuizRow, person: Person, *, right: int) -> int:
    attempt = await an_attempt(quiz, person.actor)
    for number in range(len(quiz.questions)):
        await save(quiz, attempt, person.actor, number, right=number < right)
    await attempts.submit_attempt(person.actor, attempt.id)
    return attempt.id


async def events(name: str) -> int:
    return await db.value("SELECT count(*) FROM outbox WHERE name = $1", name)


async def test_grading_twice_changes_nothing(student: Person):
    quiz = await a_quiz()
    attempt_id = await a_submitted(quiz, student, right=2)
    await grading.grade_attempts([attempt_id])
    first = await queries.attempt_result(student.actor, attempt_id)
    await grading.grade_attempts([attempt_id])
    assert await queries.attempt_result(student.actor, attempt_id) == first
    assert await events("grading.attempt.graded.v1") == 1
    assert await db.value("SELECT count(*) FROM result") == 1


async def test_the_job_run_twice_grades_once(student: Person):
    quiz = await a_quiz()
    await a_submitted(quiz, student, right=3)
    assert [ran.kind for ran in await drain() if ran.kind == "grade_attempt"] == ["grade_attempt"]
    again = await db.statement(
        "UPDATE job SET state = 'queued', unique_key = NULL, attempt = 0 WHERE kind = 'grade_attempt'"
    )
    assert again == 1
    assert [(ran.kind, ran.refused) for ran in await drain()] == [("grade_attempt", None)]
    assert await events("grading.attempt.graded.v1") == 1


async def test_many_are_graded_as_each_alone_would_be(a_person: MakePerson, statements: list[str]):
    quizzes = [await a_quiz(points=("1", "2", "2.5")), await a_quiz(points=("1", "1", "1"))]
    taken = [
        (await a_submitted(quiz, person, right=right), right, quiz)
        for quiz in quizzes
        for right in range(4)
        for person in [await a_person()]
    ]
    statements.clear()
    assert await grading.grade_attempts([attempt_id for attempt_id, _, _ in taken]) == 8
    assert len(statements) == 5
    for attempt_id, right, quiz in taken:
        made = (await queries.attempt_result(SYSTEM, attempt_id)).result
        assert made is not None
        worth = [question.points for question in quiz.questions]
        assert made.correct_answers == right
        assert made.points == sum(worth[:right], Decimal(0))
        assert made.score_percent == (sum(worth[:right], Decimal(0)) * 100 / sum(worth)).quantize(Decimal("0.01"))
    assert await grading.grade_attempts([attempt_id for attempt_id, _, _ in taken]) == 0


async def test_an_open_attempt_is_not_graded(student: Person):
    attempt = await an_attempt(await a_quiz(), student.actor)
    with pytest.raises(AttemptNotFinal):
        await grading.grade_attempts([attempt.id])
    with pytest.raises(ResultNotFound):
        await queries.attempt_result(student.actor, attempt.id)


async def test_an_open_attempt_among_others_keeps_them_all_back(a_person: MakePerson):
    quiz, first, second = await a_quiz(), await a_person(), await a_person()
    submitted = await a_submitted(quiz, first, right=1)
    still_open = await an_attempt(quiz, second.actor)
    with pytest.raises(AttemptNotFinal) as told:
        async with db.savepoint():
            await grading.grade_attempts([submitted, still_open.id])
    assert told.value.data == {"attempt": still_open.id}
    assert await db.value("SELECT count(*) FROM result") == 0
    assert await grading.grade_attempts([submitted, submitted]) == 1


async def test_an_attempt_that_is_not_there_is_not_graded(database: None):
    with pytest.raises(AttemptNotFound):
        await grading.grade_attempts([404])


async def test_nothing_answered_scores_nothing_by_hand_and_by_clock(a_person: MakePerson):
    quiz = await a_quiz()
    by_hand, by_clock = await a_person(), await a_person()
    first = await an_attempt(quiz, by_hand.actor)
    second = await an_attempt(quiz, by_clock.actor)
    await attempts.submit_attempt(by_hand.actor, first.id)
    await move_deadline(second.id, timedelta(seconds=-6))
    assert await attempts.close_overdue() == 1
    await drain()
    for attempt in (first, second):
        made = (await queries.attempt_result(SYSTEM, attempt.id)).result
        assert made is not None
        assert (made.total_questions, made.correct_answers, made.wrong_answers) == (3, 0, 3)
        assert str(made.score_percent) == "0.00"
    assert await db.value("SELECT count(*) FROM completion") == 2


async def test_a_result_is_for_its_owner_and_who_teaches_the_batch(a_person: MakePerson, student: Person):
    quiz = await a_quiz()
    attempt_id = await a_submitted(quiz, student, right=1)
    for stranger in (await a_person(Role.STUDENT), await a_person(Role.TEACHER)):
        with pytest.raises(AttemptHidden):
            await queries.attempt_result(stranger.actor, attempt_id)


async def test_the_best_score_counts(student: Person):
    quiz = await a_quiz(max_attempts=3)
    for number, right in enumerate((1, 3, 2)):
        attempt = await an_attempt(quiz, student.actor, enrolled=number > 0)
        for question in range(3):
            await save(quiz, attempt, student.actor, question, right=question < right)
        await attempts.submit_attempt(student.actor, attempt.id)
        await drain()
    assert await queries.counting_scores(student.id, [quiz.view.id], as_shown=True) == {quiz.view.id: Decimal("100.00")}
    rows = await queries.attempts_of_quiz(student.actor, quiz.view.id, Listing(sort="attempt_no"))
    assert [str(row.score_percent) for row in rows.items] == ["33.33", "100.00", "66.67"]
