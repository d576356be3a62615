"""What one tells of oneself, as far as a purchase hangs on it. Everything else about people is `accounts`."""

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.domain.accounts import commands as accounts
from backend.domain.accounts.queries import PersonView
from backend.domain.accounts.terms import Particulars
from backend.domain.purchases import queries
from backend.domain.purchases.errors import PurchaseOpen


async def update_my_profile(
    actor: Actor,
    told: Particulars,
    *,
    name: str | None = None,
    phone: str | None = None,
    avatar: str | None = None,
) -> PersonView:
    """Change what the actor tells of themselves; the price of an open purchase hangs on the group and its proof.

    Raises: PurchaseOpen, and what `accounts.update_profile` raises.
    """
    async with transaction():
        await db.value("SELECT id FROM account WHERE id = $1 FOR UPDATE", actor.person_id)
        if await _changes_group(actor.person_id, told) and await queries.has_open_purchase(actor.person_id):
            raise PurchaseOpen
        return await accounts.update_profile(actor, told, name=name, phone=phone, avatar=avatar)


async def _changes_group(account_id: int, told: Particulars) -> bool:
    return bool(
        await db.value(
            "SELECT (coalesce($2, group_type), coalesce($3, nim), coalesce($4, nim_proof))"
            " IS DISTINCT FROM (group_type, nim, nim_proof) FROM profile WHERE account_id = $1",
            account_id,
            told.group_type and str(told.group_type),
            told.nim,
            told.nim_proof,
        )
    )
