"""Two at once: one winner each."""

import asyncio
from collections import Counter

import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.errors import Conflict
from backend.domain.batches.errors import BatchFull
from backend.domain.purchases import commands
from backend.domain.purchases.terms import PaymentState
from tests.domain.purchases.shop import PAYER, PROOF, a_buyer, overdue, prices, seats, told
from tests.school import a_batch

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("database", "shop")]


@pytest.fixture
async def shop(database):
    await prices()


async def together(*acts):
    """Do all at once; says what came of each: a result or a Conflict."""
    done = await asyncio.gather(*acts, return_exceptions=True)
    for one in done:
        if isinstance(one, BaseException) and not isinstance(one, Conflict):
            raise one
    return done


def won(done) -> int:
    return sum(not isinstance(one, BaseException) for one in done)


async def holding(batch) -> int:
    return await db.value(
        "SELECT count(*) FROM purchase WHERE batch_id = $1 AND state IN ('pending', 'waiting_confirmation', 'paid')",
        batch.id,
    )


async def test_three_seats_for_twenty():
    batch = await a_batch(quota=3)
    buyers = [await a_buyer() for _ in range(20)]
    done = await together(*(commands.create_purchase(buyer, batch.uuid) for buyer in buyers))
    assert won(done) == 3
    assert all(isinstance(one, BatchFull) for one in done if isinstance(one, BaseException))
    assert (await seats(batch), await holding(batch)) == (3, 3)


async def test_the_last_seats_while_others_give_theirs_up():
    batch = await a_batch(quota=3)
    first = [await a_buyer() for _ in range(3)]
    made = [await commands.create_purchase(buyer, batch.uuid) for buyer in first]
    others = [await a_buyer() for _ in range(12)]
    done = await together(
        *(commands.create_purchase(buyer, batch.uuid) for buyer in others),
        *(commands.cancel_purchase(buyer, one.uuid) for buyer, one in zip(first, made, strict=True)),
        *(commands.create_purchase(buyer, batch.uuid) for buyer in first),
        commands.expire_overdue(),
    )
    assert won(done[12:15]) == 3
    assert await seats(batch) == await holding(batch) <= 3


async def test_one_price_never_makes_one_amount_twice():
    batches = [await a_batch(quota=100) for _ in range(4)]
    buyers = [await a_buyer() for _ in range(200)]
    done = await together(*(commands.create_purchase(buyer, batches[n % 4].uuid) for n, buyer in enumerate(buyers)))
    amounts = Counter(one.transfer_amount for one in done)
    assert len(amounts) == 200
    assert [await seats(batch) for batch in batches] == [50] * 4


async def test_one_person_at_two_windows():
    batch, buyer = await a_batch(), await a_buyer()
    assert won(await together(*(commands.create_purchase(buyer, batch.uuid) for _ in range(8)))) == 1
    assert (await seats(batch), await told("purchase.created")) == (1, 1)


async def test_two_admins_confirm():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await commands.pay_purchase(buyer, made.uuid, PROOF, PAYER)
    done = await together(*(commands.decide_purchase(SYSTEM, made.uuid, PaymentState.PAID) for _ in range(6)))
    assert won(done) == 1
    assert (await told("purchase.paid"), await seats(batch)) == (1, 1)


async def test_confirmed_or_rejected_or_cancelled():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await commands.pay_purchase(buyer, made.uuid, PROOF, PAYER)
    done = await together(
        commands.decide_purchase(SYSTEM, made.uuid, PaymentState.PAID),
        commands.decide_purchase(SYSTEM, made.uuid, PaymentState.REJECTED),
        commands.cancel_purchase(buyer, made.uuid),
    )
    assert won(done) == 1
    assert await seats(batch) == await holding(batch)


async def test_confirmed_or_expired():
    batch = await a_batch(quota=20)
    buyers = [await a_buyer() for _ in range(8)]
    made = [await commands.create_purchase(buyer, batch.uuid) for buyer in buyers]
    for one in made:
        await overdue(one.id)
    await together(
        *(commands.decide_purchase(SYSTEM, one.uuid, PaymentState.PAID) for one in made),
        *(commands.expire_overdue() for _ in range(4)),
    )
    await commands.expire_overdue()
    paid, expired = await told("purchase.paid"), await told("purchase.expired")
    assert paid + expired == 8
    assert await seats(batch) == await holding(batch) == paid


async def test_sweeps_and_buyers_of_several_batches_never_wait_for_each_other():
    batches = [await a_batch(quota=10) for _ in range(4)]
    buyers = [await a_buyer() for _ in range(5)]
    for batch in batches:
        for buyer in buyers:
            await overdue((await commands.create_purchase(buyer, batch.uuid)).id)
    done = await together(
        *(commands.expire_overdue() for _ in range(4)),
        *(commands.create_purchase(buyer, batch.uuid) for buyer in buyers for batch in batches),
    )
    assert won(done) == 24
    assert await told("purchase.expired") == 20
    assert [await seats(batch) for batch in batches] == [5] * 4
