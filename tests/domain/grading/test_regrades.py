"""Results after a key was mended: each policy, what is shown and what is done, races, and what stays."""

from decimal import Decimal

import msgspec
import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.core.errors import DomainError
from backend.core.paging import Listing
from backend.domain.assessments import question_commands as editing
from backend.domain.assessments.answers import EssayAnswer
from backend.domain.assessments.drafts import KeyChange, QuestionDraft
from backend.domain.assessments.keys import EssayKey
from backend.domain.assessments.terms import QuizChange, Review, Shown
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import saving
from backend.domain.grading import hand_marking, queries, regrade_queries, regrades
from backend.domain.grading.errors import KeyMovedOn, NothingMended, RegradeIsStale, RegradeNotFound, RegradeRunning
from backend.domain.grading.hand_marking import HandMarkDraft
from backend.domain.grading.regrade_queries import RegradeReport
from backend.domain.grading.terms import RegradePolicy, RegradeState
from backend.domain.jobs.commands import Queued
from tests.background import drain, drain_again
from tests.mailbox import Mailbox
from tests.people import MakePerson, Person
from tests.quizzes import QuizRow, a_quiz, an_attempt, save
from tests.regrading import mend, sat

NEW, BETTER, FULL = RegradePolicy.NEW_KEY, RegradePolicy.BETTER, RegradePolicy.FULL_CREDIT


async def percent(attempt_id: int) -> str:
    made = (await queries.attempt_result(SYSTEM, attempt_id)).result
    assert made is not None
    return str(made.score_percent)


async def report(queued: Queued) -> RegradeReport:
    """What a job of ours came to; it must have been done."""
    await drain()
    row = await db.row("SELECT state, error, report::text AS report FROM job WHERE id = $1", queued.id)
    assert row is not None
    assert row["state"] == "done", row["error"]
    return msgspec.json.decode(row["report"], type=RegradeReport)


async def shown_and_done(quiz: QuizRow, policy: RegradePolicy) -> RegradeReport:
    """A preview and its application, which must say the same."""
    preview = await regrades.order_preview(SYSTEM, quiz.view.id, policy, "the key was wrong")
    shown = await report(preview)
    done = await report(await regrades.order_preview_applied(SYSTEM, quiz.view.id, preview.uuid))
    assert done == msgspec.structs.replace(shown, is_applied=True)
    return done


@pytest.fixture
async def mended(a_person: MakePerson, database: None) -> tuple[QuizRow, int, int]:
    """A quiz of two questions: A was right in both, and in the first it is B now. Two have taken it before."""
    quiz = await a_quiz(points=("1", "1"), pass_percent=Decimal(50))
    had_it = await sat(quiz, await a_person(), right=(True, False))
    had_not = await sat(quiz, await a_person(), right=(False, True))
    await mend(quiz)
    return quiz, had_it, had_not


@pytest.mark.parametrize(
    ("policy", "expected", "counts"),
    [
        (NEW, ("0.00", "100.00"), (2, 1, 1)),
        (BETTER, ("50.00", "100.00"), (1, 1, 0)),
        (FULL, ("50.00", "100.00"), (1, 1, 0)),
    ],
)
async def test_each_policy_gives_what_it_says(mended, policy: RegradePolicy, expected, counts):
    quiz, had_it, had_not = mended
    done = await shown_and_done(quiz, policy)
    assert (await percent(had_it), await percent(had_not)) == expected
    assert (done.changed, done.raised, done.lowered) == counts
    assert done.considered == 2
    assert [(one.number, one.raised, one.lowered) for one in done.questions] == [(1, counts[1], counts[2])]
    versions = await db.fetch("SELECT key_version FROM result ORDER BY id")
    assert [row["key_version"] for row in versions] == [done.key_version] * 2


async def test_full_credit_is_for_who_was_asked_and_for_no_answer_too(a_person: MakePerson, database: None):
    quiz = await a_quiz(points=("3", "1"))
    nothing = await sat(quiz, await a_person(), right=())
    await mend(quiz)
    await shown_and_done(quiz, FULL)
    assert await percent(nothing) == "75.00"


async def test_a_preview_changes_nothing(mended):
    quiz, had_it, had_not = mended
    shown = await report(await regrades.order_preview(SYSTEM, quiz.view.id, NEW))
    assert (shown.changed, shown.passed_before, shown.passed_after) == (2, 2, 1)
    assert [(one.old_percent, one.new_percent) for one in shown.changes] == [(50.0, 0.0), (50.0, 100.0)]
    assert (await percent(had_it), await percent(had_not)) == ("50.00", "50.00")
    assert (await regrade_queries.regrades(SYSTEM, quiz.view.id, Listing())).total == 0
    seen = await regrade_queries.entries(SYSTEM, quiz.view.id, shown.regrade_id, Listing(filters={"changed": "true"}))
    assert (seen.total, seen.items) == (2, shown.changes)


async def test_twice_is_once(mended):
    quiz, had_it, _ = mended
    first = await regrades.order_regrade(SYSTEM, quiz.view.id, NEW)
    again = await regrades.order_regrade(SYSTEM, quiz.view.id, NEW)
    assert (again.uuid, again.is_new) == (first.uuid, False)
    done = await report(first)
    after = await regrades.order_regrade(SYSTEM, quiz.view.id, NEW)
    assert after.uuid == first.uuid
    await db.statement("UPDATE job SET state = 'queued', attempt = 0, report = NULL WHERE id = $1", first.id)
    assert await report(first) == done
    assert await percent(had_it) == "0.00"
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'grading.quiz.regraded.v1'") == 1
    assert await db.value("SELECT max(revision) FROM result") == 2


async def test_another_policy_may_follow_and_restores_what_the_first_took(mended):
    quiz, had_it, had_not = mended
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, NEW))
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, BETTER))
    assert (await percent(had_it), await percent(had_not)) == ("50.00", "100.00")
    history = await regrade_queries.regrades(SYSTEM, quiz.view.id, Listing())
    assert [view.policy for view in history.items] == [BETTER, NEW]


async def test_while_one_is_under_way_another_policy_waits(mended):
    quiz = mended[0]
    await regrades.order_regrade(SYSTEM, quiz.view.id, NEW)
    with pytest.raises(RegradeRunning):
        await regrades.order_regrade(SYSTEM, quiz.view.id, FULL)


async def test_one_that_came_to_nothing_stands_in_nobodys_way(mended):
    quiz = mended[0]
    given_up = await regrades.order_regrade(SYSTEM, quiz.view.id, NEW)
    await db.statement("UPDATE job SET state = 'cancelled' WHERE id = $1", given_up.id)
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, FULL))
    states = await db.fetch("SELECT state FROM regrade ORDER BY id")
    assert [row["state"] for row in states] == [RegradeState.DROPPED, RegradeState.APPLIED]


async def test_a_result_that_changed_refuses_the_preview(mended, a_person: MakePerson):
    quiz, had_it, _ = mended
    preview = await regrades.order_preview(SYSTEM, quiz.view.id, NEW)
    await report(preview)
    await db.statement("UPDATE result SET points = points WHERE attempt_id = $1", had_it)
    with pytest.raises(RegradeIsStale) as told:
        await regrades.order_preview_applied(SYSTEM, quiz.view.id, preview.uuid)
    assert told.value.data["count"] == 1
    assert told.value.data["rows"][0]["shown_percent"] == 50.0


async def test_what_changes_between_the_order_and_the_work_refuses_it_too(mended):
    quiz, had_it, _ = mended
    preview = await regrades.order_preview(SYSTEM, quiz.view.id, NEW)
    await report(preview)
    ordered = await regrades.order_preview_applied(SYSTEM, quiz.view.id, preview.uuid)
    await db.statement("UPDATE result SET points = points WHERE attempt_id = $1", had_it)
    assert [ran.refused for ran in await drain()] == [RegradeIsStale.code]
    assert await percent(had_it) == "50.00"
    assert await db.value("SELECT state FROM job WHERE id = $1", ordered.id) == "failed"


async def test_a_key_that_was_mended_again_refuses_the_preview(mended):
    quiz = mended[0]
    preview = await regrades.order_preview(SYSTEM, quiz.view.id, NEW)
    await report(preview)
    await mend(quiz, 1)
    with pytest.raises(KeyMovedOn):
        await regrades.order_preview_applied(SYSTEM, quiz.view.id, preview.uuid)


async def test_a_preview_of_another_quiz_or_still_in_work_is_none(mended):
    quiz = mended[0]
    preview = await regrades.order_preview(SYSTEM, quiz.view.id, NEW)
    with pytest.raises(RegradeNotFound):
        await regrades.order_preview_applied(SYSTEM, quiz.view.id, preview.uuid)
    await report(preview)
    with pytest.raises(RegradeNotFound):
        await regrades.order_preview_applied(SYSTEM, (await a_quiz()).view.id, preview.uuid)


async def test_who_submits_meanwhile_is_graded_with_the_new_key(mended, a_person: MakePerson):
    quiz = mended[0]
    late = await a_person()
    attempt = await an_attempt(quiz, late.actor)
    await save(quiz, attempt, late.actor, 0, right=False)
    preview = await regrades.order_preview(SYSTEM, quiz.view.id, NEW)
    shown = await report(preview)
    await attempts.submit_attempt(late.actor, attempt.id)
    await drain()
    assert await percent(attempt.id) == "50.00"
    done = await report(await regrades.order_preview_applied(SYSTEM, quiz.view.id, preview.uuid))
    assert (done.considered, done.changed) == (shown.considered, shown.changed) == (2, 2)
    assert await percent(attempt.id) == "50.00"


async def test_who_waits_for_a_grade_is_graded_first(mended, a_person: MakePerson):
    quiz = mended[0]
    late = await a_person()
    attempt = await an_attempt(quiz, late.actor)
    await attempts.submit_attempt(late.actor, attempt.id)
    done = await regrades.order_regrade(SYSTEM, quiz.view.id, FULL)
    await db.statement("UPDATE outbox SET expanded_at = now() WHERE expanded_at IS NULL")  # its own job never comes
    assert (await report(done)).considered == 3
    assert await percent(attempt.id) == "50.00"


async def test_other_words_about_a_question_mend_nothing(a_person: MakePerson, database: None):
    quiz = await a_quiz()
    with pytest.raises(NothingMended):
        await regrades.order_preview(SYSTEM, quiz.view.id, NEW)
    await sat(quiz, await a_person(), right=(True,))
    await editing.change_key(SYSTEM, quiz.view.id, quiz.questions[0].uuid, KeyChange(explanation="better said"))
    with pytest.raises(NothingMended):
        await regrades.order_preview(SYSTEM, quiz.view.id, FULL)


async def test_a_question_that_was_not_mended_since_keeps_what_it_was_given(mended):
    quiz, had_it, had_not = mended
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, FULL))
    await mend(quiz, 1)
    done = await shown_and_done(quiz, NEW)
    assert [one.number for one in done.questions] == [2]
    assert (await percent(had_it), await percent(had_not)) == ("100.00", "50.00")


async def test_other_points_make_other_scores(mended):
    quiz, had_it, had_not = mended
    await editing.change_key(SYSTEM, quiz.view.id, quiz.questions[0].uuid, KeyChange(points=Decimal(3)))
    await shown_and_done(quiz, BETTER)
    assert (await percent(had_it), await percent(had_not)) == ("75.00", "100.00")


async def test_marks_by_hand_stay(mended):
    quiz, had_it, _ = mended
    question = await db.value("SELECT id FROM question WHERE uuid = $1", quiz.questions[0].uuid)
    await db.statement(
        "INSERT INTO hand_mark (attempt_id, question_id, points) VALUES ($1, $2, 0.2), ($1, $2, 0.75)", had_it, question
    )
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, NEW))
    assert await percent(had_it) == "37.50"


@pytest.mark.parametrize("policy", [FULL, BETTER])
async def test_a_mark_given_afterwards_leaves_what_the_policy_gave(a_person, database, policy):
    """One waits for a mark while the regrade runs, one is marked again after it: both keep the credit."""
    quiz = await a_quiz(points=("1", "1"))
    essay = await editing.add_question(
        SYSTEM, quiz.view.id, QuestionDraft(text="Why?", key=EssayKey(), points=Decimal(1))
    )
    taken = []
    for _ in range(2):
        person = await a_person()
        attempt = await an_attempt(quiz, person.actor)
        await save(quiz, attempt, person.actor, 0)
        await save(quiz, attempt, person.actor, 1, right=False)
        await saving.save(person.actor, attempt.uuid, essay.uuid, EssayAnswer(text="Because."))
        await attempts.submit_attempt(person.actor, attempt.id)
        taken.append(attempt.id)
    await drain()
    marked = taken[0]
    await hand_marking.mark_answer(SYSTEM, marked, essay.uuid, HandMarkDraft(points=Decimal("0.5")))
    await mend(quiz)
    done = await shown_and_done(quiz, policy)
    assert (done.considered, done.waiting) == (1, 1)
    assert await percent(marked) == "50.00"
    for attempt_id in taken:
        await hand_marking.mark_answer(SYSTEM, attempt_id, essay.uuid, HandMarkDraft(points=Decimal(1)))
    assert [await percent(attempt_id) for attempt_id in taken] == ["66.67", "66.67"]


async def test_everybody_whose_score_changed_is_told_once(mended, mailbox: Mailbox):
    quiz = mended[0]
    await drain()
    mailbox.take()
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, NEW))
    assert mailbox.subjects() == ["Nilai Kuis Anda Diperbarui"] * 2
    await drain_again()
    assert mailbox.subjects() == []


async def test_nobody_is_told_that_a_score_has_changed_which_they_do_not_see(mended, mailbox: Mailbox):
    quiz = mended[0]
    await drain()
    mailbox.take()
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(review=Review(score=Shown.AFTER_CLOSE)))
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, NEW))
    assert mailbox.subjects() == []


async def test_results_of_before_there_were_marks_are_scored_whole(mended):
    quiz, had_it, had_not = mended
    await db.statement("UPDATE result SET marks = NULL")
    await shown_and_done(quiz, NEW)
    assert (await percent(had_it), await percent(had_not)) == ("0.00", "100.00")
    assert await db.value("SELECT count(*) FROM result WHERE jsonb_array_length(marks) = 2") == 2


async def test_the_marks_that_are_kept_are_those_of_the_new_result(mended):
    quiz, had_it, _ = mended
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, NEW))
    marks = await db.value("SELECT marks::text FROM result WHERE attempt_id = $1", had_it)
    assert [(one["p"], one["v"]) for one in msgspec.json.decode(marks)] == [("0.0000", "wrong"), ("0.0000", "wrong")]


async def test_what_a_regrade_did_cannot_be_rewritten(mended):
    quiz = mended[0]
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, NEW, "the key was wrong"))
    for attack in (
        "UPDATE regrade_entry SET percent_after = 1",
        "DELETE FROM regrade_entry",
        "UPDATE regrade SET reason = 'another'",
        "DELETE FROM regrade",
    ):
        with pytest.raises(Exception, match="history"):
            async with db.savepoint():
                await db.statement(attack)
    view = (await regrade_queries.regrades(SYSTEM, quiz.view.id, Listing())).items[0]
    assert (view.reason, view.state) == ("the key was wrong", RegradeState.APPLIED)


async def test_who_asked_must_still_teach_when_it_is_done(mended, a_person: MakePerson):
    quiz, had_it, _ = mended
    teacher = await a_person(Role.ADMIN)
    await regrades.order_regrade(teacher.actor, quiz.view.id, NEW)
    await db.statement("UPDATE account SET role = 'student' WHERE id = $1", teacher.id)
    assert [ran.refused for ran in await drain()] == ["grading.not_teaching_batch"]
    assert await percent(had_it) == "50.00"


async def test_a_student_regrades_nothing(mended, student: Person):
    for ordered in (regrades.order_preview, regrades.order_regrade):
        with pytest.raises(DomainError) as told:
            await ordered(student.actor, mended[0].view.id, NEW)
        assert told.value.code == "assessments.not_your_quiz"


async def test_certificates_are_reconsidered_and_none_is_taken_back(mended):
    quiz, had_it, _ = mended
    row = await db.row("SELECT account_id, enrolment_id FROM attempt WHERE id = $1", had_it)
    assert row is not None
    await db.statement(
        "INSERT INTO certificate (batch_id, account_id, number, sequence, state, holder_name, paper)"
        " VALUES ($1, $2, 'N-1', 1, 'issued', 'X', '{}')",
        quiz.batch.id,
        row["account_id"],
    )
    await report(await regrades.order_regrade(SYSTEM, quiz.view.id, NEW))
    view = (await regrade_queries.regrades(SYSTEM, quiz.view.id, Listing())).items[0]
    assert [(one["number"], one["old_percent"], one["new_percent"]) for one in view.certificates] == [("N-1", 50, 0)]
    assert await db.value("SELECT state FROM certificate") == "issued"
