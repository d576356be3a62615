"""Scenes for contract 2.7 to 2.13: what is bought, and what a batch may be like."""

from datetime import timedelta
from uuid import UUID

from backend.core import clock, db
from tests.dialects.lms.stage import Stage
from tests.school import Row, _insert, a_batch, a_meeting, enrol
from tests.tasks import a_task


async def batches_on_sale(stage: Stage) -> None:
    """Batches that can be bought, or not: `{for_sale}` and what follows."""
    now = clock.now()
    batches = {
        "for_sale": await a_batch(),
        "not_yet_for_sale": await a_batch(registration_start_at=now + timedelta(days=1)),
        "no_longer_for_sale": await a_batch(registration_end_at=now - timedelta(days=1)),
        "full": await a_batch(quota=1, seats_taken=1),
        "for_students": await a_batch(groups=("own_student",)),
    }
    stage.values |= {name: str(batch.uuid) for name, batch in batches.items()}


async def a_pending_purchase(stage: Stage) -> None:
    """The student has a purchase to pay: `{pending}`."""
    stage.values["pending"] = await _a_purchase(stage, "pending", 101)


async def a_purchase_to_confirm(stage: Stage) -> None:
    """The student has paid, and nobody has looked yet: `{waiting}`."""
    stage.values["waiting"] = await _a_purchase(stage, "waiting_confirmation", 102)


async def an_overdue_purchase(stage: Stage) -> None:
    """The student did not pay in time: `{overdue}`."""
    stage.values["overdue"] = await _a_purchase(stage, "pending", 103, expires_at=clock.now() - timedelta(hours=1))


async def _a_purchase(stage: Stage, state: str, unique_code: int, **values: object) -> str:
    batch = await a_batch(seats_taken=1)
    group = await db.value("SELECT id FROM price_group WHERE group_type = 'public'")
    _, purchase = await _insert(
        "purchase",
        **{
            "account_id": stage.world.here.student.id,
            "batch_id": batch.id,
            "price_group_id": group,
            "group_type": "public",
            "state": state,
            "price": 1000,
            "unique_code": unique_code,
            "transfer_amount": 1000 + unique_code,
            "expires_at": clock.now() + timedelta(days=1),
            **values,
        },
    )
    return str(purchase)


async def a_classmate_without_a_group(stage: Stage) -> None:
    """The classmate's profile names no group."""
    await db.statement("UPDATE profile SET group_type = NULL WHERE account_id = $1", stage.world.here.classmate.id)


async def a_classmate_to_verify(stage: Stage) -> None:
    """The classmate says to study here, which nobody has looked at; students of ours have a price."""
    await _insert("price_group", group_type="own_student", name="Mahasiswa", price=500)
    await db.statement(
        "UPDATE profile SET group_type = 'own_student', group_verified = false WHERE account_id = $1",
        stage.world.here.classmate.id,
    )


async def a_classmate_without_a_price(stage: Stage) -> None:
    """The classmate is of a group that has no price."""
    await db.statement(
        "UPDATE profile SET group_type = 'other_student' WHERE account_id = $1", stage.world.here.classmate.id
    )


async def the_student_left(stage: Stage) -> None:
    """The student is in the batch no more."""
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", stage.world.here.student.id)


async def a_finished_batch(stage: Stage) -> None:
    """The student has done everything in a batch that has been over for days: `{finished}`."""
    stage.values["finished"] = str((await _a_done_batch(stage, timedelta(days=-3))).uuid)


async def a_batch_just_over(stage: Stage) -> None:
    """The student has done everything in a batch that ended an hour ago: `{just_over}`."""
    stage.values["just_over"] = str((await _a_done_batch(stage, timedelta(hours=-1))).uuid)


async def _a_done_batch(stage: Stage, ends: timedelta) -> Row:
    """A batch of one meeting, at which the student was."""
    student = stage.world.here.student
    batch = await a_batch(begins=timedelta(days=-30), ends=ends, registration_end_at=clock.now() - timedelta(days=20))
    meeting = await a_meeting(batch, begins=timedelta(days=-29))
    await enrol(batch, student.id)
    await _insert("attendance", meeting_id=meeting.id, account_id=student.id, is_present=True)
    return batch


async def a_closed_meeting(stage: Stage) -> None:
    """The meeting is not open."""
    await db.statement("UPDATE meeting SET is_open = false WHERE id = $1", stage.world.here.meeting.id)


async def an_empty_meeting(stage: Stage) -> None:
    """A meeting of which there is nothing: `{empty_meeting}`."""
    stage.values["empty_meeting"] = str((await a_meeting(stage.world.here.batch)).uuid)


async def an_untouched_assignment(stage: Stage) -> None:
    """An assignment for which nothing was handed in: `{untouched}`."""
    half = stage.world.here
    stage.values["untouched"] = str((await a_task(half.batch, half.meeting)).uuid)


async def the_work_counts(stage: Stage) -> None:
    """What the student handed in counts to their progress, as it does when they hand it in themselves."""
    await db.statement(
        "INSERT INTO completion (enrolment_id, activity_id) SELECT e.id, a.id FROM enrolment e JOIN activity a"
        " USING (batch_id) WHERE e.account_id = $1 AND a.kind = 'assignment'",
        stage.world.here.student.id,
    )


async def a_file_was_handed_in(stage: Stage) -> None:
    """The student's work has a file."""
    await db.statement(
        "INSERT INTO submission_file (submission_id, file_url, created_at, updated_at)"
        " SELECT id, $2, now(), now() FROM submission WHERE uuid = $1",
        UUID(stage.values["submissions"]),
        stage.values["file_url"],
    )


async def a_gate(stage: Stage) -> None:
    """The batch has a gate, and a meeting before the first one, whose attendance nobody took: `{meeting_before}`."""
    half = stage.world.here
    await db.statement("UPDATE batch SET gate = true WHERE id = $1", half.batch.id)
    before = await a_meeting(half.batch, begins=timedelta(days=-1))
    stage.values["meeting_before"] = str(before.uuid)


async def an_attempt_left(stage: Stage) -> None:
    """The student has taken the quiz once, and may once more."""
    await _allow_attempts(stage, 2)


async def no_attempt_left(stage: Stage) -> None:
    """The student has taken the quiz as often as one may."""
    await _allow_attempts(stage, 1)


async def _allow_attempts(stage: Stage, count: int) -> None:
    quiz = stage.world.here.quiz.view.id
    await db.statement("DELETE FROM answer USING attempt a WHERE a.id = attempt_id AND a.state = 'open'")
    await db.statement("DELETE FROM attempt WHERE assessment_id = $1 AND state = 'open'", quiz)
    await db.statement("UPDATE assessment SET max_attempts = $2 WHERE id = $1", quiz, count)


SCENES = {
    scene.__name__: scene
    for scene in (
        batches_on_sale,
        a_pending_purchase,
        a_purchase_to_confirm,
        an_overdue_purchase,
        a_classmate_without_a_group,
        a_finished_batch,
        a_batch_just_over,
        a_closed_meeting,
        an_empty_meeting,
        an_untouched_assignment,
        the_work_counts,
        a_file_was_handed_in,
        a_classmate_to_verify,
        a_classmate_without_a_price,
        the_student_left,
        a_gate,
        an_attempt_left,
        no_attempt_left,
    )
}
