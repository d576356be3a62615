"""What can be done with purchases. Prices, the wait list and bank statements have modules of their own.

Whoever changes a seat locks the batch's row first and its purchases after that, so that two never wait for each other.
"""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import savepoint, transaction
from backend.core.errors import Broken
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.core.rupiah import dotted
from backend.domain.accounts.errors import AdminOnly
from backend.domain.enrolments import commands as enrolments
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind
from backend.domain.purchases import buying, moving, queries, reserving, rules, seats
from backend.domain.purchases.errors import (
    AlreadyBuying,
    AmountTaken,
    CancelImpossible,
    MoveForbidden,
    NotYoursToPay,
    PaymentImpossible,
    PaymentTooLate,
    PurchaseNotFound,
    ReasonMissing,
    RefundInFuture,
    RefundTooLarge,
)
from backend.domain.purchases.events import (
    PaymentProofUploaded,
    PurchaseCancelled,
    PurchaseCreated,
    PurchasePaid,
    PurchaseRefunded,
    PurchaseRejected,
)
from backend.domain.purchases.queries import PurchaseView
from backend.domain.purchases.terms import PaymentState


class Payer(msgspec.Struct, frozen=True):
    """Where a transfer comes from, as the buyer says."""

    account_name: str
    account_number: str
    bank: str | None = None


class Refund(msgspec.Struct, frozen=True):
    """Money that was given back, in whole rupiah; without a time it was just now."""

    amount: int
    reason: str
    note: str = ""
    refunded_at: datetime | None = None


async def create_purchase(actor: Actor, batch_ref: Ref) -> PurchaseView:
    """Reserve a seat and an amount for the actor, for 24 hours.

    The price is that of the actor's group; what is overdue in the batch is ended on the way, so that it keeps neither
    buyers nor seats waiting. Who waits in line comes first; a seat that is held for the actor is theirs.

    Raises: BatchNotFound, RegistrationNotOpen, RegistrationClosed, GroupMissing, GroupNotAllowed, GroupNotVerified,
        PriceMissing, AlreadyBuying, AmountsUsedUp, BatchFull.
    Emits: PurchaseCreated.
    """
    bought = await buying.buy_at_once(actor, batch_ref)
    if bought is None:
        async with transaction():
            bought = await reserving.buy(actor, batch_ref)
            await emit(PurchaseCreated(bought.id))
    return await queries.complete(bought)  # after the commit: the next buyer waits for the batch's row until then


async def pay_purchase(actor: Actor, ref: Ref, proof_url: str, payer: Payer) -> PurchaseView:
    """Hand in a proof of payment; an admin will look at it.

    `proof_url` is an upload of the actor's own, or elsewhere. After a rejection a better proof takes a seat and the
    same amount again, if they are still free.

    Raises: PurchaseNotFound, NotYoursToPay, PaymentImpossible, PaymentTooLate; after a rejection also AlreadyBuying,
        AmountTaken and BatchFull. FileNotFound and FileNotReady for an upload that cannot be a proof.
    Emits: PaymentProofUploaded.
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
        await moving.note(held["id"], before, PaymentState.WAITING_CONFIRMATION, actor)
        await emit(PaymentProofUploaded(held["id"]))
        return await queries.purchase(actor, held["id"])


async def _reserve_again(held: Record) -> None:
    await seats.settle([held["batch_id"]])
    if await reserving.is_taken(held["account_id"], held["batch_id"]):
        raise AlreadyBuying
    await seats.take(held["account_id"], held["batch_id"])


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
        await moving.move({held["id"]: None}, PaymentState.CANCELLED, actor)
        await seats.free({held["batch_id"]: 1})
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
        if state is PaymentState.PAID:
            await _confirm({held["id"]: reason}, actor)
        elif state is PaymentState.REJECTED:
            await moving.move({held["id"]: reason}, state, actor)
            await seats.free({held["batch_id"]: 1})
            await emit(PurchaseRejected(held["id"]))
        else:
            await _take_back(held, state, actor, reason)
            await emit(PurchaseCancelled(held["id"]))
        return await queries.purchase(actor, held["id"])


async def confirm_purchases(actor: Actor, reasons: Mapping[int, str | None]) -> None:
    """Note that open purchases are paid, and put their buyers into their batches; purchase → a reason, or None.

    Joins the caller's transaction, which holds the batches and the purchases.

    Emits: PurchasePaid.
    """
    await _confirm(reasons, actor)


async def _confirm(reasons: Mapping[int, str | None], actor: Actor) -> None:
    paid = await moving.move(reasons, PaymentState.PAID, actor)
    await enrolments.enrol_each([(row["account_id"], row["batch_id"]) for row in paid])
    await emit(*(PurchasePaid(row["id"]) for row in paid))


async def _take_back(held: Record, state: PaymentState, actor: Actor, reason: str | None) -> None:
    """Take a buyer who has paid out of the batch again."""
    await moving.move({held["id"]: reason}, state, actor)
    await enrolments.withdraw(held["account_id"], held["batch_id"])
    await seats.free({held["batch_id"]: 1})


async def refund_purchase(actor: Actor, ref: Ref, given: Refund) -> PurchaseView:
    """Record that a paid purchase's money, or a part of it, was given back; the buyer's place is free again.

    Once per purchase; what was given back is kept as it was said.

    Raises: AdminOnly, PurchaseNotFound, MoveForbidden (also for a second call), ReasonMissing, RefundTooLarge,
        RefundInFuture.
    Emits: PurchaseRefunded.
    """
    _must_be_admin(actor)
    async with transaction():
        held = await _held(ref)
        before = PaymentState(held["state"])
        if not rules.may_refund(before):
            raise MoveForbidden(before=before, after=PaymentState.REFUNDED)
        if not given.reason.strip():
            raise ReasonMissing
        if given.amount > held["transfer_amount"]:
            raise RefundTooLarge(paid=dotted(held["transfer_amount"]))
        await _record_refund(held["id"], actor, given)
        await _take_back(held, PaymentState.REFUNDED, actor, given.reason)
        await emit(PurchaseRefunded(held["id"]))
        return await queries.purchase(actor, held["id"])


async def _record_refund(purchase_id: int, actor: Actor, given: Refund) -> None:
    written = await db.statement(
        "INSERT INTO refund (purchase_id, amount, refunded_at, refunded_by, note)"
        " SELECT $1, $2, coalesce($3, now()), $4, $5 WHERE coalesce($3, now()) <= now()",
        purchase_id,
        given.amount,
        given.refunded_at,
        actor.account_id,
        given.note,
    )
    if not written:
        raise RefundInFuture(fields={"refunded_at": Broken("past")})


def _must_be_admin(actor: Actor) -> None:
    if not actor.is_admin:
        raise AdminOnly


async def expire_overdue() -> int:
    """End every purchase and every offer of a seat whose time is over, and offer free seats to those who wait.

    Says how many purchases have expired. Safe to repeat. A batch that somebody is buying or changing just now is left
    to them, or to the next minute.
    """
    async with transaction():
        found = await db.fetch(
            "SELECT id FROM batch WHERE id IN"
            " (SELECT batch_id FROM purchase WHERE state = 'pending' AND expires_at <= now()"
            "  UNION SELECT batch_id FROM wait_place WHERE state = 'offered' AND offer_ends_at <= now()"
            "  UNION SELECT w.batch_id FROM wait_place w JOIN batch b ON b.id = w.batch_id"
            "  WHERE w.state = 'waiting' AND b.seats_taken < b.quota AND b.archived_at IS NULL"
            "  AND now() BETWEEN b.registration_start_at AND least(b.registration_end_at, b.end_at))"
            " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
        )
        return await seats.settle([batch["id"] for batch in found]) if found else 0


async def settle_batch(batch_id: int) -> int:
    """The same for one batch, waiting for whoever is changing it; says how many purchases have expired."""
    async with transaction():
        await seats.hold(batch_id)
        return await seats.settle([batch_id])


async def _held(ref: Ref) -> Record:
    """A purchase, locked after its batch."""
    column = db.column_of(ref)
    batch_id = await db.value(f"SELECT batch_id FROM purchase WHERE {column} = $1", ref)  # noqa: S608 - our names
    if batch_id is None:
        raise PurchaseNotFound(ref=str(ref))
    await seats.hold(batch_id)
    found = await db.row(
        "SELECT id, account_id, batch_id, state, transfer_amount, expires_at <= now() AS is_overdue FROM purchase"  # noqa: S608 - our names
        f" WHERE {column} = $1 FOR UPDATE",
        ref,
    )
    if found is None:
        raise PurchaseNotFound(ref=str(ref))
    return found
