"""Mails about money and seats. What is to be paid cannot be done without; what was decided can be looked up."""

from backend.core import rupiah
from backend.core.dates import Lang
from backend.core.settings import settings
from backend.domain.notifications import facts
from backend.domain.notifications.facts import PaymentFacts
from backend.domain.notifications.terms import NoticeKind
from backend.domain.purchases import receipts
from backend.domain.purchases.events import (
    PurchaseCancelled,
    PurchaseCreated,
    PurchaseExpired,
    PurchaseRefunded,
    PurchaseRejected,
    ReceiptMade,
    SeatOffered,
)
from backend.domain.purchases.terms import PaymentState, WaitState
from backend.domain.purchases.timing import Due
from workers import resources, scratch
from workers.letters import Letter
from workers.mailer import Attachment
from workers.notices import Notice, Sent, moment, tell
from workers.registry import Queue, job

MAX_RECEIPT_BYTES = 4 << 20
_DECIDED = frozenset({Letter.RECEIPT, Letter.REJECTED})


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_payment_asked(event: PurchaseCreated) -> Sent | None:
    """Tell a buyer what to transfer, and until when. Safe to repeat: told once, while it is to be paid."""
    return await _tell(event.purchase_id, Letter.PAYMENT_ASKED, PaymentState.PENDING)


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_payment_reminder(due: Due) -> Sent | None:
    """Remind a buyer two hours before the time to pay is over. Safe to repeat: told once, while it is to be paid."""
    return await _tell(due.purchase_id, Letter.PAYMENT_REMINDER, PaymentState.PENDING)


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_receipt(event: ReceiptMade) -> Sent | None:
    """Send the receipt to the buyer. Safe to repeat: sent once, and not for what was cancelled meanwhile."""
    told = await facts.payment(event.purchase_id)
    if told.state is PaymentState.CANCELLED:
        return None
    kept = await receipts.stored(event.purchase_id)
    async with scratch.folder() as folder:
        path = folder / "receipt.pdf"
        await resources.storage().download(kept.object_key, path, max_bytes=MAX_RECEIPT_BYTES)
        attachment = Attachment(kept.filename, "application/pdf", path.read_bytes())
    return await tell(_notice(told, Letter.RECEIPT, attachment))


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_rejected(event: PurchaseRejected) -> Sent | None:
    """Tell a buyer that the payment was not accepted, and why. Safe to repeat: told once per refusal."""
    return await _tell(event.purchase_id, Letter.REJECTED, PaymentState.REJECTED)


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_expired(event: PurchaseExpired) -> Sent | None:
    """Tell a buyer that the time to pay is over. Safe to repeat: told once."""
    return await _tell(event.purchase_id, Letter.EXPIRED, PaymentState.EXPIRED)


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_cancelled(event: PurchaseCancelled) -> Sent | None:
    """Tell a buyer that an admin has taken the purchase back. Safe to repeat: told once, and not of one's own doing."""
    found = await facts.payment(event.purchase_id)
    return None if found.is_own_doing else await tell(_notice(found, Letter.CANCELLED))


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_refunded(event: PurchaseRefunded) -> Sent | None:
    """Tell a buyer that money was given back. Safe to repeat: told once."""
    return await _tell(event.purchase_id, Letter.REFUNDED, PaymentState.REFUNDED)


@job(queue=Queue.MAIL, phases=True, time_limit_s=60)
async def mail_seat_offered(event: SeatOffered) -> Sent | None:
    """Tell somebody that a seat is held for them. Safe to repeat: told once, while it is."""
    found = await facts.seat(event.place_id)
    if found is None or found.state is not WaitState.OFFERED:
        return None
    return await tell(
        Notice(
            account_id=found.account_id,
            kind=NoticeKind.SEAT_OFFERED,
            letter=Letter.SEAT_OFFERED,
            fact=f"seat_offered:{found.place_id}",
            values=lambda lang: {"batch": found.batch, "until": moment(found.offer_ends_at, lang)},
        )
    )


async def _tell(purchase_id: int, letter: Letter, state: PaymentState) -> Sent | None:
    """Tell of a purchase that is still in a state; of one to be paid, while there is time."""
    found = await facts.payment(purchase_id)
    if found.state is not state or (state is PaymentState.PENDING and found.is_overdue):
        return None
    return await tell(_notice(found, letter))


def _notice(found: PaymentFacts, letter: Letter, *attachments: Attachment) -> Notice:
    def values(lang: Lang) -> dict[str, str]:
        return {
            "batch": found.batch,
            "amount": rupiah.dotted(found.amount),
            "until": moment(found.expires_at, lang),
            "reason": found.reason or "",
            "refunded": rupiah.dotted(found.refunded or 0),
            "account": settings().payment_account,
        }

    times = f":{found.rejections}" if letter is Letter.REJECTED else ""
    return Notice(
        account_id=found.account_id,
        kind=NoticeKind.PAYMENT_DECIDED if letter in _DECIDED else NoticeKind.PAYMENT,
        letter=letter,
        fact=f"{letter}:{found.purchase_id}{times}",
        values=values,
        attachments=attachments,
    )
