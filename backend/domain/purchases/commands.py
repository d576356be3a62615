"""What can be done with purchases and prices.

Whoever changes a seat locks the batch's row first and its purchases after that, so that two never wait for each other.
"""

from collections import Counter
from collections.abc import Sequence

import asyncpg
import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import savepoint, transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.accounts.errors import AdminOnly
from backend.domain.accounts.terms import GroupType
from backend.domain.batches import commands as batches
from backend.domain.batches.errors import BatchFull, BatchNotFound
from backend.domain.enrolments import commands as enrolments
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind
from backend.domain.purchases import buying, queries, rules
from backend.domain.purchases.errors import (
    AlreadyBuying,
    AmountsUsedUp,
    AmountTaken,
    CancelImpossible,
    GroupMissing,
    GroupNotAllowed,
    GroupNotVerified,
    MoveForbidden,
    NotYoursToPay,
    PaymentImpossible,
    PaymentTooLate,
    PriceMissing,
    PurchaseNotFound,
    ReasonMissing,
    RegistrationClosed,
    RegistrationNotOpen,
)
from backend.domain.purchases.events import (
    PaymentProofUploaded,
    PurchaseCancelled,
    PurchaseCreated,
    PurchaseExpired,
    PurchasePaid,
    PurchaseRejected,
)
from backend.domain.purchases.queries import PurchaseRow, PurchaseView
from backend.domain.purchases.terms import PaymentState

_DRAWS = 20


class Payer(msgspec.Struct, frozen=True):
    """Where a transfer comes from, as the buyer says."""

    account_name: str
    account_number: str
    bank: str | None = None


async def create_purchase(actor: Actor, batch_ref: Ref) -> PurchaseView:
    """Reserve a seat and an amount for the actor, for 24 hours.

    The price is that of the actor's group; overdue purchases of the batch are expired on the way, so that they keep
    neither their buyers nor their seats waiting.

    Raises: BatchNotFound, RegistrationNotOpen, RegistrationClosed, GroupMissing, GroupNotAllowed, GroupNotVerified,
        PriceMissing, AlreadyBuying, AmountsUsedUp, BatchFull.
    Emits: PurchaseCreated; PurchaseExpired for overdue ones.
    """
    bought = await buying.buy_at_once(actor, batch_ref)
    if bought is None:
        async with transaction():
            bought = await _buy_the_long_way(actor, batch_ref)
            await emit(PurchaseCreated(bought.id))
    return await queries.complete(bought)  # after the commit: the next buyer waits for the batch's row until then


async def _buy_the_long_way(actor: Actor, batch_ref: Ref) -> PurchaseRow:
    offer = await _offer(actor.person_id, batch_ref)
    if not offer["is_sold_out"]:  # a refusal does not keep those waiting who buy
        await _hold_batch(offer["batch_id"])
        await _expire([offer["batch_id"]])
    if await _is_taken(actor.person_id, offer["batch_id"]):
        raise AlreadyBuying
    if offer["is_sold_out"]:
        raise BatchFull(batch=offer["batch_id"])
    await batches.take_seat(offer["batch_id"])
    purchase_id = await _reserve_amount(actor.person_id, offer)
    await _note(purchase_id, None, PaymentState.PENDING, actor, None)
    return await queries.purchase_row(purchase_id)


async def _offer(account_id: int, batch_ref: Ref) -> Record:
    """What a batch costs a person who may buy it; the profile stays as it is until the end of the transaction."""
    offer = await db.row(
        "SELECT b.id AS batch_id, now() < b.registration_start_at AS is_early,"  # noqa: S608 - our names
        " now() > least(b.registration_end_at, b.end_at) OR b.archived_at IS NOT NULL AS is_late,"
        " p.group_type, p.group_verified,"
        " EXISTS (SELECT FROM batch_group g WHERE g.batch_id = b.id AND g.group_type = p.group_type) AS is_allowed,"
        " (SELECT g.id FROM price_group g WHERE g.group_type = p.group_type) AS price_group_id,"
        " b.seats_taken >= b.quota AND NOT EXISTS (SELECT FROM purchase o WHERE o.batch_id = b.id"
        " AND o.state = 'pending' AND o.expires_at <= now()) AS is_sold_out"
        " FROM batch b, account a JOIN profile p ON p.account_id = a.id"
        f" WHERE b.{db.column_of(batch_ref)} = $2 AND a.id = $1 FOR SHARE OF a, p",
        account_id,
        batch_ref,
    )
    if offer is None:
        if await db.value(f"SELECT id FROM batch WHERE {db.column_of(batch_ref)} = $1", batch_ref) is None:  # noqa: S608 - our names
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


async def _hold_batch(batch_id: int) -> None:
    await db.value("SELECT id FROM batch WHERE id = $1 FOR NO KEY UPDATE", batch_id)


async def _is_taken(account_id: int, batch_id: int) -> bool:
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM purchase WHERE account_id = $1 AND batch_id = $2"
            " AND state IN ('pending', 'waiting_confirmation', 'paid'))"
            " OR EXISTS (SELECT FROM enrolment WHERE account_id = $1 AND batch_id = $2 AND state = 'active')",
            account_id,
            batch_id,
        )
    )


_FREE_CODE = """
SELECT code FROM generate_series($3::int, $4::int) AS code
WHERE NOT EXISTS (SELECT FROM purchase p WHERE p.transfer_amount = g.price + code
    AND p.state IN ('pending', 'waiting_confirmation'))
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


async def _reserve_amount(account_id: int, offer: Record) -> int:
    """Write the purchase under an amount that no other open one has; who loses a draw draws again."""
    args = (account_id, offer["batch_id"])
    for _ in range(_DRAWS):
        for least, most in rules.CODES:
            found = await db.value(_RESERVE, *args, least, most, offer["price_group_id"], rules.TIME_TO_PAY)
            if found is not None:
                return int(found)
    raise AmountsUsedUp(retry_after_s=60)


async def pay_purchase(actor: Actor, ref: Ref, proof_url: str, payer: Payer) -> PurchaseView:
    """Hand in a proof of payment; an admin will look at it.

    `proof_url` is an upload of the actor's own, or elsewhere. After a rejection a better proof takes a seat and the
    same amount again, if they are still free.

    Raises: PurchaseNotFound, NotYoursToPay, PaymentImpossible, PaymentTooLate; after a rejection also AlreadyBuying,
        AmountTaken and BatchFull. FileNotFound and FileNotReady for an upload that cannot be a proof.
    Emits: PaymentProofUploaded; PurchaseExpired for overdue ones.
    """
    async with transaction():
        held = await _held(ref)
        if held["account_id"] != actor.account_id:
            raise NotYoursToPay
        before = PaymentState(held["state"])
        if before is PaymentState.EXPIRED or (before is PaymentState.PENDING and held["is_overdue"]):
            raise PaymentTooLate
        if not rules.takes_proof(before):
            raise PaymentImpossible(state=before)
        if before is PaymentState.REJECTED:
            await _reserve_again(held)
        await files.attach(actor, proof_url, OwnerKind.PURCHASE, held["id"])
        await _await_confirmation(held["id"], proof_url, payer)
        await _note(held["id"], before, PaymentState.WAITING_CONFIRMATION, actor, None)
        await emit(PaymentProofUploaded(held["id"]))
        return await queries.purchase(actor, held["id"])


async def _reserve_again(held: Record) -> None:
    await _expire([held["batch_id"]])
    if await _is_taken(held["account_id"], held["batch_id"]):
        raise AlreadyBuying
    await batches.take_seat(held["batch_id"])


async def _await_confirmation(purchase_id: int, proof_url: str, payer: Payer) -> None:
    try:
        async with savepoint():
            await db.statement(
                "UPDATE purchase SET state = 'waiting_confirmation', payment_proof = $2, buyer_bank_account_name = $3,"
                " buyer_bank_account_number = $4, buyer_bank_name = $5, reason = NULL, updated_at = now()"
                " WHERE id = $1",
                purchase_id,
                proof_url,
                payer.account_name,
                payer.account_number,
                payer.bank,
            )
    except asyncpg.UniqueViolationError as error:
        raise AmountTaken from error


async def cancel_purchase(actor: Actor, ref: Ref) -> PurchaseView:
    """Give up an open purchase; its seat and amount are free again.

    Raises: PurchaseNotFound, NotYoursToPay, CancelImpossible.
    Emits: PurchaseCancelled.
    """
    async with transaction():
        held = await _held(ref)
        if held["account_id"] != actor.account_id:
            raise NotYoursToPay
        before = PaymentState(held["state"])
        if not rules.buyer_may_cancel(before):
            raise CancelImpossible(state=before)
        await _move(held, PaymentState.CANCELLED, actor, None)
        await batches.release_seat(held["batch_id"])
        await emit(PurchaseCancelled(held["id"]))
        return await queries.purchase(actor, held["id"])


async def decide_purchase(actor: Actor, ref: Ref, state: PaymentState, *, reason: str | None = None) -> PurchaseView:
    """Confirm a payment, reject it, or take a paid one back; admins only, and only these moves.

    Paid puts the buyer into the batch in the same transaction; rejected and cancelled free the seat, and cancelled
    takes the buyer out again.

    Raises: AdminOnly, PurchaseNotFound, MoveForbidden (also for a second call), ReasonMissing.
    Emits: PurchasePaid, PurchaseRejected, PurchaseCancelled.
    """
    _must_be_admin(actor)
    async with transaction():
        held = await _held(ref)
        before = PaymentState(held["state"])
        if not rules.admin_may_move(before, state):
            raise MoveForbidden(before=before, after=state)
        if state is PaymentState.CANCELLED and not reason:
            raise ReasonMissing
        await _move(held, state, actor, reason)
        if state is PaymentState.PAID:
            await enrolments.enrol(held["account_id"], held["batch_id"])
            await emit(PurchasePaid(held["id"]))
        elif state is PaymentState.REJECTED:
            await batches.release_seat(held["batch_id"])
            await emit(PurchaseRejected(held["id"]))
        else:
            await enrolments.withdraw(held["account_id"], held["batch_id"])
            await batches.release_seat(held["batch_id"])
            await emit(PurchaseCancelled(held["id"]))
        return await queries.purchase(actor, held["id"])


def _must_be_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise AdminOnly


async def expire_overdue() -> int:
    """Expire every pending purchase whose time to pay is over; says how many. Safe to repeat.

    A batch that somebody is buying or changing just now is left to them, or to the next minute.

    Emits: PurchaseExpired.
    """
    async with transaction():
        found = await db.fetch(
            "SELECT id FROM batch WHERE id IN"
            " (SELECT batch_id FROM purchase WHERE state = 'pending' AND expires_at <= now())"
            " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
        )
        return await _expire([batch["id"] for batch in found])


async def _expire(batch_ids: Sequence[int]) -> int:
    """Expire what is overdue in batches that this transaction has locked."""
    gone = await db.fetch(
        "WITH gone AS (UPDATE purchase SET state = 'expired', updated_at = now()"
        " WHERE batch_id = ANY($1) AND state = 'pending' AND expires_at <= now() RETURNING id, batch_id),"
        " noted AS (INSERT INTO purchase_change (purchase_id, before, after)"
        " SELECT id, 'pending', 'expired' FROM gone)"
        " SELECT id, batch_id FROM gone ORDER BY id",
        list(batch_ids),
    )
    if gone:
        await batches.release_seats(Counter(row["batch_id"] for row in gone))
        await emit(*(PurchaseExpired(row["id"]) for row in gone))
    return len(gone)


async def _held(ref: Ref) -> Record:
    """A purchase, locked after its batch."""
    column = db.column_of(ref)
    batch_id = await db.value(f"SELECT batch_id FROM purchase WHERE {column} = $1", ref)  # noqa: S608 - our names
    if batch_id is None:
        raise PurchaseNotFound(ref=str(ref))
    await _hold_batch(batch_id)
    found = await db.row(
        "SELECT id, account_id, batch_id, state, expires_at <= now() AS is_overdue FROM purchase"  # noqa: S608 - our names
        f" WHERE {column} = $1 FOR UPDATE",
        ref,
    )
    if found is None:
        raise PurchaseNotFound(ref=str(ref))
    return found


async def _move(held: Record, state: PaymentState, actor: Actor, reason: str | None) -> None:
    await db.statement(
        "UPDATE purchase SET state = $2::varchar, reason = COALESCE($3, reason), updated_at = now(),"
        " decided_by = CASE WHEN $2 IN ('paid', 'rejected') THEN $4 ELSE decided_by END,"
        " paid_at = CASE WHEN $2 = 'paid' THEN now() ELSE paid_at END WHERE id = $1",
        held["id"],
        str(state),
        reason,
        actor.account_id,
    )
    await _note(held["id"], PaymentState(held["state"]), state, actor, reason)


async def _note(
    purchase_id: int, before: PaymentState | None, after: PaymentState, actor: Actor, reason: str | None
) -> None:
    await db.statement(
        "INSERT INTO purchase_change (purchase_id, before, after, actor_id, reason) VALUES ($1, $2, $3, $4, $5)",
        purchase_id,
        before and str(before),
        str(after),
        actor.account_id,
        reason,
    )
