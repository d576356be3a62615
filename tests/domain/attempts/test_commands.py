from decimal import Decimal

from backend.core import db
from backend.domain.attempts import commands as attempts
from backend.domain.grading import queries as grading
from tests.background import drain
from tests.people import Person
from tests.quizzes import a_quiz, an_attempt


async def test_what_was_answered_is_submitted_graded_and_counts(student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    for number, right in enumerate([True, True, False]):
        sent = quiz.answer(number, right=right)
        option = next(o.uuid for o in quiz.questions[number].options if str(o.uuid) == sent["selected_option_id"])
        await attempts.save_answer(student.actor, attempt.uuid, quiz.questions[number].uuid, option)
    await attempts.submit_attempt(student.actor, attempt.uuid)
    assert "grade_attempt" in [ran.kind for ran in await drain()]
    made = await grading.attempt_result(student.actor, attempt.uuid)
    assert made.result is not None
    assert (made.result.total_questions, made.result.correct_answers, made.result.wrong_answers) == (3, 2, 1)
    assert made.result.score_percent == Decimal("66.67")
    assert await db.value("SELECT count(*) FROM completion") == 1
