"""Everything that locks in one batch at once: some win, some are refused, nobody waits for each other in a ring."""

import asyncio
import random
from collections import Counter

import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.core.errors import DomainError
from backend.domain.accounts import codes
from backend.domain.accounts.terms import CodePurpose, Particulars
from backend.domain.batches import commands as batches
from backend.domain.batches.terms import BatchChanges
from backend.domain.certificates import commands as certificates
from backend.domain.enrolments import attendance_commands as enrolments
from backend.domain.enrolments.attendance_commands import Mark
from backend.domain.purchases import commands as purchases
from backend.domain.purchases import profile_commands, waiting
from backend.domain.purchases.commands import Payer, Refund
from backend.domain.purchases.terms import PaymentState
from tests.people import an_account
from tests.school import _insert, a_batch, a_meeting

ROUNDS = 400


async def a_school(people: int):
    await _insert("price_group", group_type="public", name="Umum", price=1000)
    made = [await a_batch(quota=4, registration_end_at=await later(), certificate_after_h=-1000) for _ in range(2)]
    meetings = [await a_meeting(batch) for batch in made]
    accounts = [await an_account(Role.STUDENT) for _ in range(people)]
    return made, meetings, [Actor(id_, Role.STUDENT) for id_, *_ in accounts]


async def later():
    return await db.value("SELECT now() + interval '1 day'")


async def their(actor: Actor) -> int:
    sql = "SELECT id FROM purchase WHERE account_id = $1 ORDER BY random() LIMIT 1"
    return await db.value(sql, actor.person_id) or 0


async def buy(_, batch, __, actor):
    await purchases.create_purchase(actor, batch.id)


async def pay(_, __, ___, actor):
    await purchases.pay_purchase(actor, await their(actor), "https://example.test/proof.png", Payer("A", "1"))


async def refund(_, __, ___, actor):
    await purchases.refund_purchase(SYSTEM, await their(actor), Refund(1000, "asked for"))


async def wait(_, batch, __, actor):
    await waiting.join_line(actor, batch.id)


async def leave(_, batch, __, actor):
    await waiting.leave_line(actor, batch.id)


async def cancel(_, __, ___, actor):
    await purchases.cancel_purchase(actor, await their(actor))


async def decide(chance, _, __, actor):
    move = chance.choice([PaymentState.PAID, PaymentState.PAID, PaymentState.REJECTED, PaymentState.CANCELLED])
    await purchases.decide_purchase(SYSTEM, await their(actor), move, reason="asked for")


async def expire(_, __, ___, actor):
    await db.statement("UPDATE purchase SET expires_at = now() WHERE id = $1", await their(actor))
    await db.statement(
        "UPDATE wait_place SET offer_ends_at = now() WHERE state = 'offered' AND account_id = $1", actor.person_id
    )
    await purchases.expire_overdue()


async def change(chance, batch, _, __):
    await batches.update_batch(SYSTEM, batch.id, BatchChanges(quota=chance.choice([3, 4, 5])))
    await batches.archive_batch(SYSTEM, batch.id)
    await batches.restore_batch(SYSTEM, batch.id)


async def mark(chance, batch, meeting, _):
    marks = [
        Mark(person=other, meeting=meeting.uuid, is_present=chance.random() < 0.7) for other in await in_batch(batch.id)
    ]
    await enrolments.take_attendance(SYSTEM, batch.id, marks)


async def issue(_, batch, __, actor):
    await certificates.issue(actor, batch.id)


async def issue_all(_, batch, __, ___):
    rows = await db.fetch("SELECT id FROM enrolment WHERE batch_id = $1", batch.id)
    await certificates.issue_to(batch.id, [row["id"] for row in rows], job_id=1)


async def tell(chance, _, __, actor):
    await profile_commands.update_my_profile(actor, Particulars(address="Depok"), name=f"N{chance.random()}")
    await codes.new_letter(actor.person_id, CodePurpose.RESET_PASSWORD)


ACTS = [
    *[buy] * 4,
    *[pay] * 2,
    cancel,
    *[decide] * 4,
    refund,
    *[wait] * 3,
    leave,
    expire,
    change,
    *[mark] * 2,
    *[issue] * 2,
    issue_all,
    tell,
]


async def an_act(chance: random.Random, made, meetings, people) -> None:
    batch, meeting = chance.choice(list(zip(made, meetings, strict=True)))
    await chance.choice(ACTS)(chance, batch, meeting, chance.choice(people))


async def in_batch(batch_id: int):
    rows = await db.fetch(
        "SELECT a.uuid FROM enrolment e JOIN account a ON a.id = e.account_id"
        " WHERE e.batch_id = $1 AND e.state = 'active' ORDER BY random()",
        batch_id,
    )
    return [row["uuid"] for row in rows]


@pytest.mark.commits
@pytest.mark.usefixtures("database")
async def test_nothing_waits_in_a_ring_and_every_seat_is_accounted_for():
    made, meetings, people = await a_school(10)
    seen = Counter[str]()

    async def actor_of_the_storm(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(ROUNDS // 10):
            try:
                await an_act(chance, made, meetings, people)
                seen["done"] += 1
            except DomainError as error:
                seen[error.code] += 1

    await asyncio.gather(*(actor_of_the_storm(seed) for seed in range(10)))
    assert seen["done"] > ROUNDS / 5, seen
    wrong = await db.fetch(
        "SELECT b.id, b.seats_taken, b.quota, (SELECT count(*) FROM purchase p WHERE p.batch_id = b.id"
        "  AND p.state IN ('pending', 'waiting_confirmation', 'paid')) AS held,"
        " (SELECT count(*) FROM wait_place w WHERE w.batch_id = b.id AND w.state = 'offered') AS offered,"
        " (SELECT count(*) FROM purchase p WHERE p.batch_id = b.id AND p.state = 'paid') AS paid,"
        " (SELECT count(*) FROM enrolment e WHERE e.batch_id = b.id AND e.state = 'active') AS inside FROM batch b"
    )
    for row in wrong:
        assert row["seats_taken"] == row["held"] + row["offered"] <= row["quota"], dict(row)
        assert row["paid"] == row["inside"], dict(row)
    assert not await db.fetch(
        "SELECT 1 FROM purchase WHERE state IN ('pending', 'waiting_confirmation') GROUP BY transfer_amount"
        " HAVING count(*) > 1"
    )
