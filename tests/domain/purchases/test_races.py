"""Two at once: one winner each."""

import asyncio
from collections import Counter

import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.errors import Conflict, NotFound
from backend.domain.batches.errors import BatchFull
from backend.domain.purchases import commands, waiting
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
        if isinstance(one, BaseException) and not isinstance(one, Conflict | NotFound):
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


async def offered(batch) -> int:
    return await db.value("SELECT count(*) FROM wait_place WHERE batch_id = $1 AND state = 'offered'", batch.id)


async def test_seats_that_come_free_are_offered_once_each_whoever_comes_meanwhile():
    batch = await a_batch(quota=3)
    first = [await a_buyer() for _ in range(3)]
    made = [await commands.create_purchase(buyer, batch.uuid) for buyer in first]
    line = [await a_buyer() for _ in range(5)]
    for person in line:
        await waiting.join_line(person, batch.uuid)
    strangers = [await a_buyer() for _ in range(8)]
    done = await together(
        *(commands.cancel_purchase(buyer, one.uuid) for buyer, one in zip(first[:2], made[:2], strict=True)),
        *(commands.create_purchase(buyer, batch.uuid) for buyer in strangers),
        *(commands.expire_overdue() for _ in range(3)),
    )
    assert won(done[2:10]) == 0
    assert [isinstance(one, BatchFull) for one in done[2:10]] == [True] * 8
    assert (await offered(batch), await told("seat.offered"), await seats(batch)) == (2, 2, 3)
    rows = await db.fetch("SELECT account_id FROM wait_place WHERE state = 'offered' ORDER BY id")
    assert [row["account_id"] for row in rows] == [person.person_id for person in line[:2]]


async def test_taking_a_seat_while_the_offer_lapses():
    """Eight offers whose time is just over: each seat is bought by one, offered to one, or free; none twice."""
    batch = await a_batch(quota=4)
    first = [await a_buyer() for _ in range(4)]
    made = [await commands.create_purchase(buyer, batch.uuid) for buyer in first]
    line = [await a_buyer() for _ in range(8)]
    for person in line:
        await waiting.join_line(person, batch.uuid)
    for buyer, one in zip(first, made, strict=True):
        await commands.cancel_purchase(buyer, one.uuid)
    assert await offered(batch) == 4
    await db.statement("UPDATE wait_place SET offer_ends_at = now() WHERE id % 2 = 0 AND state = 'offered'")
    done = await together(
        *(commands.create_purchase(person, batch.uuid) for person in line),
        *(commands.expire_overdue() for _ in range(4)),
        *(waiting.leave_line(person, batch.uuid) for person in line[2:4]),
    )
    assert won(done[:8]) == await holding(batch)
    assert await holding(batch) + await offered(batch) == await seats(batch) <= 4
    taken = await db.value("SELECT count(*) FROM wait_place WHERE state = 'taken'")
    assert taken == await holding(batch)


async def test_the_last_place_of_the_line_is_never_lost():
    """Joining at the very moment in which a seat comes free: who joins waits for a taken seat, or is told to buy."""
    for _ in range(6):
        batch = await a_batch(quota=1)
        buyer, person = await a_buyer(), await a_buyer()
        made = await commands.create_purchase(buyer, batch.uuid)
        await together(commands.cancel_purchase(buyer, made.uuid), waiting.join_line(person, batch.uuid))
        row = await db.row("SELECT state FROM wait_place WHERE batch_id = $1", batch.id)
        assert row is None or row["state"] == "offered"
        assert await seats(batch) == (0 if row is None else 1)


async def test_refunded_once():
    batch, buyer = await a_batch(), await a_buyer()
    made = await commands.create_purchase(buyer, batch.uuid)
    await commands.decide_purchase(SYSTEM, made.id, PaymentState.PAID)
    done = await together(
        *(commands.refund_purchase(SYSTEM, made.id, commands.Refund(5, "twice")) for _ in range(4)),
        commands.decide_purchase(SYSTEM, made.id, PaymentState.CANCELLED, reason="both"),
    )
    assert won(done) == 1
    assert await db.value("SELECT count(*) FROM refund") == (1 if won(done[:4]) else 0)
    assert (await seats(batch), await holding(batch)) == (0, 0)
