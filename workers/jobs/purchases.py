"""Purchases: what happens to them in time, and their receipts."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from backend.core.ids import new_uuid
from backend.domain.purchases import commands as purchases
from backend.domain.purchases import receipt_pdf, receipts, timing
from backend.domain.purchases.events import PurchaseCreated, PurchasePaid
from backend.domain.purchases.timing import Due
from storage import keys
from workers import resources
from workers.registry import job
from workers.schedule import Empty


@job()
async def expire_purchases(_: Empty) -> dict[str, int]:
    """Expire overdue purchases and offers of seats: seats and amounts are free again. Safe to repeat."""
    return {"expired": await purchases.expire_overdue()}


@job(together=250)
async def plan_purchases(events: Sequence[PurchaseCreated]) -> None:
    """Have each purchase end at its time, and its buyer reminded before. Safe to repeat: each has one job of a kind."""
    await timing.plan([event.purchase_id for event in events])


@job()
async def expire_purchase(due: Due) -> dict[str, int]:
    """Expire a purchase whose time to pay is over, as the sweep does. Safe to repeat: one that is paid stays so."""
    return {"expired": await purchases.settle_batch(due.batch_id)}


@job(phases=True, time_limit_s=60)
async def make_receipt(event: PurchasePaid) -> Callable[[], Awaitable[None]] | None:
    """Draw the receipt of a paid purchase and keep it.

    Safe to repeat: there is one receipt per purchase; what a broken run left in storage is swept.
    """
    paper = await receipts.paper(event.purchase_id)
    if paper is None:
        return None
    drawn = await asyncio.to_thread(receipt_pdf.render, paper)
    key = keys.receipt(new_uuid())
    kept = await resources.storage().put(key, drawn, "application/pdf")
    return partial(receipts.record, event.purchase_id, key, kept.sha256_hex, kept.size_bytes)
