"""Prices and purchases for tests."""

from backend.core import db
from backend.core.actor import SYSTEM, Actor, Role
from backend.domain.accounts.terms import GroupType
from backend.domain.purchases import price_commands
from backend.domain.purchases.commands import Payer
from tests.people import an_account

PRICES = {GroupType.OWN_STUDENT: 750_000, GroupType.OTHER_STUDENT: 1_000_000, GroupType.PUBLIC: 2_300_000}
PAYER = Payer("Buyer", "1234567890", "Bank")
PROOF = "https://pictures.example/proof.png"


async def prices() -> None:
    """What each group pays."""
    for group, price in PRICES.items():
        await price_commands.create_price_group(SYSTEM, group, name=str(group), price=price)


async def a_buyer(group: str = "public") -> Actor:
    """A student with a verified group."""
    account_id, *_ = await an_account(Role.STUDENT, group=group)
    return Actor(account_id, Role.STUDENT)


async def seats(batch) -> int:
    """How many seats of a batch are taken."""
    return await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id)


async def overdue(purchase_id: int) -> None:
    """Let a purchase's time to pay be over."""
    await db.statement("UPDATE purchase SET expires_at = now() - interval '1 second' WHERE id = $1", purchase_id)


async def told(name: str) -> int:
    """How many events of a name there are."""
    return await db.value("SELECT count(*) FROM outbox WHERE name = $1", f"purchases.{name}.v1")
