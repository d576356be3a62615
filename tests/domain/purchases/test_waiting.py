"""The line for a full batch: who is offered what, when, and what becomes of it."""

import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.paging import Listing
from backend.domain.batches import commands as batches
from backend.domain.batches.errors import BatchFull, BatchNotFound
from backend.domain.batches.terms import BatchChanges
from backend.domain.jobs import commands as jobs
from backend.domain.purchases import commands, errors, waiting, waiting_queries
from backend.domain.purchases.commands import Refund
from backend.domain.purchases.terms import PaymentState, WaitState
from tests.background import drain
from tests.domain.purchases.shop import PAYER, PROOF, a_buyer, overdue, prices, seats, told
from tests.school import a_batch
from workers.schedule import Empty

pytestmark = pytest.mark.usefixtures("database", "storage", "shop")


@pytest.fixture
async def shop(database):
    await prices()


async def a_full_batch(quota: int = 1):
    """A batch without a seat left, its buyer with their purchase, and three who wait."""
    batch = await a_batch(quota=quota)
    buyer = await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    for _ in range(quota - 1):
        await commands.create_purchase(await a_buyer(), batch.uuid)
    line = [await a_buyer() for _ in range(3)]
    for person in line:
        await waiting.join_line(person, batch.uuid)
    return batch, (buyer, made), line


async def states(batch, line) -> list[str]:
    return [str((await waiting_queries.place(person, batch.id)).state) for person in line]


async def lapse(batch) -> None:
    await db.statement(
        "UPDATE wait_place SET offer_ends_at = now() - interval '1 s' WHERE batch_id = $1 AND state = 'offered'",
        batch.id,
    )


async def reject(buyer, made, _):
    await commands.pay_purchase(buyer, made.id, PROOF, PAYER)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.REJECTED)


async def give_up(buyer, made, _):
    await commands.cancel_purchase(buyer, made.id)


async def take_back(_, made, __):
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.CANCELLED, reason="asked for")


async def refund(_, made, __):
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    await commands.refund_purchase(SYSTEM, made.id, Refund(1, "asked for"))


async def expire(_, made, __):
    await overdue(made.id)
    await commands.expire_overdue()


async def raise_quota(_, __, batch):
    await batches.update_batch(SYSTEM, batch.id, BatchChanges(quota=2))
    await commands.expire_overdue()


@pytest.mark.parametrize("frees", [reject, give_up, take_back, refund, expire, raise_quota])
async def test_whatever_frees_a_seat_the_first_in_line_is_offered_it(frees):
    batch, (buyer, made), line = await a_full_batch()
    await frees(buyer, made, batch)
    assert await states(batch, line) == ["offered", "waiting", "waiting"]
    assert await told("seat.offered") == 1
    assert await seats(batch) == (2 if frees is raise_quota else 1)
    with pytest.raises(BatchFull):
        await commands.create_purchase(line[1], batch.uuid)
    with pytest.raises(BatchFull):
        await commands.create_purchase(await a_buyer(), batch.uuid)
    await commands.create_purchase(line[0], batch.uuid)
    assert await states(batch, line) == ["taken", "waiting", "waiting"]
    assert await seats(batch) == (2 if frees is raise_quota else 1)
    with pytest.raises(errors.AlreadyBuying):
        await waiting.join_line(line[0], batch.uuid)


async def test_an_offer_that_lapses_goes_to_the_next_in_line():
    batch, (buyer, made), line = await a_full_batch()
    await commands.cancel_purchase(buyer, made.id)
    for slot in ("1", "2"):
        await lapse(batch)
        await jobs.enqueue("expire_purchases", Empty(slot))
        await drain()
    assert await states(batch, line) == ["lapsed", "lapsed", "offered"]
    await lapse(batch)
    assert await commands.expire_overdue() == 0
    assert await states(batch, line) == ["lapsed"] * 3
    assert await seats(batch) == 0
    await commands.create_purchase(line[0], batch.uuid)
    assert (await states(batch, line))[0] == "lapsed"


async def test_a_lapsed_offer_is_passed_on_by_who_comes_to_buy():
    batch, (buyer, made), line = await a_full_batch()
    await commands.cancel_purchase(buyer, made.id)
    await lapse(batch)
    with pytest.raises(BatchFull):
        await commands.create_purchase(await a_buyer(), batch.uuid)
    await commands.create_purchase(line[1], batch.uuid)
    assert (await states(batch, line))[1:] == ["taken", "waiting"]


async def test_who_leaves_passes_the_seat_on():
    batch, (buyer, made), line = await a_full_batch()
    await waiting.leave_line(line[1], batch.uuid)
    await commands.cancel_purchase(buyer, made.id)
    await waiting.leave_line(line[0], batch.uuid)
    assert await states(batch, line) == ["left", "left", "offered"]
    with pytest.raises(errors.NotWaiting):
        await waiting.leave_line(line[0], batch.uuid)
    again = await waiting.join_line(line[0], batch.uuid)
    assert (again.state, again.position) == (WaitState.WAITING, 1)
    assert await seats(batch) == 1


async def test_nobody_who_left_the_school_is_offered_a_seat():
    batch, (buyer, made), line = await a_full_batch()
    await db.statement("UPDATE account SET removed_at = now() WHERE id = $1", line[0].person_id)
    await commands.cancel_purchase(buyer, made.id)
    assert await states(batch, line) == ["waiting", "offered", "waiting"]


async def test_no_offer_outlasts_the_registration():
    batch, (buyer, made), line = await a_full_batch()
    await db.statement("UPDATE batch SET registration_end_at = now() + interval '1 hour' WHERE id = $1", batch.id)
    await commands.cancel_purchase(buyer, made.id)
    place = await waiting_queries.place(line[0], batch.id)
    assert place.offer_ends_at is not None
    assert place.offered_at is not None
    assert (place.offer_ends_at - place.offered_at).total_seconds() == 3600
    await lapse(batch)
    await db.statement("UPDATE batch SET registration_end_at = now() - interval '1 s' WHERE id = $1", batch.id)
    await commands.expire_overdue()
    assert await states(batch, line) == ["lapsed", "waiting", "waiting"]
    assert await seats(batch) == 0


async def test_a_rejected_buyer_waits_behind_the_line():
    batch, (buyer, made), line = await a_full_batch()
    await reject(buyer, made, batch)
    with pytest.raises(BatchFull):
        await commands.pay_purchase(buyer, made.id, PROOF, PAYER)
    await waiting.join_line(buyer, batch.uuid)
    for person in line:
        await waiting.leave_line(person, batch.uuid)
    assert (await waiting_queries.place(buyer, batch.id)).state is WaitState.OFFERED
    again = await commands.pay_purchase(buyer, made.id, PROOF, PAYER)
    assert again.state is PaymentState.WAITING_CONFIRMATION
    assert (await waiting_queries.place(buyer, batch.id)).state is WaitState.TAKEN
    assert await seats(batch) == 1


async def test_who_may_wait():
    batch, (buyer, _), line = await a_full_batch()
    with pytest.raises(errors.AlreadyBuying):
        await waiting.join_line(buyer, batch.uuid)
    with pytest.raises(errors.AlreadyWaiting):
        await waiting.join_line(line[0], batch.uuid)
    with pytest.raises(errors.SeatsLeft):
        await waiting.join_line(line[0], (await a_batch()).uuid)
    with pytest.raises(BatchNotFound):
        await waiting.join_line(line[0], 10**9)
    with pytest.raises(BatchNotFound):
        await waiting.leave_line(line[0], 10**9)
    with pytest.raises(errors.NotWaiting):
        await waiting_queries.place(buyer, batch.id)
    found = await waiting_queries.line(batch.slug, Listing())
    assert [(one.person.id, one.position) for one in found.items] == [(p.person_id, n) for n, p in enumerate(line, 1)]


async def test_an_amount_rests_before_anybody_is_asked_for_it_again():
    """Three digits with one free code: once it is given back, nobody gets it, until it has rested."""
    batch, buyer = await a_batch(quota=30), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await commands.cancel_purchase(buyer, made.id)
    days = await db.value("SELECT round(extract(epoch FROM rests_until - now()) / 86400) FROM resting_amount")
    assert days == 14
    await db.statement(
        "INSERT INTO resting_amount SELECT $1::bigint + code, now() + interval '1 d'"
        " FROM generate_series(100, 999) AS code"
        " ON CONFLICT DO NOTHING",
        made.price,
    )
    assert (await commands.create_purchase(buyer, batch.uuid)).unique_code > 999
    await db.statement("UPDATE resting_amount SET rests_until = now() WHERE amount = $1", made.transfer_amount)
    assert (await commands.create_purchase(await a_buyer(), batch.uuid)).transfer_amount == made.transfer_amount
