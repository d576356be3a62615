"""Buying the long way, which says why not: what a batch costs whom, and an amount that nobody else is asked for."""

from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.accounts.terms import GroupType
from backend.domain.batches.errors import BatchFull, BatchNotFound
from backend.domain.purchases import moving, queries, rules, seats
from backend.domain.purchases.errors import (
    AlreadyBuying,
    AmountsUsedUp,
    GroupMissing,
    GroupNotAllowed,
    GroupNotVerified,
    PriceMissing,
    RegistrationClosed,
    RegistrationNotOpen,
)
from backend.domain.purchases.queries import PurchaseRow
from backend.domain.purchases.terms import PaymentState

_DRAWS = 20

_OFFER = """
SELECT b.id AS batch_id, now() < b.registration_start_at AS is_early,
    now() > least(b.registration_end_at, b.end_at) OR b.archived_at IS NOT NULL AS is_late,
    p.group_type, p.group_verified,
    EXISTS (SELECT FROM batch_group g WHERE g.batch_id = b.id AND g.group_type = p.group_type) AS is_allowed,
    (SELECT g.id FROM price_group g WHERE g.group_type = p.group_type) AS price_group_id,
    b.seats_taken >= b.quota
        AND NOT EXISTS (SELECT FROM purchase o WHERE o.batch_id = b.id AND o.state = 'pending'
            AND o.expires_at <= now())
        AND NOT EXISTS (SELECT FROM wait_place w WHERE w.batch_id = b.id AND w.state = 'offered'
            AND (w.account_id = $1 OR w.offer_ends_at <= now())) AS is_sold_out
FROM batch b, account a JOIN profile p ON p.account_id = a.id
WHERE b.{column} = $2 AND a.id = $1 FOR SHARE OF a, p
"""

_FREE_CODE = """
SELECT code FROM generate_series($3::int, $4::int) AS code
WHERE NOT EXISTS (SELECT FROM purchase p WHERE p.transfer_amount = g.price + code
    AND p.state IN ('pending', 'waiting_confirmation'))
  AND NOT EXISTS (SELECT FROM resting_amount r WHERE r.amount = g.price + code AND r.rests_until > now())
ORDER BY random() LIMIT 1
"""

_RESERVE = f"""
INSERT INTO purchase (account_id, batch_id, price_group_id, group_type, state, price, unique_code, transfer_amount,
    expires_at)
SELECT $1, $2, g.id, g.group_type, 'pending', g.price, free.code, g.price + free.code, now() + $6::interval
FROM price_group g CROSS JOIN LATERAL ({_FREE_CODE}) AS free WHERE g.id = $5
ON CONFLICT (transfer_amount) WHERE state IN ('pending', 'waiting_confirmation') DO NOTHING
RETURNING id
"""  # noqa: S608 - our own text


async def buy(actor: Actor, batch_ref: Ref) -> PurchaseRow:
    """Reserve a seat, be it one that is held for the actor, and an amount, with the purchase's first line.

    Joins the caller's transaction, which holds the batch's row from here on.

    Raises: BatchNotFound, RegistrationNotOpen, RegistrationClosed, GroupMissing, GroupNotAllowed, GroupNotVerified,
        PriceMissing, AlreadyBuying, AmountsUsedUp, BatchFull.
    """
    offer = await an_offer(actor.person_id, batch_ref)
    if not offer["is_sold_out"]:  # a refusal does not keep those waiting who buy
        await seats.hold(offer["batch_id"])
        await seats.settle([offer["batch_id"]])
    if await is_taken(actor.person_id, offer["batch_id"]):
        raise AlreadyBuying
    if offer["is_sold_out"]:
        raise BatchFull(batch=offer["batch_id"])
    await seats.take(actor.person_id, offer["batch_id"])
    purchase_id = await _reserve_amount(actor.person_id, offer)
    await moving.note(purchase_id, None, PaymentState.PENDING, actor)
    return await queries.purchase_row(purchase_id)


async def an_offer(account_id: int, batch_ref: Ref) -> Record:
    """What a batch costs a person who may buy it; the profile stays as it is until the end of the transaction.

    Raises: BatchNotFound, RegistrationNotOpen, RegistrationClosed, GroupMissing, GroupNotAllowed, GroupNotVerified,
        PriceMissing.
    """
    column = db.column_of(batch_ref)
    offer = await db.row(_OFFER.format(column=column), account_id, batch_ref)
    if offer is None:
        if await db.value(f"SELECT id FROM batch WHERE {column} = $1", batch_ref) is None:  # noqa: S608 - our names
            raise BatchNotFound(ref=str(batch_ref))
        raise GroupMissing
    _must_be_open(offer)
    _must_be_for(offer)
    return offer


def _must_be_open(offer: Record) -> None:
    if offer["is_early"]:
        raise RegistrationNotOpen
    if offer["is_late"]:
        raise RegistrationClosed


def _must_be_for(offer: Record) -> None:
    if offer["group_type"] is None:
        raise GroupMissing
    group = GroupType(offer["group_type"])
    if not offer["is_allowed"]:
        raise GroupNotAllowed(group=group)
    if rules.needs_verification(group) and not offer["group_verified"]:
        raise GroupNotVerified
    if offer["price_group_id"] is None:
        raise PriceMissing(group=group)


async def is_taken(account_id: int, batch_id: int) -> bool:
    """Whether a person has an open or paid purchase of a batch, or is in it."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM purchase WHERE account_id = $1 AND batch_id = $2"
            " AND state IN ('pending', 'waiting_confirmation', 'paid'))"
            " OR EXISTS (SELECT FROM enrolment WHERE account_id = $1 AND batch_id = $2 AND state = 'active')",
            account_id,
            batch_id,
        )
    )


async def _reserve_amount(account_id: int, offer: Record) -> int:
    """Write the purchase under an amount that no other open one has; who loses a draw draws again."""
    args = (account_id, offer["batch_id"])
    for _ in range(_DRAWS):
        for least, most in rules.CODES:
            found = await db.value(_RESERVE, *args, least, most, offer["price_group_id"], rules.TIME_TO_PAY)
            if found is not None:
                return int(found)
    raise AmountsUsedUp(retry_after_s=60)
