"""Each thing that can be done with a purchase, and each thing that can go wrong with it."""

from datetime import timedelta

import asyncpg
import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.core.ids import new_uuid
from backend.domain.accounts.errors import AdminOnly
from backend.domain.accounts.terms import GroupType, Particulars
from backend.domain.batches.errors import BatchFull, BatchNotFound
from backend.domain.enrolments import commands as enrolments
from backend.domain.enrolments import queries as in_batch
from backend.domain.purchases import commands, errors, price_commands, profile_commands, queries
from backend.domain.purchases.commands import Refund
from backend.domain.purchases.terms import PaymentState
from tests.background import drain
from tests.domain.purchases.shop import PAYER, PRICES, PROOF, a_buyer, overdue, prices, seats, told
from tests.school import a_batch

pytestmark = pytest.mark.usefixtures("database", "shop")


@pytest.fixture
async def shop(database):
    await prices()


async def history(purchase_id: int) -> list[tuple[str | None, str]]:
    rows = await db.fetch("SELECT before, after FROM purchase_change WHERE purchase_id = $1 ORDER BY id", purchase_id)
    return [(row["before"], row["after"]) for row in rows]


async def pay(buyer, purchase):
    return await commands.pay_purchase(buyer, purchase.uuid, PROOF, PAYER)


@pytest.mark.parametrize("group", list(GroupType))
async def test_a_purchase_reserves_a_seat_and_an_amount(group):
    batch = await a_batch(quota=2)
    made = await commands.create_purchase(await a_buyer(group), batch.uuid)
    assert (made.state, made.price, made.group_type) == (PaymentState.PENDING, PRICES[group], group)
    assert 100 <= made.unique_code <= 999
    assert made.transfer_amount == made.price + made.unique_code
    assert timedelta(hours=23, minutes=59) < made.expires_at - clock.now() < timedelta(hours=24, minutes=1)
    assert await seats(batch) == 1
    assert await told("purchase.created") == 1
    assert await history(made.id) == [(None, "pending")]


async def test_from_purchase_to_place():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    waiting = await pay(buyer, made)
    assert (waiting.state, waiting.payment_proof) == (PaymentState.WAITING_CONFIRMATION, PROOF)
    assert (waiting.buyer_bank_account_name, waiting.buyer_bank_account_number, waiting.buyer_bank_name) == (
        "Buyer",
        "1234567890",
        "Bank",
    )
    paid = await commands.decide_purchase(SYSTEM, made.uuid, PaymentState.PAID)
    assert paid.paid_at is not None
    assert await in_batch.enrolment(buyer.person_id, batch.id) is not None
    assert await seats(batch) == 1
    assert await told("purchase.paid") == 1
    with pytest.raises(errors.MoveForbidden):
        await commands.decide_purchase(SYSTEM, made.uuid, PaymentState.PAID)
    assert await history(made.id) == [
        (None, "pending"),
        ("pending", "waiting_confirmation"),
        ("waiting_confirmation", "paid"),
    ]


async def test_a_paid_purchase_is_taken_back_with_a_reason():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    with pytest.raises(errors.ReasonMissing):
        await commands.decide_purchase(SYSTEM, made.id, PaymentState.CANCELLED)
    gone = await commands.decide_purchase(SYSTEM, made.id, PaymentState.CANCELLED, reason="Refunded")
    assert (gone.state, gone.reason) == (PaymentState.CANCELLED, "Refunded")
    assert await in_batch.enrolment(buyer.person_id, batch.id) is None
    assert await seats(batch) == 0


async def test_a_refund_is_kept_and_takes_the_buyer_out():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    given = Refund(made.price, "Class cancelled", "by transfer")
    with pytest.raises(errors.MoveForbidden):
        await commands.refund_purchase(SYSTEM, made.id, given)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    with pytest.raises(AdminOnly):
        await commands.refund_purchase(buyer, made.id, given)
    with pytest.raises(errors.PurchaseNotFound):
        await commands.refund_purchase(SYSTEM, new_uuid(), given)
    with pytest.raises(errors.ReasonMissing):
        await commands.refund_purchase(SYSTEM, made.id, Refund(1, " "))
    with pytest.raises(errors.RefundTooLarge):
        await commands.refund_purchase(SYSTEM, made.id, Refund(made.transfer_amount + 1, "Too much"))
    with pytest.raises(errors.RefundInFuture):
        late = clock.now() + timedelta(days=1)
        await commands.refund_purchase(SYSTEM, made.id, Refund(1, "Too early", refunded_at=late))
    gone = await commands.refund_purchase(SYSTEM, made.id, given)
    assert (gone.state, gone.reason) == (PaymentState.REFUNDED, "Class cancelled")
    assert await in_batch.enrolment(buyer.person_id, batch.id) is None
    assert (await seats(batch), await told("purchase.refunded")) == (0, 1)
    story = await queries.story(SYSTEM, made.id)
    assert story.refund is not None
    assert (story.refund.amount, story.refund.note) == (made.price, "by transfer")
    assert [(step.before, step.after) for step in story.changes][-1] == ("paid", "refunded")
    with pytest.raises(errors.MoveForbidden):
        await commands.refund_purchase(SYSTEM, made.id, given)
    with pytest.raises(asyncpg.RestrictViolationError):
        await db.statement("UPDATE refund SET amount = 1")


async def test_a_rejected_purchase_can_be_paid_again_or_bought_again():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await pay(buyer, made)
    rejected = await commands.decide_purchase(SYSTEM, made.id, PaymentState.REJECTED, reason="Unreadable")
    assert (rejected.state, rejected.reason, await seats(batch)) == (PaymentState.REJECTED, "Unreadable", 0)
    again = await pay(buyer, made)
    assert (again.state, again.transfer_amount, await seats(batch)) == (
        PaymentState.WAITING_CONFIRMATION,
        made.transfer_amount,
        1,
    )
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.REJECTED)
    await commands.create_purchase(buyer, batch.uuid)
    with pytest.raises(errors.AlreadyBuying):
        await pay(buyer, made)


async def test_a_rejected_purchase_whose_amount_is_gone_is_bought_anew():
    batch, buyer, other = await a_batch(), await a_buyer(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await pay(buyer, made)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.REJECTED)
    second = await commands.create_purchase(other, batch.uuid)
    await db.statement("UPDATE purchase SET transfer_amount = $2 WHERE id = $1", second.id, made.transfer_amount)
    with pytest.raises(errors.AmountTaken):
        await pay(buyer, made)


async def test_a_cancelled_purchase_frees_its_seat_and_its_buyer():
    batch, buyer = await a_batch(quota=1), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    assert (await commands.cancel_purchase(buyer, made.uuid)).state is PaymentState.CANCELLED
    assert await told("purchase.cancelled") == 1
    with pytest.raises(errors.CancelImpossible):
        await commands.cancel_purchase(buyer, made.uuid)
    await commands.create_purchase(buyer, batch.uuid)
    assert await seats(batch) == 1


async def test_an_overdue_purchase_blocks_neither_its_buyer_nor_its_seat():
    batch, buyer, other = await a_batch(quota=1), await a_buyer(), await a_buyer()
    await overdue((await commands.create_purchase(buyer, batch.uuid)).id)
    second = await commands.create_purchase(buyer, batch.uuid)
    await overdue(second.id)
    await commands.create_purchase(other, batch.uuid)
    assert await seats(batch) == 1
    assert await told("purchase.expired") == 2
    with pytest.raises(errors.PaymentTooLate):
        await pay(buyer, second)


async def test_the_sweep_expires_what_is_overdue_once():
    batch, buyer, other = await a_batch(), await a_buyer(), await a_buyer()
    late = await commands.create_purchase(buyer, batch.uuid)
    waiting = await commands.create_purchase(other, batch.uuid)
    await overdue(late.id)
    await overdue((await commands.create_purchase(buyer, (await a_batch()).uuid)).id)
    await pay(other, waiting)
    await overdue(waiting.id)
    with pytest.raises(errors.PaymentTooLate):
        await pay(buyer, late)
    assert (await commands.expire_overdue(), await commands.expire_overdue()) == (2, 0)
    assert await seats(batch) == 1
    assert await told("purchase.expired") == 2
    assert await history(late.id) == [(None, "pending"), ("pending", "expired")]


async def test_the_sweep_is_a_job():
    from backend.domain.jobs import commands as jobs
    from workers.schedule import SCHEDULE, Empty

    assert "expire_purchases" in [line.kind for line in SCHEDULE]
    made = await commands.create_purchase(await a_buyer(), (await a_batch()).uuid)
    await overdue(made.id)
    for slot in ("1", "2"):
        await jobs.enqueue("expire_purchases", Empty(slot))
    ran = await drain()
    assert [job.refused for job in ran if job.kind == "expire_purchases"] == [None, None]
    assert (await queries.purchase(SYSTEM, made.id)).state is PaymentState.EXPIRED


async def test_a_batch_that_is_none():
    with pytest.raises(BatchNotFound):
        await commands.create_purchase(await a_buyer(), new_uuid())


async def test_a_full_batch():
    batch = await a_batch(quota=1)
    await commands.create_purchase(await a_buyer(), batch.uuid)
    with pytest.raises(BatchFull):
        await commands.create_purchase(await a_buyer(), batch.uuid)


@pytest.mark.parametrize(
    ("opens", "closes", "error"),
    [(1, 2, errors.RegistrationNotOpen), (-2, -1, errors.RegistrationClosed)],
)
async def test_registration_has_a_window(opens, closes, error):
    now = clock.now()
    batch = await a_batch(
        registration_start_at=now + timedelta(days=opens), registration_end_at=now + timedelta(days=closes)
    )
    with pytest.raises(error):
        await commands.create_purchase(await a_buyer(), batch.uuid)


async def test_an_archived_batch_is_not_sold():
    batch = await a_batch(archived_at=clock.now())
    with pytest.raises(errors.RegistrationClosed):
        await commands.create_purchase(await a_buyer(), batch.uuid)


async def test_groups_decide_who_buys():
    buyer = await a_buyer("own_student")
    with pytest.raises(errors.GroupNotAllowed):
        await commands.create_purchase(buyer, (await a_batch(groups=("public",))).uuid)
    batch = await a_batch()
    await db.statement("UPDATE profile SET group_verified = false WHERE account_id = $1", buyer.person_id)
    with pytest.raises(errors.GroupNotVerified):
        await commands.create_purchase(buyer, batch.uuid)
    await db.statement("UPDATE profile SET group_type = NULL WHERE account_id = $1", buyer.person_id)
    with pytest.raises(errors.GroupMissing):
        await commands.create_purchase(buyer, batch.uuid)
    await db.statement("DELETE FROM profile WHERE account_id = $1", buyer.person_id)
    with pytest.raises(errors.GroupMissing):
        await commands.create_purchase(buyer, batch.uuid)


async def test_a_group_without_a_price():
    await db.statement("DELETE FROM price_group WHERE group_type = 'public'")
    with pytest.raises(errors.PriceMissing):
        await commands.create_purchase(await a_buyer(), (await a_batch()).uuid)


async def test_nobody_buys_twice():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    for _ in ("pending", "waiting", "paid"):
        with pytest.raises(errors.AlreadyBuying):
            await commands.create_purchase(buyer, batch.uuid)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    with pytest.raises(errors.AlreadyBuying):
        await commands.create_purchase(buyer, batch.uuid)
    guest = await a_buyer()
    await enrolments.enrol(guest.person_id, batch.id)
    with pytest.raises(errors.AlreadyBuying):
        await commands.create_purchase(guest, batch.uuid)


async def test_other_peoples_purchases():
    made = await commands.create_purchase(await a_buyer(), (await a_batch()).uuid)
    other = await a_buyer()
    with pytest.raises(errors.NotYourPurchase):
        await queries.purchase(other, made.uuid)
    with pytest.raises(errors.NotYoursToPay):
        await pay(other, made)
    with pytest.raises(errors.NotYoursToPay):
        await commands.cancel_purchase(other, made.uuid)
    with pytest.raises(AdminOnly):
        await commands.decide_purchase(other, made.uuid, PaymentState.PAID)


async def test_purchases_that_are_none():
    buyer, ref = await a_buyer(), new_uuid()
    with pytest.raises(errors.PurchaseNotFound):
        await queries.purchase(buyer, ref)
    with pytest.raises(errors.PurchaseNotFound):
        await commands.cancel_purchase(buyer, ref)


async def test_a_proof_is_taken_once():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await pay(buyer, made)
    with pytest.raises(errors.PaymentImpossible):
        await pay(buyer, made)


async def fill_codes(buyer, batch, least: int, most: int) -> None:
    """Have every amount of some codes reserved by open purchases."""
    await db.statement(
        "WITH someone AS (INSERT INTO account (email, phone, name, password_hash, role)"
        " SELECT 'many' || c || '@example.test', 'x' || c, 'Many', '!', 'student'"
        " FROM generate_series($1::int, $2::int) c RETURNING id)"
        " INSERT INTO purchase (account_id, batch_id, price_group_id, group_type, state, price, unique_code,"
        " transfer_amount, expires_at)"
        " SELECT s.id, $3, g.id, g.group_type, 'pending', g.price, n + $1 - 1, g.price + n + $1 - 1,"
        " now() + interval '1 day' FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM someone) s,"
        " price_group g WHERE g.group_type = 'public'",
        least,
        most,
        batch.id,
    )


async def test_codes_widen_to_four_digits_and_then_run_out():
    batch, buyer = await a_batch(), await a_buyer()
    await fill_codes(buyer, batch, 100, 998)
    assert (await commands.create_purchase(buyer, batch.uuid)).unique_code == 999
    assert 1000 <= (await commands.create_purchase(await a_buyer(), batch.uuid)).unique_code <= 9999
    await db.statement("UPDATE purchase SET state = 'cancelled' WHERE unique_code > 999")
    await fill_codes(buyer, batch, 1000, 9999)
    with pytest.raises(errors.AmountsUsedUp):
        await commands.create_purchase(await a_buyer(), batch.uuid)


async def test_prices_are_set_by_admins():
    with pytest.raises(errors.PriceGroupExists):
        await price_commands.create_price_group(SYSTEM, GroupType.PUBLIC, name="Public", price=1)
    with pytest.raises(AdminOnly):
        await price_commands.create_price_group(await a_buyer(), GroupType.PUBLIC, name="Public", price=1)
    group = next(g for g in (await queries.price_groups(queries.Listing())).items if g.group_type is GroupType.PUBLIC)
    changed = await price_commands.change_price_group(SYSTEM, group.uuid, price=2_500_000)
    assert (changed.price, changed.name) == (2_500_000, group.name)
    with pytest.raises(AdminOnly):
        await price_commands.change_price_group(await a_buyer(), group.uuid, price=1)
    with pytest.raises(errors.PriceGroupNotFound):
        await price_commands.change_price_group(SYSTEM, new_uuid(), price=1)
    with pytest.raises(errors.PriceGroupNotFound):
        await queries.price_group(new_uuid())


async def test_an_open_purchase_is_known():
    buyer, batch = await a_buyer(), await a_batch()
    assert not await queries.has_open_purchase(buyer.person_id)
    made = await commands.create_purchase(buyer, batch.uuid)
    assert await queries.has_open_purchase(buyer.person_id)
    await overdue(made.id)
    assert not await queries.has_open_purchase(buyer.person_id)


async def test_the_group_stays_while_a_purchase_is_open():
    batch, buyer = await a_batch(), await a_buyer("other_student")
    made = await commands.create_purchase(buyer, batch.uuid)
    for change in (
        Particulars(group_type=GroupType.PUBLIC, nik="1"),
        Particulars(nim="77"),
        Particulars(nim_proof="/x"),
    ):
        with pytest.raises(errors.PurchaseOpen):
            await profile_commands.update_my_profile(buyer, change)
    same = Particulars(group_type=GroupType.OTHER_STUDENT, address="Elsewhere")
    changed = await profile_commands.update_my_profile(buyer, same, name="Renamed")
    assert changed.profile is not None
    assert (changed.name, changed.profile.address) == ("Renamed", "Elsewhere")
    await commands.cancel_purchase(buyer, made.id)
    changed = await profile_commands.update_my_profile(buyer, Particulars(nim="77", nim_proof="/x"))
    assert changed.profile is not None
    assert changed.profile.nim == "77"
