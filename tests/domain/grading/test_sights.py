"""When students see their scores: everywhere the same."""

from datetime import timedelta

import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.domain.assessments.terms import QuizChange, Review, Shown
from backend.domain.attempts import commands as attempts
from backend.domain.grading import commands as grading
from backend.domain.notifications import facts
from tests import school
from tests.people import Person
from tests.quizzes import QuizRow, a_quiz, an_attempt, save

NUMBERS = ("total_questions", "correct_answers", "wrong_answers", "points", "max_points", "score_percent")


async def taken(student: Person, **plan: object) -> tuple[QuizRow, int, str]:
    quiz = await a_quiz(pass_percent=50, **plan)
    attempt = await an_attempt(quiz, student.actor)
    for number in range(3):
        await save(quiz, attempt, student.actor, number, right=number != 2)
    await attempts.submit_attempt(student.actor, attempt.id)
    await grading.grade_attempts([attempt.id])
    return quiz, attempt.id, f"/api/v1/quizzes/attempts/{attempt.uuid}/result"


async def scores_seen(quiz: QuizRow, path: str, person: Person, student: Person) -> list[object]:
    """The score as it is shown to somebody, wherever it may be: in the result, in lists, in scores, on dashboards."""
    result = (await person.http.get(path)).json()["data"]
    listed = (await person.http.get(f"{quiz.path}/attempts?sort=score")).json()["data"]
    own = person is student
    batch = quiz.batch
    scores = f"/me/batches/{batch.uuid}/scores" if own else f"/batches/{batch.slug}/students/{student.uuid}/scores"
    of_batch = (await person.http.get(f"/api/v1{scores}")).json()["data"]["quizzes"][0]
    seen = [result["score_percent"], listed[0]["score_percent"], of_batch["score"]]
    if own:
        panel = (await person.http.get(f"/api/v1/dashboard/student/score-progress?batch_slug={batch.slug}")).json()
        seen.append(panel["data"]["data"][0]["quiz_avg"])
    return seen


@pytest.mark.parametrize("shown", Shown)
async def test_a_hidden_score_is_hidden_everywhere(student: Person, admin: Person, shown: Shown):
    quiz, attempt_id, path = await taken(student, review=Review(score=shown))
    result = (await student.http.get(path)).json()["data"]
    told = await facts.result(attempt_id)
    assert told is not None
    assert told.shows_score is (shown is Shown.AFTER_SUBMIT)
    if shown is Shown.AFTER_SUBMIT:
        assert (result["status"], result["passed"]) == ("graded", True)
        assert await scores_seen(quiz, path, student, student) == [66.67] * 4
    else:
        assert result["status"] == "hidden"
        assert "passed" not in result
        assert [result[name] for name in NUMBERS] == [None] * 6
        assert await scores_seen(quiz, path, student, student) == [None, None, 0.0, None]
    assert await scores_seen(quiz, path, admin, student) == [66.67] * 3
    assert (await admin.http.get(quiz.path)).json()["data"]["settings"]["review"]["score"] == shown


async def test_after_the_close_means_for_everybody(student: Person):
    quiz, _, path = await taken(student, review=Review(score=Shown.AFTER_CLOSE), closes_at=clock.now() + timedelta(1))
    await db.statement("UPDATE assessment SET closes_at = now() - interval '1 hour'")
    assert await scores_seen(quiz, path, student, student) == [66.67] * 4
    await db.statement(
        "INSERT INTO quiz_override (assessment_id, account_id, closes_at)"
        " SELECT assessment_id, account_id, now() + interval '1 hour' FROM attempt"
    )
    assert await scores_seen(quiz, path, student, student) == [None, None, 0.0, None]


async def test_scores_say_why_there_is_none(student: Person):
    quiz, _, _ = await taken(student, review=Review(score=Shown.NEVER))
    waiting, untouched = [await a_quiz(batch=quiz.batch, meeting=quiz.meeting) for _ in range(2)]
    attempt = await an_attempt(waiting, student.actor, enrolled=True)
    await attempts.submit_attempt(student.actor, attempt.id)
    found = (await student.http.get(f"/api/v1/me/batches/{quiz.batch.uuid}/scores")).json()["data"]["quizzes"]
    status = {one["id"]: one["score_status"] for one in found}
    assert [status[str(one.view.uuid)] for one in (quiz, waiting, untouched)] == ["hidden", "waiting", "nothing"]


async def test_a_quiz_that_says_nothing_shows_its_scores(student: Person, teacher: Person):
    quiz, _, path = await taken(student)
    assert (await student.http.get(path)).json()["data"]["score_percent"] == 66.67
    await school.teach(quiz.meeting, teacher.id)
    said = {"settings": {"review": {"score": "never"}}}
    assert (await teacher.http.patch(quiz.path, json=said)).json()["data"]["settings"]["review"]["score"] == "never"
    assert (await student.http.get(path)).json()["data"]["status"] == "hidden"
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(review=Review()))
    assert (await student.http.get(path)).json()["data"]["score_percent"] == 66.67
