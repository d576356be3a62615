"""How the people of a batch fare, in three statements however many they are."""

from datetime import timedelta
from decimal import Decimal

from backend.core import clock, db
from backend.core.actor import Role
from backend.domain.grading.participant_queries import LastTest, participants
from tests.people import an_account
from tests.quizzes import a_quiz
from tests.school import _insert, a_batch, a_meeting, enrol
from tests.tasks import a_task

HOUR = timedelta(hours=1)


async def an_attempt(quiz, account_id: int, no: int, percent: int | None, minutes: int = 10) -> None:
    """One that took so long and was graded, or one that is open."""
    begun = clock.now() - HOUR
    over = percent is not None
    attempt, _ = await _insert(
        "attempt", assessment_id=quiz.view.id, account_id=account_id, attempt_no=no, started_at=begun,
        deadline_at=begun + HOUR, state="graded" if over else "open",
        submitted_at=begun + timedelta(minutes=minutes) if over else None,
    )  # fmt: skip
    if over:
        await _insert(
            "result", attempt_id=attempt, total_questions=1, correct_answers=0, wrong_answers=1, points=0,
            max_points=1, score_percent=percent,
        )  # fmt: skip


async def test_somebody_with_everything_and_somebody_with_nothing(database: None, statements: list[str]):
    batch = await a_batch(quota=50)
    first, second = await a_meeting(batch, begins=-3 * HOUR), await a_meeting(batch, begins=-2 * HOUR)
    one, two = await a_quiz(batch=batch, meeting=first), await a_quiz(batch=batch, meeting=second)
    task = await a_task(batch, first)
    busy, *_ = await an_account(Role.STUDENT)
    idle, *_ = await an_account(Role.STUDENT)
    gone, *_ = await an_account(Role.STUDENT)
    for account_id in (busy, idle, gone):
        await enrol(batch, account_id)
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", gone)
    await db.statement("UPDATE profile SET nim = '50420001' WHERE account_id = $1", busy)
    await _insert("attendance", meeting_id=first.id, account_id=busy, is_present=False, note="Ill")
    await _insert("attendance", meeting_id=second.id, account_id=busy, is_present=True)
    await _insert("grade", assignment_id=task.id, account_id=busy, grade=8, feedback="Fine", graded_by=busy)
    for quiz, no, percent in ((one, 1, 40), (one, 2, 60), (two, 1, 90), (two, 2, None)):
        await an_attempt(quiz, busy, no, percent)
    statements.clear()
    paged = await participants(batch.id, offset=0, limit=10)
    assert len(statements) == 3
    assert (paged.total, [person.account_id for person in paged.items]) == (2, [busy, idle])
    found, bare = paged.items
    assert (found.student_no, found.absence_note, found.feedback) == ("50420001", "Ill", "Fine")
    assert (found.attended, found.meetings, found.done, found.total, found.ended_at) == (1, 2, 1, 5, None)
    assert (found.score_percent, found.spent_s) == (Decimal("75.00"), 1800)
    assert found.last_test == LastTest(2, is_open=True, is_closed=False, best_percent=Decimal("90.00"))
    assert (bare.attended, bare.done, bare.total, bare.score_percent, bare.spent_s) == (0, 0, 5, None, 0)
    assert bare.last_test == LastTest(0, is_open=False, is_closed=False, best_percent=None)
    everybody = await participants(batch.id, offset=2, limit=10, gone=True)
    assert (everybody.total, [(person.account_id, person.is_gone) for person in everybody.items]) == (3, [(gone, True)])


async def test_who_has_done_all_has_ended(database: None):
    batch = await a_batch()
    meeting = await a_meeting(batch)
    account_id, *_ = await an_account(Role.STUDENT)
    await enrol(batch, account_id)
    await _insert("attendance", meeting_id=meeting.id, account_id=account_id, is_present=True)
    [person] = (await participants(batch.id, offset=0, limit=1)).items
    assert (person.done, person.total, person.last_test) == (1, 1, None)
    assert person.ended_at == await db.value("SELECT updated_at FROM attendance")


async def test_an_empty_batch(database: None):
    paged = await participants((await a_batch()).id, offset=0, limit=10)
    assert (paged.items, paged.total) == ([], 0)
