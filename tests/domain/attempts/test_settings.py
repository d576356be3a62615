"""What a quiz may be set to, and what single people are granted."""

from datetime import timedelta
from decimal import Decimal

import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.core.paging import Listing
from backend.domain.accounts.errors import PersonNotFound
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.errors import NotYourQuiz, PeriodBackwards
from backend.domain.assessments.question_commands import SectionPlan
from backend.domain.assessments.terms import QuizChange
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import overrides, queries, saving, timeline
from backend.domain.attempts.errors import (
    AttemptClosed,
    AttemptHidden,
    AttemptsUsedUp,
    NotYourAttempt,
    OverrideNotFound,
    PauseNotOver,
    QuestionNotInQuiz,
    QuizClosed,
    TimeOver,
)
from backend.domain.attempts.overrides import OverridePlan
from backend.domain.enrolments.errors import PersonNotOfBatch
from tests import school
from tests.background import drain
from tests.kinds import a_quiz_of
from tests.people import MakePerson, Person
from tests.quizzes import a_quiz, an_attempt, move_deadline, save

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


async def asked(actor, attempt) -> list:
    return [question.uuid for question in (await queries.attempt_detail(actor, attempt.id)).questions]


async def test_questions_are_mixed_for_each_and_stay_so(a_person: MakePerson):
    quiz = await a_quiz(points=("1",) * 12, shuffles_questions=True, shuffles_options=True)
    orders, seeds = set(), set()
    for person in [await a_person() for _ in range(4)]:
        attempt = await an_attempt(quiz, person.actor)
        order = await asked(person.actor, attempt)
        assert order == await asked(person.actor, attempt)
        assert sorted(order) == sorted(question.uuid for question in quiz.questions)
        orders.add(tuple(order))
        seeds.add(attempt.seed)
        shown = [(await person.http.get(f"/api/v1/quizzes/attempts/{attempt.uuid}")).json() for _ in range(2)]
        questions = [answer["data"]["quiz"]["questions"] for answer in shown]
        assert questions[0] == questions[1]
        assert [question["id"] for question in questions[0]] == [str(uuid) for uuid in order]
        assert [question["position"] for question in questions[0]] == list(range(1, 13))
        texts = {tuple(option["option_text"] for option in question["options"]) for question in questions[0]}
        assert len(texts) > 1
    assert len(orders) == len(seeds) == 4
    assert 0 not in seeds


async def test_a_quiz_that_is_not_mixed_is_as_it_always_was(student: Person):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    assert (attempt.seed, attempt.question_ids) == (0, None)


async def test_so_many_are_drawn_and_the_rest_does_not_count(a_person: MakePerson):
    quiz = await a_quiz(points=("1",) * 8)
    (section,) = (await db.fetch("SELECT uuid FROM section WHERE assessment_id = $1", quiz.view.id))[0]
    await editing.put_sections(SYSTEM, quiz.view.id, [SectionPlan(uuid=section, draw=3)])
    drawn = []
    for person in [await a_person() for _ in range(4)]:
        attempt = await an_attempt(quiz, person.actor)
        order = await asked(person.actor, attempt)
        assert len(order) == 3
        positions = [next(q.position for q in quiz.questions if q.uuid == uuid) for uuid in order]
        assert positions == sorted(positions), "drawn, not mixed"
        drawn.append(frozenset(order))
        outside = next(number for number, q in enumerate(quiz.questions) if q.uuid not in order)
        with pytest.raises(QuestionNotInQuiz):
            await save(quiz, attempt, person.actor, outside)
    assert len(set(drawn)) > 1


async def test_there_is_a_pause_between_attempts(student: Person):
    quiz = await a_quiz(max_attempts=3, pause_s=600)
    for number in range(2):
        attempt = await an_attempt(quiz, student.actor, enrolled=number > 0)
        await attempts.submit_attempt(student.actor, attempt.id)
        with pytest.raises(PauseNotOver) as told:
            await attempts.start_attempt(student.actor, quiz.view.id)
        assert 0 < told.value.data["seconds"] <= 600
        await db.statement("UPDATE attempt SET submitted_at = submitted_at - interval '11 min'")


async def test_the_grace_is_the_quizs(student: Person):
    quiz = await a_quiz(grace_s=60)
    attempt = await an_attempt(quiz, student.actor)
    await move_deadline(attempt.id, timedelta(seconds=-50))
    await save(quiz, attempt, student.actor, 0)
    assert await attempts.close_overdue() == 0
    await move_deadline(attempt.id, timedelta(seconds=-61))
    with pytest.raises(TimeOver):
        await save(quiz, attempt, student.actor, 0)
    assert await attempts.close_overdue() == 1


async def allowed(ref: int) -> timedelta:
    found = await queries.attempt_by_id(ref)
    return found.deadline_at - found.started_at


@pytest.mark.parametrize(
    ("plan", "minutes"),
    [
        (OverridePlan(extra_s=600), 40),
        (OverridePlan(time_factor=Decimal("1.5")), 45),
        (OverridePlan(time_factor=Decimal("1.5"), extra_s=300), 50),
        (OverridePlan(), 30),
    ],
)
async def test_extra_time_is_there_from_the_start_and_while_an_attempt_runs(a_person: MakePerson, plan, minutes):
    quiz = await a_quiz(duration_s=1800)
    before, after, other = [await a_person() for _ in range(3)]
    for person in (before, after, other):
        await school.enrol(quiz.batch, person.id)
    await overrides.put_override(SYSTEM, quiz.view.id, before.uuid, plan)
    attempt = await attempts.start_attempt(before.actor, quiz.view.id)
    running = await attempts.start_attempt(after.actor, quiz.view.id)
    plain = await attempts.start_attempt(other.actor, quiz.view.id)
    await overrides.put_override(SYSTEM, quiz.view.id, after.uuid, plan)
    found = [await allowed(one.id) for one in (attempt, running, plain)]
    assert found == [timedelta(minutes=minutes)] * 2 + [timedelta(minutes=30)]
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(duration_s=3600))
    assert await allowed(plain.id) == HOUR
    await overrides.delete_override(SYSTEM, quiz.view.id, after.uuid)
    assert await allowed(running.id) == HOUR
    with pytest.raises(OverrideNotFound):
        await overrides.delete_override(SYSTEM, quiz.view.id, after.uuid)


async def test_extra_time_outlasts_the_end(student: Person):
    quiz = await a_quiz(duration_s=3600, closes_at=clock.now() + 10 * MINUTE)
    await school.enrol(quiz.batch, student.id)
    await overrides.put_override(SYSTEM, quiz.view.id, student.id, OverridePlan(extra_s=1200))
    attempt = await attempts.start_attempt(student.actor, quiz.view.id)
    assert timedelta(minutes=29) < await allowed(attempt.id) < timedelta(minutes=31)
    shown = (await student.http.get(f"/api/v1/quizzes/attempts/{attempt.uuid}")).json()["data"]["attempt"]
    await overrides.put_override(SYSTEM, quiz.view.id, student.id, OverridePlan(extra_s=2400))
    again = (await student.http.get(f"/api/v1/quizzes/attempts/{attempt.uuid}")).json()["data"]["attempt"]
    assert again["deadline_at"] > shown["deadline_at"], "the student's page sees it"


async def test_another_window_and_more_attempts(student: Person):
    now = clock.now()
    quiz = await a_quiz(opens_at=now - 2 * HOUR, closes_at=now - HOUR)
    await school.enrol(quiz.batch, student.id)
    with pytest.raises(QuizClosed):
        await attempts.start_attempt(student.actor, quiz.view.id)
    plan = OverridePlan(closes_at=now + HOUR, extra_attempts=1)
    await overrides.put_override(SYSTEM, quiz.view.id, student.id, plan)
    assert [quiz_.id for quiz_ in (await queries.upcoming_quizzes(student.actor, Listing())).items] == [quiz.view.id]
    for _ in range(2):
        attempt = await attempts.start_attempt(student.actor, quiz.view.id)
        await attempts.submit_attempt(student.actor, attempt.id)
    with pytest.raises(AttemptsUsedUp) as told:
        await attempts.start_attempt(student.actor, quiz.view.id)
    assert told.value.data["most"] == 2


async def test_somebody_may_begin_before_the_others_or_only_after_them(a_person: MakePerson):
    now = clock.now()
    quiz = await a_quiz(opens_at=now + HOUR, closes_at=now + 3 * HOUR)
    early, late = [await a_person() for _ in range(2)]
    for person, opens_at in ((early, now - HOUR), (late, now + 2 * HOUR)):
        await school.enrol(quiz.batch, person.id)
        await overrides.put_override(SYSTEM, quiz.view.id, person.id, OverridePlan(opens_at=opens_at))
    await attempts.start_attempt(early.actor, quiz.view.id)
    await db.statement("UPDATE assessment SET opens_at = now() - interval '1 min'")
    with pytest.raises(QuizClosed) as told:
        await attempts.start_attempt(late.actor, quiz.view.id)
    assert told.value.data["fact"] == "before"


async def test_who_grants_to_whom(a_person: MakePerson, student: Person, teacher: Person):
    quiz = await a_quiz()
    for refused, actor, person in (
        (NotYourQuiz, teacher.actor, student.id),
        (NotYourQuiz, student.actor, student.id),
        (PersonNotOfBatch, SYSTEM, student.id),
        (PersonNotFound, SYSTEM, 404),
    ):
        with pytest.raises(refused):
            await overrides.put_override(actor, quiz.view.id, person, OverridePlan(extra_s=1))
    await school.enrol(quiz.batch, student.id)
    with pytest.raises(PeriodBackwards):
        backwards = OverridePlan(opens_at=clock.now(), closes_at=clock.now() - HOUR)
        await overrides.put_override(SYSTEM, quiz.view.id, student.id, backwards)
    await school.teach(quiz.meeting, teacher.id)
    await overrides.put_override(teacher.actor, quiz.view.id, student.id, OverridePlan(extra_s=60, note="ill"))
    listed = await overrides.overrides(teacher.actor, quiz.view.id, Listing())
    assert [(row.extra_s, row.note, row.person and row.person.uuid) for row in listed.items] == [
        (60, "ill", student.uuid)
    ]


async def test_the_timeline_has_each_answer_and_what_came_too_late(student: Person, teacher: Person):
    quiz = await a_quiz_of("single_choice", "short_text")
    attempt = await an_attempt(quiz, student.actor)
    await school.teach(quiz.meeting, teacher.id)
    first, second = quiz.questions
    await saving.save_answer(student.actor, attempt.uuid, first.uuid, first.options[1].uuid)
    typed = {"question_id": str(second.uuid), "answer": {"kind": "short_text", "text": "Jakarta"}}
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    assert (await student.http.post(f"{path}/temp-submissions", json=typed)).status_code == 200
    assert (await teacher.http.post(f"{path}/close")).status_code == 200
    with pytest.raises(AttemptClosed):
        await saving.save_answer(student.actor, attempt.uuid, first.uuid, first.options[0].uuid)
    found = await timeline.timeline(teacher.actor, attempt.id, Listing(limit=3))
    assert (found.total, [entry.what for entry in found.items]) == (5, ["started", "answered", "answered"])
    rest = await timeline.timeline(teacher.actor, attempt.id, Listing(offset=3, limit=3))
    assert {entry.what for entry in rest.items} == {"closed", "refused"}
    everything = {entry.what: entry for entry in (*found.items, *rest.items)}
    assert (everything["closed"].by, everything["closed"].by_uuid) == ("staff", teacher.uuid)
    assert (everything["refused"].refusal, everything["refused"].option_uuid) == ("closed", first.options[0].uuid)
    assert everything["refused"].session_uuid is not None
    shown = (await teacher.http.get(f"{path}/timeline?limit=10")).json()
    assert shown["meta"]["total"] == 5
    assert [entry["answer"] for entry in shown["data"] if entry["answer"]] == [typed["answer"]]
    with pytest.raises(AttemptHidden):
        await timeline.timeline(student.actor, attempt.id, Listing())


async def test_late_answers_are_noted_up_to_a_number(student: Person, monkeypatch: pytest.MonkeyPatch):
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    await move_deadline(attempt.id, timedelta(seconds=-6))
    monkeypatch.setattr(saving, "_WHY_NOT", saving._WHY_NOT.replace("< 100", "< 3"))
    for _ in range(5):
        with pytest.raises(TimeOver):
            await save(quiz, attempt, student.actor, 0)
    assert await db.value("SELECT count(*) FROM answer_log WHERE refusal = 'late'") == 3
    assert await db.value("SELECT count(*) FROM answer") == 0


async def test_an_answer_can_be_taken_back_and_costs_nothing_then(student: Person, teacher: Person):
    quiz = await a_quiz_of("single_choice", "short_text")
    await db.statement("UPDATE question SET penalty = 1 WHERE assessment_id = $1", quiz.view.id)
    attempt = await an_attempt(quiz, student.actor)
    await school.teach(quiz.meeting, teacher.id)
    first = quiz.questions[0]
    wrong = next(option for option in first.options if not option.is_correct)
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    await saving.save_answer(student.actor, attempt.uuid, first.uuid, wrong.uuid)
    body = {"question_id": str(first.uuid), "answer": None}
    assert (await student.http.post(f"{path}/temp-submissions", json=body)).json()["data"] == {"status": "saved"}
    shown = (await student.http.get(path)).json()["data"]
    assert shown["temp_submissions"] == []
    both = body | {"selected_option_id": str(wrong.uuid)}
    assert (await student.http.post(f"{path}/temp-submissions", json=both)).status_code == 400
    await saving.clear(student.actor, attempt.uuid, first.uuid)
    await attempts.submit_attempt(student.actor, attempt.id)
    refused = await student.http.post(f"{path}/temp-submissions", json=body)
    assert refused.status_code == 409
    await drain()
    result = (await student.http.get(f"{path}/result")).json()["data"]
    assert (result["status"], result["points"]) == ("graded", 0)
    told = (await teacher.http.get(f"{path}/timeline")).json()["data"]
    happened = [one["what"] for one in told]
    assert happened[:4] == ["started", "answered", "cleared", "cleared"]
    assert sorted(happened[4:]) == ["closed", "refused"]
    assert {one["answer"] for one in told} == {None}


async def test_what_cannot_be_answered_cannot_be_taken_back(student: Person, a_person: MakePerson):
    quiz, other = await a_quiz(), await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    for refused, actor, question in (
        (QuestionNotInQuiz, student.actor, other.questions[0].uuid),
        (NotYourAttempt, (await a_person()).actor, quiz.questions[0].uuid),
    ):
        with pytest.raises(refused):
            await saving.clear(actor, attempt.uuid, question)
    await move_deadline(attempt.id, timedelta(seconds=-6))
    with pytest.raises(TimeOver):
        await saving.clear(student.actor, attempt.uuid, quiz.questions[0].uuid)
