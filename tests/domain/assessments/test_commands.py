from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.domain.assessments import commands as assessments
from backend.domain.assessments import queries, rules
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.drafts import QuestionChange
from backend.domain.assessments.errors import (
    NotOneRight,
    NotTeachingMeeting,
    NotYourQuiz,
    OrderIncomplete,
    PeriodBackwards,
    QuestionNotFound,
    QuestionsHidden,
    QuizHasQuestions,
    QuizNotFound,
    QuizTaken,
    TooManyQuestions,
)
from backend.domain.assessments.terms import QuizChange, QuizPlan, QuizType
from backend.domain.batches.errors import MeetingNotFound
from tests import school
from tests.people import Person
from tests.quizzes import a_draft, a_quiz, an_attempt, choices

PLAN = QuizPlan(title="Quiz", quiz_type=QuizType.MULTIPLE_CHOICE, duration_s=600, max_attempts=1, is_open=False)
NOBODY = 404

pytestmark = pytest.mark.usefixtures("database")


async def texts(quiz_id: int) -> list[tuple[int, str]]:
    found = await queries.questions(SYSTEM, quiz_id)
    return [(question.position, question.text) for question in found.questions]


async def test_who_teaches_in_the_batch_makes_a_quiz_and_it_counts(teacher: Person):
    batch = await school.a_batch()
    meeting, other = await school.a_meeting(batch), await school.a_meeting(batch)
    await school.teach(other, teacher.id)
    quiz = await assessments.create_quiz(teacher.actor, meeting.uuid, PLAN)
    assert (quiz.meeting_id, quiz.question_count, quiz.is_open) == (meeting.id, 0, False)
    title = await db.value("SELECT title FROM activity WHERE kind = 'quiz' AND item_id = $1", quiz.id)
    assert title == "Quiz"
    await assessments.update_quiz(teacher.actor, quiz.uuid, QuizChange(title="Other"))
    title = await db.value("SELECT title FROM activity WHERE kind = 'quiz' AND item_id = $1", quiz.id)
    assert title == "Other"
    await assessments.delete_quiz(teacher.actor, quiz.uuid)
    assert await db.value("SELECT count(*) FROM activity WHERE kind = 'quiz'") == 0
    with pytest.raises(QuizNotFound):
        await assessments.delete_quiz(teacher.actor, quiz.uuid)


async def test_others_may_not(teacher: Person, student: Person):
    quiz = await a_quiz()
    for actor in (teacher.actor, student.actor):
        with pytest.raises(NotTeachingMeeting):
            await assessments.create_quiz(actor, quiz.meeting.id, PLAN)
        with pytest.raises(NotYourQuiz):
            await assessments.update_quiz(actor, quiz.view.id, QuizChange(title="Mine"))
        with pytest.raises(NotYourQuiz):
            await assessments.delete_quiz(actor, quiz.view.id)
        with pytest.raises(NotYourQuiz):
            await editing.add_question(actor, quiz.view.id, a_draft())
        with pytest.raises(QuestionsHidden):
            await queries.questions(actor, quiz.view.id)


async def test_there_must_be_a_meeting():
    with pytest.raises(MeetingNotFound):
        await assessments.create_quiz(SYSTEM, NOBODY, PLAN)


async def test_a_quiz_ends_after_it_begins():
    now = clock.now()
    meeting = await school.a_meeting(await school.a_batch())
    backwards = msgspec.structs.replace(PLAN, opens_at=now, closes_at=now - timedelta(hours=1))
    with pytest.raises(PeriodBackwards):
        await assessments.create_quiz(SYSTEM, meeting.id, backwards)
    quiz = await a_quiz(opens_at=now)
    with pytest.raises(PeriodBackwards):
        await assessments.update_quiz(SYSTEM, quiz.view.id, QuizChange(closes_at=now))


async def test_the_type_stays_while_there_are_questions():
    quiz = await a_quiz(points=("1",))
    await assessments.update_quiz(SYSTEM, quiz.view.id, QuizChange(quiz_type=QuizType.MULTIPLE_CHOICE))
    with pytest.raises(QuizHasQuestions):
        await assessments.update_quiz(SYSTEM, quiz.view.id, QuizChange(quiz_type=QuizType.TRUE_FALSE))
    await editing.remove_question(SYSTEM, quiz.view.id, quiz.questions[0].id)
    changed = await assessments.update_quiz(SYSTEM, quiz.view.id, QuizChange(quiz_type=QuizType.TRUE_FALSE))
    assert changed.quiz_type is QuizType.TRUE_FALSE


async def test_questions_keep_their_places_dense():
    quiz = await a_quiz(points=("1", "1", "1", "1"))
    await editing.remove_question(SYSTEM, quiz.view.id, quiz.questions[1].uuid)
    assert await texts(quiz.view.id) == [(1, "Question 1"), (2, "Question 3"), (3, "Question 4")]
    left = [quiz.questions[index].uuid for index in (3, 0, 2)]
    await editing.reorder_questions(SYSTEM, quiz.view.id, left)
    assert await texts(quiz.view.id) == [(1, "Question 4"), (2, "Question 1"), (3, "Question 3")]
    await editing.add_question(SYSTEM, quiz.view.id, a_draft(5))
    assert (await texts(quiz.view.id))[-1] == (4, "Question 5")


async def test_an_order_names_each_question_once():
    quiz = await a_quiz()
    one, two, three = [question.uuid for question in quiz.questions]
    stranger = (await a_quiz()).questions[0].uuid
    for order in (
        [],
        [one, two],
        [one, two, two],
        [one, two, three, three],
        [one, two, stranger],
        [one, two, three, stranger],
    ):
        with pytest.raises(OrderIncomplete):
            await editing.reorder_questions(SYSTEM, quiz.view.id, order)


async def test_a_question_is_changed_in_part_and_the_key_gets_a_new_version():
    quiz = await a_quiz()
    question = quiz.questions[0]
    before = (await queries.quiz_by_id(quiz.view.id)).key_version
    changed = await editing.update_question(
        SYSTEM, quiz.view.id, question.uuid, QuestionChange(points=Decimal("2.5"), explanation=None)
    )
    assert (changed.text, changed.points, changed.explanation) == (question.text, Decimal("2.50"), None)
    assert changed.options == question.options
    options = tuple(reversed(choices("ABC")))
    changed = await editing.update_question(SYSTEM, quiz.view.id, question.uuid, QuestionChange(key=options))
    assert [option.is_correct for option in changed.options] == [False, False, True]
    assert [option.uuid for option in changed.options] == [option.uuid for option in reversed(question.options)]
    assert (await queries.quiz_by_id(quiz.view.id)).key_version == before + 2


async def test_a_question_needs_one_right_option_and_its_quiz():
    quiz, other = await a_quiz(), await a_quiz()
    none_right = choices("ABC", right="")
    with pytest.raises(NotOneRight):
        await editing.add_question(SYSTEM, quiz.view.id, msgspec.structs.replace(a_draft(), key=none_right))
    with pytest.raises(NotOneRight):
        await editing.update_question(SYSTEM, quiz.view.id, quiz.questions[0].id, QuestionChange(key=none_right))
    with pytest.raises(QuestionNotFound):
        await editing.update_question(SYSTEM, other.view.id, quiz.questions[0].uuid, QuestionChange(text="Mine"))
    with pytest.raises(QuestionNotFound):
        await editing.remove_question(SYSTEM, other.view.id, quiz.questions[0].uuid)


async def test_a_quiz_has_so_many_questions_and_no_more(monkeypatch: pytest.MonkeyPatch):
    quiz = await a_quiz()
    monkeypatch.setattr(rules, "MAX_QUESTIONS", 3)
    with pytest.raises(TooManyQuestions):
        await editing.add_question(SYSTEM, quiz.view.id, a_draft())


async def test_a_quiz_that_was_taken_stays(student: Person):
    quiz = await a_quiz()
    await an_attempt(quiz, student.actor)
    question = quiz.questions[0]
    with pytest.raises(QuizTaken):
        await assessments.delete_quiz(SYSTEM, quiz.view.id)
    with pytest.raises(QuizTaken):
        await editing.add_question(SYSTEM, quiz.view.id, a_draft())
    with pytest.raises(QuizTaken):
        await editing.update_question(SYSTEM, quiz.view.id, question.id, QuestionChange(text="Other"))
    with pytest.raises(QuizTaken):
        await editing.remove_question(SYSTEM, quiz.view.id, question.id)
    with pytest.raises(QuizTaken):
        await editing.reorder_questions(SYSTEM, quiz.view.id, [q.uuid for q in reversed(quiz.questions)])
    changed = await assessments.update_quiz(SYSTEM, quiz.view.id, QuizChange(title="Other", is_open=False))
    assert (changed.title, changed.is_open) == ("Other", False)


async def test_the_quizzes_of_several_meetings_come_in_one_statement(statements: list[str]):
    first, second = await a_quiz(), await a_quiz(points=("2", "3"))
    statements.clear()
    found = await queries.quizzes_of_meetings([first.meeting.id, second.meeting.id, NOBODY])
    assert len(statements) == 1
    assert [view.id for view in found[first.meeting.id]] == [first.view.id]
    assert found[second.meeting.id][0].total_points == 5
    assert found[NOBODY] == []
