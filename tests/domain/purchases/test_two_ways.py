"""Whatever a batch, a buyer and the amounts are like: buying at once comes to what the long way comes to, or is not."""

from datetime import timedelta

import msgspec
import pytest

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import new_uuid
from backend.domain.purchases import buying, commands, reserving
from tests.domain.purchases.shop import a_buyer
from tests.school import BatchRow, _insert, a_batch
from tests.two_ways import Outcome, outcome, states, undone

pytestmark = pytest.mark.usefixtures("database")

NOW, DAY = timedelta(0), timedelta(days=1)
FREE, FEW, LONG, NONE = 1_000_000, 2_000_000, 3_000_000, 4_000_000
"""Prices of which no amount is taken; all with three digits but three; all of these; and all of four digits, too."""
SOME_REST, ALL_REST, HALF_REST, RESTED = 5_000_000, 6_000_000, 7_000_000, 8_000_000
"""Three digits rest but for three; all of them; those that are not taken; all of them have rested for long enough."""
AXES = {
    "opens": (-DAY, NOW, DAY),
    "closes": (DAY, NOW, -DAY / 2),
    "ends": (DAY, NOW, -DAY / 4),
    "is_archived": (False, True),
    "room": (2, 1, 0),
    "group": ("public", "public, not verified", "own_student", "own_student, not verified", "none", "no profile"),
    "is_allowed": (True, False),
    "price": (FREE, FEW, LONG, NONE, None, SOME_REST, ALL_REST, HALF_REST, RESTED),
    "enrolled": (None, "active", "withdrawn"),
    "mine": (
        None,
        "pending",
        "overdue",
        "waiting_confirmation",
        "paid",
        "rejected",
        "expired",
        "cancelled",
        "refunded",
    ),
    "theirs": (
        None,
        "pending",
        "overdue",
        "waiting_confirmation",
        "paid",
        "rejected",
        "expired",
        "cancelled",
        "refunded",
    ),
    "is_elsewhere": (False, True),
    "my_place": (None, "waiting", "offered", "overdue", "taken", "lapsed", "left"),
    "their_place": (None, "waiting", "offered", "overdue", "taken", "lapsed", "left"),
    "ref": ("uuid", "id", "unknown"),
}
HOLDING = ("pending", "overdue", "waiting_confirmation", "paid")
SOLD = """
WITH people AS (
    INSERT INTO account (email, phone, name, password_hash, role)
    SELECT 'ballast' || n || '@example.test', '09' || n, 'Ballast', '!', 'student' FROM generate_series(0, 124) AS n
    RETURNING id
), numbered AS (SELECT id, row_number() OVER () - 1 AS number FROM people),
amounts AS (
    SELECT price, code, row_number() OVER () - 1 AS number
    FROM (VALUES ($2::int, 103, 999), ($3, 100, 999), ($4, 100, 9999), ($6, 100, 500))
        AS sold (price, least_code, most_code),
        generate_series(least_code, most_code) AS code
)
INSERT INTO purchase (account_id, batch_id, price_group_id, group_type, state, price, unique_code, transfer_amount,
    expires_at)
SELECT p.id, $1::bigint + a.number / 125, $5, 'other_student', 'pending', price, code, price + code,
    now() + interval '1 d'
FROM amounts a JOIN numbered p ON p.number = a.number % 125
"""


RESTING = """
INSERT INTO resting_amount (amount, rests_until)
SELECT price + code, now() + wait * interval '1 day'
FROM (VALUES ($1::bigint, 103, 1), ($2, 100, 1), ($3, 500, 1), ($4, 100, 0)) AS few (price, least_code, wait),
    generate_series(least_code, 999) AS code
"""


class School(msgspec.Struct):
    """What all states have in common."""

    batch: BatchRow
    elsewhere: BatchRow
    buyer: Actor
    other: Actor
    group_id: int
    """A group of neither of the two, whose price earlier purchases had."""


async def a_school() -> School:
    """A batch, two people, and open purchases of other batches, which hold amounts."""
    batch, elsewhere, first = [await a_batch(groups=("public",)) for _ in range(3)]
    await db.statement(
        "INSERT INTO batch SELECT (jsonb_populate_record(b, jsonb_build_object('id', b.id + n, 'uuid', uuidv7(),"
        " 'slug', b.slug || '-' || n, 'code', b.code || n))).* FROM batch b, generate_series(1, 99) AS n"
        " WHERE b.id = $1",
        first.id,
    )
    group_id, _ = await _insert("price_group", group_type="other_student", name="Ballast", price=1)
    await db.statement(SOLD, first.id, FEW, LONG, NONE, group_id, HALF_REST)
    await db.statement(RESTING, SOME_REST, ALL_REST, HALF_REST, RESTED)
    return School(batch, elsewhere, await a_buyer(), await a_buyer(), group_id)


async def bought(school: School, actor: Actor, batch: BatchRow, state: str | None) -> None:
    """A purchase as it was left by what came before."""
    if state is None:
        return
    await db.statement(
        "INSERT INTO purchase (account_id, batch_id, price_group_id, group_type, state, price, unique_code,"
        " transfer_amount, expires_at) SELECT $1::bigint, $2::bigint, $3, 'other_student', $4, 1, 1, $1 * 100 + $2,"
        " now() + $5::interval",
        *(actor.person_id, batch.id, school.group_id, "pending" if state == "overdue" else state),
        NOW if state == "overdue" else DAY,
    )


async def stood(actor: Actor, batch: BatchRow, state: str | None) -> None:
    """A place in the line as it was left."""
    if state is None:
        return
    await db.statement(
        "INSERT INTO wait_place (account_id, batch_id, state, offer_ends_at) VALUES ($1, $2, $3, now() + $4::interval)",
        *(actor.person_id, batch.id, "offered" if state == "overdue" else state, NOW if state == "overdue" else DAY),
    )


async def set_up(school: School, state) -> None:
    """Make the school what a state says."""
    buyer, batch = school.buyer, school.batch
    group, _, is_not_verified = state["group"].partition(", ")
    group = group if group == "own_student" else "public"
    await db.statement(
        "UPDATE profile SET group_type = $2, group_verified = $3 WHERE account_id = $1",
        *(buyer.person_id, None if state["group"] == "none" else group, not is_not_verified),
    )
    if state["group"] == "no profile":
        await db.statement("DELETE FROM profile WHERE account_id = $1", buyer.person_id)
    await db.statement("UPDATE batch_group SET group_type = $1", group if state["is_allowed"] else "other_student")
    if state["price"] is not None:
        await _insert("price_group", group_type=group, name=group, price=state["price"])
    await bought(school, buyer, batch, state["mine"])
    await bought(school, school.other, batch, state["theirs"])
    await bought(school, buyer, school.elsewhere, "pending" if state["is_elsewhere"] else None)
    if state["enrolled"]:
        await _insert("enrolment", account_id=buyer.person_id, batch_id=batch.id, state=state["enrolled"])
    await stood(school.other, batch, state["their_place"])
    await stood(buyer, batch, state["my_place"])
    held = 1 + sum(state[whose] in HOLDING for whose in ("mine", "theirs"))
    held += sum(state[whose] in ("offered", "overdue") for whose in ("my_place", "their_place"))
    await db.statement(
        "UPDATE batch SET registration_start_at = now() + $2, registration_end_at = now() + $3, end_at = now() + $4,"
        " archived_at = CASE WHEN $5 THEN now() END, seats_taken = $6::int, quota = $6 + $7 WHERE id = $1",
        *(batch.id, state["opens"], state["closes"], state["ends"], state["is_archived"], held, state["room"]),
    )


async def what_is_there(batch_id: int) -> object:
    """The batch's seats and purchases with their history, and the events; without ids and codes, which are drawn."""
    many = (
        "SELECT seats_taken FROM batch WHERE id = $1",
        "SELECT account_id, price_group_id, group_type, state, price, transfer_amount - unique_code, unique_code > 999,"
        " expires_at, payment_proof, paid_at, decided_by, reason, created_at, updated_at = now() FROM purchase"
        " WHERE batch_id = $1 ORDER BY id",
        "SELECT p.account_id, c.before, c.after, c.actor_id, c.reason, c.created_at FROM purchase_change c"
        " JOIN purchase p ON p.id = c.purchase_id WHERE p.batch_id = $1 ORDER BY c.id",
        "SELECT o.name, p.account_id FROM outbox o JOIN purchase p ON p.id = (o.body ->> 'purchase_id')::bigint"
        " WHERE p.batch_id = $1 ORDER BY o.id",
        "SELECT account_id, state FROM enrolment WHERE batch_id = $1",
        "SELECT account_id, state, offered_at, offer_ends_at FROM wait_place WHERE batch_id = $1 ORDER BY id",
        "SELECT p.account_id, r.rests_until FROM resting_amount r JOIN purchase p ON p.transfer_amount = r.amount"
        " WHERE p.batch_id = $1 AND p.state NOT IN ('pending', 'waiting_confirmation') ORDER BY p.id",
    )
    return [[tuple(row) for row in await db.fetch(sql, batch_id)] for sql in many]


def comparable(found: Outcome) -> Outcome:
    """Without what is drawn: ids, and the code within its digits."""
    view = found.answer
    if not isinstance(view, commands.PurchaseView):
        return msgspec.structs.replace(found, statements=0)
    assert view.transfer_amount == view.price + view.unique_code
    answer = msgspec.structs.replace(
        view, id=0, uuid=view.buyer.uuid, unique_code=len(str(view.unique_code)), transfer_amount=0
    )
    return Outcome(answer, found.after, 0)


async def test_buying_at_once_comes_to_what_the_long_way_comes_to(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reserving, "_DRAWS", 1)  # nobody else draws here
    school = await a_school()
    refs = {"uuid": school.batch.uuid, "id": school.batch.id, "unknown": new_uuid()}
    went = {"at once": 0, "any way": 0, "nowhere": 0}
    at_once = buying.buy_at_once

    async def seen(*args):
        found = await at_once(*args)
        went["at once"] += found is not None
        return found

    async def declined(*_):
        return None

    async def try_both(state):
        await set_up(school, state)
        found = []
        for way in (seen, declined):
            monkeypatch.setattr(buying, "buy_at_once", way)
            found.append(
                await outcome(
                    lambda: commands.create_purchase(school.buyer, refs[state["ref"]]),
                    lambda: what_is_there(school.batch.id),
                )
            )
        assert comparable(found[0]) == comparable(found[1]), state
        went["nowhere" if found[1].after is None else "any way"] += 1

    for state in states(AXES, drawn=40):
        await undone(lambda state=state: try_both(state))
    assert went["at once"] >= 15, went
    assert went["any way"] > went["at once"], went
    assert went["nowhere"] >= 30, went
