"""Purchases whose time to pay is over."""

from backend.domain.purchases import commands as purchases
from workers.registry import job
from workers.schedule import Empty


@job()
async def expire_purchases(_: Empty) -> dict[str, int]:
    """Expire overdue purchases: their seats and amounts are free again. Safe to repeat."""
    return {"expired": await purchases.expire_overdue()}
