from datetime import timedelta
from decimal import Decimal

import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.core.paging import Listing
from backend.domain.assessments.errors import NotYourQuiz, QuizNotFound
from backend.domain.assessments.terms import QuizChange
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import queries, saving
from backend.domain.attempts.errors import (
    AttemptClosed,
    AttemptNotFound,
    AttemptRunning,
    AttemptsUsedUp,
    NotYourAttempt,
    OptionNotOfQuestion,
    PreviousMeetingMissed,
    QuestionNotInQuiz,
    QuizClosed,
    TimeOver,
)
from backend.domain.attempts.terms import AttemptState, ClosedBy
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments.errors import AssignmentOpen, QuizOpen
from backend.domain.enrolments.terms import ActivityKind
from backend.domain.grading import queries as grading
from tests import school
from tests.background import drain
from tests.people import MakePerson, Person
from tests.quizzes import a_quiz, an_attempt, move_deadline, save

NOBODY = 404
HOUR = timedelta(hours=1)


async def test_what_was_answered_is_submitted_graded_and_counts(student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    for number, right in enumerate([True, True, False]):
        await save(quiz, attempt, student.actor, number, right=right)
    await attempts.submit_attempt(student.actor, attempt.uuid)
    assert "grade_attempt" in [ran.kind for ran in await drain()]
    made = await grading.attempt_result(student.actor, attempt.uuid)
    assert made.result is not None
    assert (made.result.total_questions, made.result.correct_answers, made.result.wrong_answers) == (3, 2, 1)
    assert made.result.score_percent == Decimal("66.67")
    assert (made.attempt.state, made.attempt.closed_by) == (AttemptState.GRADED, ClosedBy.STUDENT)
    assert await db.value("SELECT count(*) FROM completion") == 1


async def test_the_deadline_is_the_duration_or_the_quizs_end(a_person: MakePerson):
    one, other = await a_person(), await a_person()
    attempt = await an_attempt(await a_quiz(duration_s=600), one.actor)
    assert attempt.deadline_at - attempt.started_at == timedelta(minutes=10)
    end = clock.now() + timedelta(minutes=3)
    attempt = await an_attempt(await a_quiz(duration_s=600, closes_at=end), other.actor)
    assert attempt.deadline_at == end


@pytest.mark.parametrize(
    ("plan", "fact"),
    [
        ({"is_open": False}, "closed"),
        ({"opens_at": HOUR}, "before"),
        ({"opens_at": -2 * HOUR, "closes_at": -HOUR}, "after"),
        ({"points": ()}, "empty"),
    ],
)
async def test_a_quiz_is_taken_in_its_time(student: Person, plan: dict, fact: str):
    moved = {name: clock.now() + value if isinstance(value, timedelta) else value for name, value in plan.items()}
    quiz = await a_quiz(**moved)
    with pytest.raises(QuizClosed) as refused:
        await an_attempt(quiz, student.actor)
    assert refused.value.data == {"fact": fact}


async def test_only_who_is_in_the_batch_starts(student: Person):
    quiz = await a_quiz()
    with pytest.raises(NotYourQuiz):
        await attempts.start_attempt(student.actor, quiz.view.id)
    with pytest.raises(QuizNotFound):
        await attempts.start_attempt(student.actor, NOBODY)
    assert await db.value("SELECT taken_at FROM assessment") is None


async def test_the_gate_wants_the_meeting_before(student: Person):
    batch = await school.a_batch(gate=True)
    before, now = await school.a_meeting(batch, begins=-5 * HOUR), await school.a_meeting(batch)
    earlier = await a_quiz(batch=batch, meeting=before, title="Warming up")
    quiz = await a_quiz(batch=batch, meeting=now)
    await enrolments.add_activity(batch.id, before.id, ActivityKind.ASSIGNMENT, 7, "Essay")
    await school.enrol(batch, student.id)
    with pytest.raises(PreviousMeetingMissed):
        await attempts.start_attempt(student.actor, quiz.view.id)
    await db.statement(
        "INSERT INTO attendance (meeting_id, account_id, is_present) VALUES ($1, $2, true)", before.id, student.id
    )
    with pytest.raises(AssignmentOpen):
        await attempts.start_attempt(student.actor, quiz.view.id)
    await enrolments.complete(student.id, ActivityKind.ASSIGNMENT, 7)
    with pytest.raises(QuizOpen) as refused:
        await attempts.start_attempt(student.actor, quiz.view.id)
    assert refused.value.data["title"] == "Warming up"
    ran_out = await attempts.start_attempt(student.actor, earlier.view.id)
    await move_deadline(ran_out.id, timedelta(minutes=-1))
    await attempts.close_overdue()  # with no answer at all: it counts as taken, so the gate opens
    assert (await attempts.start_attempt(student.actor, quiz.view.id)).attempt_no == 1


async def test_attempts_are_counted(student: Person):
    quiz = await a_quiz(max_attempts=2)
    first = await an_attempt(quiz, student.actor)
    with pytest.raises(AttemptRunning):
        await attempts.start_attempt(student.actor, quiz.view.id)
    await attempts.submit_attempt(student.actor, first.id)
    second = await attempts.start_attempt(student.actor, quiz.view.id)
    assert (first.attempt_no, second.attempt_no) == (1, 2)
    await attempts.submit_attempt(student.actor, second.id)
    with pytest.raises(AttemptsUsedUp):
        await attempts.start_attempt(student.actor, quiz.view.id)


async def test_the_last_answer_stands_and_each_is_logged(student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    for right in (True, False, True, False):
        await save(quiz, attempt, student.actor, 0, right=right)
    detail = await queries.attempt_detail(student.actor, attempt.uuid)
    assert [answer.option_uuid for answer in detail.answers] == [quiz.questions[0].options[1].uuid]
    assert await db.value("SELECT count(*) FROM answer_log WHERE session_id = $1", student.actor.session_id) == 4


async def test_an_answer_is_one_statement(student: Person, statements: list[str]):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    statements.clear()
    await save(quiz, attempt, student.actor, 0)
    assert len(statements) == 1


async def test_an_answer_that_is_not_kept_says_why(a_person: MakePerson, student: Person):
    quiz, other = await a_quiz(), await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    question, option = quiz.questions[0], quiz.questions[0].options[0]
    stranger = await a_person()
    await school.enrol(quiz.batch, stranger.id)

    async def refused(
        error: type[Exception], actor=student.actor, ref=attempt.uuid, of=question.uuid, chosen=option.uuid
    ):
        with pytest.raises(error):
            await saving.save_answer(actor, ref, of, chosen)

    await refused(AttemptNotFound, ref=NOBODY)
    await refused(NotYourAttempt, actor=stranger.actor)
    await refused(QuestionNotInQuiz, of=other.questions[0].uuid)
    await refused(OptionNotOfQuestion, chosen=quiz.questions[1].options[0].uuid)
    await refused(OptionNotOfQuestion, chosen=other.questions[0].options[0].uuid)
    await move_deadline(attempt.id, timedelta(seconds=-6))
    await refused(TimeOver)
    await move_deadline(attempt.id, timedelta(seconds=-4))
    await saving.save_answer(student.actor, attempt.uuid, question.uuid, option.uuid)
    await attempts.submit_attempt(student.actor, attempt.uuid)
    await refused(AttemptClosed)
    assert await db.value("SELECT count(*) FROM answer_log WHERE refusal IS NULL") == 1
    assert [row["refusal"] for row in await db.fetch("SELECT refusal FROM answer_log ORDER BY id")] == [
        "late",
        None,
        "closed",
    ]


async def test_who_left_the_batch_answers_and_submits_no_more(student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    await enrolments.withdraw(student.id, quiz.batch.id)
    with pytest.raises(NotYourAttempt):
        await save(quiz, attempt, student.actor, 0)
    with pytest.raises(NotYourAttempt):
        await attempts.submit_attempt(student.actor, attempt.uuid)
    await move_deadline(attempt.id, timedelta(minutes=-1))
    assert await attempts.close_overdue() == 1


async def test_submitting_needs_ones_own_open_attempt(a_person: MakePerson, student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    stranger = await a_person()
    with pytest.raises(AttemptNotFound):
        await attempts.submit_attempt(student.actor, NOBODY)
    with pytest.raises(NotYourAttempt):
        await attempts.submit_attempt(stranger.actor, attempt.uuid)
    await attempts.submit_attempt(student.actor, attempt.uuid)
    with pytest.raises(AttemptClosed):
        await attempts.submit_attempt(student.actor, attempt.uuid)
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'attempts.attempt.submitted.v1'") == 1


async def test_the_clock_closes_what_is_overdue_after_the_grace(a_person: MakePerson, statements: list[str]):
    quiz = await a_quiz()
    late = [await an_attempt(quiz, (await a_person()).actor) for _ in range(4)]
    in_grace = await an_attempt(quiz, (await a_person()).actor)
    for attempt in late:
        await move_deadline(attempt.id, timedelta(seconds=-6))
    await move_deadline(in_grace.id, timedelta(seconds=-4))
    statements.clear()
    assert await attempts.close_overdue() == 4
    assert len(statements) == 5
    assert await attempts.close_overdue() == 0
    for attempt in late:
        closed = await queries.attempt(SYSTEM, attempt.id)
        assert (closed.state, closed.closed_by) == (AttemptState.SUBMITTED, ClosedBy.CLOCK)
    assert (await queries.states_of([in_grace.id]))[in_grace.id] is AttemptState.OPEN
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'attempts.attempt.submitted.v1'") == 4
    assert await db.value("SELECT count(*) FROM completion") == 4


async def test_a_changed_time_moves_running_attempts(a_person: MakePerson):
    quiz = await a_quiz(duration_s=600, max_attempts=2)
    running, favoured, over = [await an_attempt(quiz, (await a_person()).actor) for _ in range(3)]
    await db.statement(
        "INSERT INTO quiz_override (assessment_id, account_id, extra_s) VALUES ($1, $2, 300)",
        *(quiz.view.id, favoured.account_id),
    )
    await db.statement("UPDATE attempt SET state = 'submitted' WHERE id = $1", over.id)

    async def allowed(ref: int) -> timedelta:
        found = await queries.attempt_by_id(ref)
        return found.deadline_at - found.started_at

    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(duration_s=1200))
    assert [await allowed(attempt.id) for attempt in (running, favoured, over)] == [
        timedelta(minutes=20),
        timedelta(minutes=25),
        timedelta(minutes=10),
    ]
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(closes_at=running.started_at + timedelta(minutes=5)))
    assert await allowed(running.id) == timedelta(minutes=5)
    assert await allowed(favoured.id) == timedelta(minutes=10), "extra time outlasts the end"
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(closes_at=None))
    assert await allowed(running.id) == timedelta(minutes=20)


async def test_upcoming_are_the_quizzes_that_can_still_be_taken(student: Person):
    batch = await school.a_batch()
    now = clock.now()
    once = await a_quiz(batch=batch, closes_at=now + 2 * HOUR)
    twice = await a_quiz(batch=batch, closes_at=now + HOUR, max_attempts=2)
    endless = await a_quiz(batch=batch)
    await a_quiz(batch=batch, opens_at=now - 2 * HOUR, closes_at=now - HOUR)
    await a_quiz()
    await school.enrol(batch, student.id)

    async def upcoming() -> list[tuple[int, int]]:
        found = await queries.upcoming_quizzes(student.actor, Listing())
        return [(view.id, view.attempts_used) for view in found.items]

    assert await upcoming() == [(twice.view.id, 0), (once.view.id, 0), (endless.view.id, 0)]
    for quiz in (once, twice):
        attempt = await attempts.start_attempt(student.actor, quiz.view.id)
        await attempts.submit_attempt(student.actor, attempt.id)
    assert await upcoming() == [(twice.view.id, 1), (endless.view.id, 0)]
