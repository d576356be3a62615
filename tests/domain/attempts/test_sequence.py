"""Questions that come one after the other: none leaves before it may, and there is no way back."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.ids import new_uuid
from backend.core.paging import Listing
from backend.domain.assessments.terms import QuizChange, Review, Shown
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import moving, readers, saving, timeline
from backend.domain.attempts.errors import (
    AttemptClosed,
    AttemptNotFound,
    EarlierQuestion,
    LaterQuestion,
    NavigationFree,
    NoQuestionLeft,
    NotYourAttempt,
    QuestionNotInQuiz,
    TimeOver,
)
from backend.domain.attempts.queries import AttemptView
from backend.domain.grading import reviews
from tests.people import MakePerson, Person
from tests.quizzes import QuizRow, a_quiz, an_attempt, move_deadline, save


async def leave(quiz: QuizRow, attempt: AttemptView, person: Person, number: int) -> list[int]:
    detail = await moving.move_on(person.actor, attempt.uuid, quiz.questions[number].uuid)
    return [question.position for question in detail.questions]


async def sent(person: Person, attempt: AttemptView) -> dict:
    return (await person.http.get(f"/api/v1/quizzes/attempts/{attempt.uuid}")).json()["data"]


async def texts(person: Person, attempt: AttemptView) -> list[str]:
    return [question["question"] for question in (await sent(person, attempt))["quiz"]["questions"]]


async def test_no_later_text_leaves_before_it_may(student: Person):
    quiz = await a_quiz(is_sequential=True)
    attempt = await an_attempt(quiz, student.actor)
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    for number, question in enumerate(quiz.questions):
        found = await sent(student, attempt)
        assert [(one["id"], one["position"]) for one in found["quiz"]["questions"]] == [
            (str(question.uuid), number + 1)
        ]
        assert (found["position"], found["quiz"]["question_count"]) == (number + 1, 3)
        assert found["temp_submissions"] == []
        await save(quiz, attempt, student.actor, number)
        assert await texts(student, attempt) == [f"Question {number + 1}"]
        answer = await student.http.post(f"{path}/next", json={"question_id": str(question.uuid)})
        assert answer.status_code == (409 if number == 2 else 200)
        if number < 2:
            assert answer.json()["data"]["position"] == number + 2
    assert answer.json()["message"] == "ini soal terakhir"
    await attempts.submit_attempt(student.actor, attempt.id)
    assert len(await texts(student, attempt)) == len((await sent(student, attempt))["temp_submissions"]) == 3


async def test_there_is_no_way_back_and_none_ahead(student: Person):
    quiz = await a_quiz(is_sequential=True)
    attempt = await an_attempt(quiz, student.actor)
    with pytest.raises(LaterQuestion):
        await save(quiz, attempt, student.actor, 1)
    with pytest.raises(LaterQuestion):
        await leave(quiz, attempt, student, 1)
    await save(quiz, attempt, student.actor, 0)
    await save(quiz, attempt, student.actor, 0, right=False)
    assert await leave(quiz, attempt, student, 0) == [2]
    with pytest.raises(EarlierQuestion):
        await save(quiz, attempt, student.actor, 0)
    assert await leave(quiz, attempt, student, 0) == [2], "the same press once more"
    assert await leave(quiz, attempt, student, 1) == [3], "unanswered"
    await save(quiz, attempt, student.actor, 2)
    for number in range(2):
        with pytest.raises(EarlierQuestion):
            await save(quiz, attempt, student.actor, number)
    with pytest.raises(NoQuestionLeft):
        await leave(quiz, attempt, student, 2)
    assert await db.value("SELECT count(*) FROM answer") == 2


async def test_those_that_were_left_are_shown_where_the_quiz_says_so(student: Person):
    quiz = await a_quiz(is_sequential=True, shows_answered=True)
    attempt = await an_attempt(quiz, student.actor)
    await save(quiz, attempt, student.actor, 0)
    assert await leave(quiz, attempt, student, 0) == [1, 2]
    found = await sent(student, attempt)
    assert [one["position"] for one in found["quiz"]["questions"]] == [1, 2]
    assert [one["question_id"] for one in found["temp_submissions"]] == [str(quiz.questions[0].uuid)]
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(shows_answered=False))
    assert await texts(student, attempt) == ["Question 2"]


async def test_what_was_not_reached_is_shown_when_nobody_can_take_it_any_more(student: Person, admin: Person):
    shown = Review(key=Shown.AFTER_SUBMIT)
    quiz = await a_quiz(is_sequential=True, max_attempts=2, review=shown)
    attempt = await an_attempt(quiz, student.actor)
    await leave(quiz, attempt, student, 0)
    await attempts.submit_attempt(student.actor, attempt.id)
    ids = [question.id for question in quiz.questions]
    assert await texts(student, attempt) == ["Question 1", "Question 2"]
    review = (await reviews.attempt_review(student.actor, attempt.id)).review
    assert review is not None
    assert len(review) == 2
    assert [await readers.reads_question(student.actor, [id_]) for id_ in ids] == [True, True, False]
    assert len(await texts(admin, attempt)) == 3
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(is_open=False))
    assert len(await texts(student, attempt)) == 3
    assert [await readers.reads_question(student.actor, [id_]) for id_ in ids] == [True] * 3


async def test_pictures_of_later_questions_stay_shut(student: Person):
    quiz = await a_quiz(is_sequential=True)
    attempt = await an_attempt(quiz, student.actor)
    ids = [question.id for question in quiz.questions]
    assert [await readers.reads_question(student.actor, [id_]) for id_ in ids] == [True, False, False]
    await leave(quiz, attempt, student, 0)
    assert [await readers.reads_question(student.actor, [id_]) for id_ in ids] == [True, True, False]


async def test_questions_that_are_mixed_come_in_the_order_of_the_attempt(student: Person):
    quiz = await a_quiz(points=("1",) * 6, is_sequential=True, shuffles_questions=True)
    attempt = await an_attempt(quiz, student.actor)
    seen = []
    for place in range(6):
        (one,) = (await sent(student, attempt))["quiz"]["questions"]
        assert one["position"] == place + 1
        seen.append(one["id"])
        if place < 5:
            await moving.move_on(student.actor, attempt.uuid, UUID(one["id"]))
    assert sorted(seen) == sorted(str(question.uuid) for question in quiz.questions)


async def test_what_cannot_be_left(student: Person, a_person: MakePerson):
    free, quiz = await a_quiz(), await a_quiz(is_sequential=True)
    running = await an_attempt(free, student.actor)
    attempt = await an_attempt(quiz, student.actor)
    for refused, actor, ref, question in (
        (NavigationFree, student.actor, running.uuid, free.questions[0].uuid),
        (QuestionNotInQuiz, student.actor, attempt.uuid, free.questions[0].uuid),
        (QuestionNotInQuiz, student.actor, attempt.uuid, new_uuid()),
        (NotYourAttempt, (await a_person()).actor, attempt.uuid, quiz.questions[0].uuid),
        (AttemptNotFound, student.actor, new_uuid(), quiz.questions[0].uuid),
    ):
        with pytest.raises(refused):
            await moving.move_on(actor, ref, question)
    await move_deadline(attempt.id, timedelta(seconds=-6))
    with pytest.raises(TimeOver):
        await leave(quiz, attempt, student, 0)
    await move_deadline(attempt.id, timedelta(hours=1))
    await attempts.submit_attempt(student.actor, attempt.id)
    with pytest.raises(AttemptClosed):
        await leave(quiz, attempt, student, 0)
    assert await db.value("SELECT reached FROM attempt WHERE id = $1", attempt.id) == 1


async def test_the_timeline_says_when_a_question_was_left(student: Person):
    quiz = await a_quiz(is_sequential=True)
    attempt = await an_attempt(quiz, student.actor)
    await save(quiz, attempt, student.actor, 0)
    await leave(quiz, attempt, student, 0)
    found = (await timeline.timeline(SYSTEM, attempt.id, Listing())).items
    assert [one.what for one in found] == ["started", "answered", "moved_on"]
    assert (found[2].question_uuid, found[2].option_uuid) == (quiz.questions[0].uuid, None)
    assert found[2].session_uuid is not None


async def test_free_navigation_costs_one_statement_for_each_answer(student: Person, statements: list[str]):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    option = quiz.questions[2].options[0].uuid
    statements.clear()
    await saving.save_answer(student.actor, attempt.uuid, quiz.questions[2].uuid, option)
    assert len(statements) == 1
    assert len(await texts(student, attempt)) == 3
    assert "position" not in await sent(student, attempt)


async def test_the_setting_goes_over_the_wire(student: Person, admin: Person):
    quiz = await a_quiz()
    said = {"settings": {"navigation": "sequential", "show_answered": True}}
    found = (await admin.http.patch(quiz.path, json=said)).json()["data"]["settings"]
    assert (found["navigation"], found["show_answered"]) == ("sequential", True)
    attempt = await an_attempt(quiz, student.actor)
    assert attempt.is_sequential
