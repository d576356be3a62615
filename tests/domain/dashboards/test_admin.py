"""What admins see: definitions, the days of the school, and one statement for each panel."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from backend.core import clock, db
from backend.core.actor import Role
from backend.domain.dashboards import activity_queries, admin_queries
from backend.domain.dashboards.errors import NotYourDashboard
from backend.domain.enrolments import queries as enrolments
from tests.dialects.lms.world import PAPER
from tests.people import Person, an_account
from tests.quizzes import a_quiz
from tests.school import BatchRow, _insert, a_batch, a_meeting, enrol, teach
from tests.tasks import a_task

PANELS = (
    lambda actor: admin_queries.summary(actor, 30),
    lambda actor: admin_queries.revenue(actor, 30),
    lambda actor: admin_queries.waiting_payments(actor, 10),
    lambda actor: admin_queries.running_batches(actor, 10),
    lambda actor: admin_queries.teacher_loads(actor, 7),
    lambda actor: admin_queries.certificate_stats(actor, 30),
    lambda actor: activity_queries.activities(actor, 30, 20),
)


async def a_student() -> int:
    return (await an_account(Role.STUDENT))[0]


class Shop:
    """Purchases of one batch, each under an amount of its own."""

    def __init__(self, batch: BatchRow, group: int) -> None:
        self.batch, self.group, self.sold = batch, group, 100

    async def sell(self, state: str = "paid", *, price: int = 1000, **values: Any) -> int:
        self.sold += 1
        row = {
            "account_id": await a_student(), "batch_id": self.batch.id, "price_group_id": self.group,
            "group_type": "public", "state": state, "price": price, "unique_code": self.sold,
            "transfer_amount": price + self.sold, "expires_at": clock.now(),
            "paid_at": clock.now() if state == "paid" else None, **values,
        }  # fmt: skip
        return (await _insert("purchase", **row))[0]


@pytest.fixture
async def shop(database: None) -> Shop:
    """A batch, and a price that has changed since."""
    group, _ = await _insert("price_group", group_type="public", name="Umum", price=99_999)
    return Shop(await a_batch(quota=500), group)


@pytest.mark.parametrize("panel", PANELS)
async def test_a_panel_is_one_statement_and_for_admins(
    panel: Any, admin: Person, teacher: Person, statements: list[str]
):
    statements.clear()
    await panel(admin.actor)
    assert len(statements) == 1
    with pytest.raises(NotYourDashboard):
        await panel(teacher.actor)


async def test_revenue_is_what_was_paid_in_the_window_at_the_price_of_then(admin: Person, shop: Shop):
    await shop.sell(price=750, created_at=clock.now() - timedelta(days=60))
    await shop.sell(price=1000)
    await shop.sell(price=5000, paid_at=clock.now() - timedelta(days=31))
    for state in ("pending", "waiting_confirmation", "rejected", "cancelled"):
        await shop.sell(state)
    for amount in (1001, 300):
        purchase = await shop.sell("refunded", paid_at=clock.now())
        await db.statement(
            "INSERT INTO refund (purchase_id, amount, refunded_at) VALUES ($1, $2, now())", purchase, amount
        )
    found = await admin_queries.summary(admin.actor, 30)
    assert (found.total_revenue, found.new_purchases) == (1750 + 700, 8)
    assert (await admin_queries.summary(admin.actor, 90)).total_revenue == 6750 + 700
    assert sum(day.revenue for day in await admin_queries.revenue(admin.actor, 30)) == found.total_revenue


async def test_each_day_of_the_school_has_its_revenue(admin: Person, shop: Shop):
    today = clock.school_date(clock.now())
    midnight = await db.value("SELECT date_trunc('day', now() AT TIME ZONE 'Asia/Jakarta') AT TIME ZONE 'Asia/Jakarta'")
    await shop.sell(price=10, paid_at=midnight)
    await shop.sell(price=20, paid_at=midnight - timedelta(seconds=1))
    await shop.sell(price=40, paid_at=midnight - timedelta(days=6))
    await shop.sell(price=80, paid_at=midnight - timedelta(days=6, seconds=1))
    days = await admin_queries.revenue(admin.actor, 7)
    assert [day.date for day in days] == [today - timedelta(days=ago) for ago in range(6, -1, -1)]
    assert [day.revenue for day in days] == [40, 0, 0, 0, 0, 20, 10]
    assert type(days[0].date) is date


async def test_people_count_once_and_batches_while_they_last(admin: Person):
    batches = [await a_batch(), await a_batch(ends=timedelta(days=1)), await a_batch(ends=timedelta(days=-1))]
    await a_batch(archived_at=clock.now())
    one, other = await a_student(), await a_student()
    for batch in batches:
        await enrol(batch, one)
    await enrol(batches[0], other)
    await enrol(batches[0], gone := await a_student())
    await db.statement("UPDATE enrolment SET state = 'withdrawn' WHERE account_id = $1", gone)
    for number, state in enumerate(("issued", "issued", "generating", "revoked")):
        await _insert(
            "certificate", batch_id=batches[number % 3].id, account_id=one, number=f"N-{number}", sequence=number,
            state=state, holder_name="X", paper=PAPER,
        )  # fmt: skip
    found = await admin_queries.summary(admin.actor, 7)
    assert (found.active_participants, found.active_batches) == (2, 2)
    assert (found.total_certificates, found.completion_rate) == (2, Decimal("50.00"))


async def test_payments_that_wait_are_listed_and_counted(admin: Person, shop: Shop):
    await shop.sell("pending")
    ids = [await shop.sell("waiting_confirmation", payment_proof="/p", buyer_bank_account_name="B") for _ in range(3)]
    views, total = await admin_queries.waiting_payments(admin.actor, 2)
    assert ([view.invoice_number for view in views], total) == (ids[:2], 3)
    first = views[0]
    assert (first.amount, first.transfer_amount) == (1000, 1102)
    assert (first.payment_proof, first.bank_account_name, first.batch_slug) == ("/p", "B", shop.batch.slug)


async def test_progress_of_a_batch_is_that_of_its_people(admin: Person):
    batch, small = await a_batch(), await a_batch()
    await a_batch(begins=timedelta(days=1))
    await a_batch(ends=timedelta(days=-1))
    await a_batch(archived_at=clock.now())
    people = [await a_student() for _ in range(3)]
    places = [await enrol(batch, person) for person in people]
    await enrol(small, people[0])
    first, later = await a_meeting(batch), await a_meeting(batch, begins=timedelta(days=2), title="Later")
    task, quiz = await a_task(batch, first), await a_quiz(batch=batch, meeting=first)
    for person in people[:2]:
        await _insert("attendance", meeting_id=first.id, account_id=person, is_present=person == people[0])
    await db.statement(
        "INSERT INTO completion (enrolment_id, activity_id) SELECT $1, id FROM activity WHERE batch_id = $2",
        places[0],
        batch.id,
    )
    await db.statement("UPDATE assignment SET end_at = now() + interval '1 day', title = 'Task' WHERE id = $1", task.id)
    await db.statement("UPDATE assessment SET opens_at = now() + interval '3 days' WHERE id = $1", quiz.view.id)
    views, total = await admin_queries.running_batches(admin.actor, 1)
    assert total == 2
    shown = views[0]
    each = [(await enrolments.progress(place)).percent for place in places]
    assert shown.avg_progress == sum(each) / 3 == Decimal("25.00")
    assert (shown.batch_slug, shown.enrolled) == (batch.slug, 3)
    assert (shown.next_kind, shown.next_title) == ("assignment", "Task")
    await db.statement("UPDATE assignment SET end_at = now() - interval '1 hour' WHERE id = $1", task.id)
    (shown, last), _ = await admin_queries.running_batches(admin.actor, 10)
    assert (shown.next_kind, shown.next_title) == ("meeting", "Later")
    await db.statement("UPDATE meeting SET start_at = now() - interval '1 hour' WHERE id = $1", later.id)
    assert (await admin_queries.running_batches(admin.actor, 1))[0][0].next_kind == "quiz"
    assert (last.next_kind, last.avg_progress) == (None, 0)


async def test_what_teachers_have_to_do(admin: Person):
    batch = await a_batch()
    busy, idle, (late, *_) = [await an_account(Role.TEACHER) for _ in range(3)]
    coming = await a_meeting(batch, begins=timedelta(days=60))
    recent, old = await a_meeting(batch), await a_meeting(batch, begins=timedelta(days=-20))
    for meeting in (coming, recent, old):
        await teach(meeting, busy[0])
    await teach(recent, idle[0])
    await teach(old, late)
    task = await a_task(batch, old)
    for graded in (False, True, False):
        person = await a_student()
        place = await enrol(batch, person)
        await _insert("submission", assignment_id=task.id, account_id=person, enrolment_id=place, is_late=False)
        if graded:
            await _insert("grade", assignment_id=task.id, account_id=person, grade=8, feedback="", graded_by=busy[0])
    views, total = await admin_queries.teacher_loads(admin.actor, 7)
    assert [(v.name, v.meetings, v.hours, v.pending_grading) for v in views] == [(busy[2], 2, 4, 2), (idle[2], 1, 2, 0)]
    assert total == 2
    assert (await admin_queries.teacher_loads(admin.actor, 30))[1] == 3
    await db.statement("UPDATE grade SET grade = NULL")  # taken back
    assert (await admin_queries.teacher_loads(admin.actor, 7))[0][0].pending_grading == 3


async def test_certificates_issued_and_checked(admin: Person):
    batch = await a_batch()
    for number, days in enumerate((1, 40)):
        await _insert(
            "certificate", batch_id=batch.id, account_id=await a_student(), number=f"N-{number}", sequence=number,
            state="issued", holder_name="X", paper=PAPER, issued_at=clock.now() - timedelta(days=days),
        )  # fmt: skip
    await db.statement(
        "INSERT INTO certificate_check (certificate_id, reference, outcome, created_at)"
        " SELECT (SELECT min(id) FROM certificate), 'uuid', 'valid', now() - make_interval(hours => n)"
        " FROM generate_series(1, 12) AS n UNION ALL SELECT NULL, 'made-up', 'not_found', now()"
        " UNION ALL SELECT NULL, 'old', 'not_found', now() - interval '31 days'"
    )
    found = await admin_queries.certificate_stats(admin.actor, 30)
    assert (found.issued, found.checks, len(found.latest)) == (1, 13, 10)
    assert [(check.number, check.result) for check in found.latest[:2]] == [("made-up", "not_found"), ("N-0", "valid")]
    assert (await admin_queries.certificate_stats(admin.actor, 90)).checks == 14
