"""Buying in one statement, where nothing stands in the way.

Of many who want the last seats, each then holds the batch's row for this statement alone: nobody waits for a round trip
of somebody else.
"""

import contextlib
from collections.abc import AsyncIterator

import asyncpg

from backend.core import db, outbox, wake
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.log import request_id
from backend.domain.accounts.terms import GroupType
from backend.domain.purchases import queries, rules
from backend.domain.purchases.events import PurchaseCreated
from backend.domain.purchases.queries import PurchaseRow

_DRAWS = 12
_VERIFIED = [str(group) for group in GroupType if rules.needs_verification(group)]
_CODES = [limit for digits in rules.CODES for limit in digits]

# Nothing is sold here unless every rule of the long way is met as things stand; four digits are drawn from once all
# three are taken. The batch's row is locked as late as can be. Who has a seat and no purchase (the amount or the buyer
# was taken in the same moment) divides by zero, which takes all of it back.
_BUY = f"""
WITH offer AS (
    SELECT b.id AS batch_id, g.id AS price_group_id, g.group_type, g.price FROM batch b
    JOIN profile p ON p.account_id = $1 JOIN account a ON a.id = p.account_id
    JOIN batch_group bg ON bg.batch_id = b.id AND bg.group_type = p.group_type
    JOIN price_group g ON g.group_type = p.group_type
    WHERE b.{{column}} = $2 AND now() BETWEEN b.registration_start_at AND least(b.registration_end_at, b.end_at)
      AND b.archived_at IS NULL AND (p.group_verified OR p.group_type <> ALL($3)) AND b.seats_taken < b.quota
      AND NOT EXISTS (SELECT FROM purchase o WHERE o.batch_id = b.id AND o.state = 'pending' AND o.expires_at <= now())
      AND NOT EXISTS (SELECT FROM wait_place w WHERE w.batch_id = b.id AND (w.state = 'waiting'
        OR w.state = 'offered' AND (w.account_id = $1 OR w.offer_ends_at <= now())))
      AND NOT EXISTS (SELECT FROM enrolment e WHERE e.account_id = $1 AND e.batch_id = b.id AND e.state = 'active')
      AND NOT EXISTS (SELECT FROM purchase o WHERE o.account_id = $1 AND o.batch_id = b.id
        AND o.state IN ('pending', 'waiting_confirmation', 'paid'))
    FOR SHARE OF a, p
), open_amount AS NOT MATERIALIZED (
    SELECT transfer_amount FROM purchase WHERE state IN ('pending', 'waiting_confirmation')
), resting AS NOT MATERIALIZED (
    SELECT amount FROM resting_amount WHERE rests_until > now()
), digits AS MATERIALIZED (
    SELECT $4::int AS least_code, $5::int AS most_code, offer.price FROM offer
    UNION ALL SELECT $6, $7, offer.price FROM offer WHERE $5 - $4 + 1 = (SELECT count(*) FROM (
        SELECT transfer_amount FROM open_amount WHERE transfer_amount BETWEEN offer.price + $4 AND offer.price + $5
        UNION SELECT amount FROM resting WHERE amount BETWEEN offer.price + $4 AND offer.price + $5) AS kept)
), draws AS MATERIALIZED (
    SELECT price, least_code + floor(random() * (most_code - least_code + 1))::int AS code
    FROM digits, generate_series(1, $8)
), free AS MATERIALIZED (
    SELECT code FROM draws WHERE NOT EXISTS (SELECT FROM open_amount WHERE transfer_amount = price + code)
      AND NOT EXISTS (SELECT FROM resting WHERE amount = price + code) LIMIT 1
), seat AS (
    UPDATE batch SET seats_taken = seats_taken + 1 FROM offer, free
    WHERE batch.id = offer.batch_id AND batch.seats_taken < batch.quota RETURNING batch.id AS batch_id
), bought AS (
    INSERT INTO purchase (account_id, batch_id, price_group_id, group_type, state, price, unique_code,
        transfer_amount, expires_at)
    SELECT $1, batch_id, price_group_id, group_type, 'pending', price, code, price + code, now() + $9::interval
    FROM seat JOIN offer USING (batch_id) CROSS JOIN free
    ON CONFLICT DO NOTHING RETURNING *
), noted AS (
    INSERT INTO purchase_change (purchase_id, after, actor_id) SELECT id, 'pending', $10 FROM bought
), told AS (
    {outbox.written(PurchaseCreated, "(SELECT id AS purchase_id FROM bought) AS b", request="$11", actor="$10")}
)
SELECT 1 / count(p.id) OVER () AS is_whole, {queries.COLUMNS} FROM seat LEFT JOIN bought p ON true
"""  # noqa: S608 - our own text


async def buy_at_once(actor: Actor, batch_ref: Ref) -> PurchaseRow | None:
    """Take a seat and reserve an amount, with the purchase's first line; None: take the long way, which says why.

    Joins the caller's transaction; without one it is a transaction of its own. PurchaseCreated is told by the same
    statement.
    """
    sql = _BUY.format(column=db.column_of(batch_ref))
    many = (*_CODES, _DRAWS, rules.TIME_TO_PAY, actor.account_id, request_id.get())
    try:
        async with _undone_alone():
            found = await db.row(sql, actor.person_id, batch_ref, _VERIFIED, *many)
    except asyncpg.DivisionByZeroError:
        return None
    if found is None:
        return None
    if db.in_transaction():
        db.after_commit(wake.ring)
    else:
        wake.ring()
    return db.view(PurchaseRow, found)


@contextlib.asynccontextmanager
async def _undone_alone() -> AsyncIterator[None]:
    """What fails inside takes nothing of the caller's transaction back."""
    if not db.holds_connection():
        yield
        return
    async with db.transaction(), db.savepoint():
        yield
