"""What can be done with prices."""

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.accounts.errors import AdminOnly
from backend.domain.accounts.terms import GroupType
from backend.domain.purchases import queries
from backend.domain.purchases.errors import PriceGroupExists, PriceGroupNotFound
from backend.domain.purchases.events import PriceChanged
from backend.domain.purchases.queries import PriceGroupView


async def create_price_group(actor: Actor, group_type: GroupType, *, name: str, price: int) -> PriceGroupView:
    """Name a group and set what it pays, in rupiah; once per group.

    Raises: AdminOnly, PriceGroupExists.
    Emits: PriceChanged.
    """
    if not actor.is_admin:
        raise AdminOnly
    async with transaction():
        found = await db.value(
            "INSERT INTO price_group (group_type, name, price) VALUES ($1, $2, $3)"
            " ON CONFLICT (group_type) DO NOTHING RETURNING id",
            str(group_type),
            name,
            price,
        )
        if found is None:
            raise PriceGroupExists(group=group_type)
        return await _told(int(found), Deed.CREATED)


async def change_price_group(
    actor: Actor, ref: Ref, *, name: str | None = None, price: int | None = None
) -> PriceGroupView:
    """Rename a group or change what it pays; purchases made before keep their price.

    Raises: AdminOnly, PriceGroupNotFound.
    Emits: PriceChanged.
    """
    if not actor.is_admin:
        raise AdminOnly
    async with transaction():
        found = await db.value(
            "UPDATE price_group SET name = COALESCE($2, name), price = COALESCE($3, price), updated_at = now()"  # noqa: S608 - our names
            f" WHERE {db.column_of(ref)} = $1 RETURNING id",
            ref,
            name,
            price,
        )
        if found is None:
            raise PriceGroupNotFound(ref=str(ref))
        return await _told(int(found), Deed.UPDATED)


async def _told(price_group_id: int, deed: Deed) -> PriceGroupView:
    group = await queries.price_group(price_group_id)
    await emit(PriceChanged(price_group_id, deed, group.name, group.price))
    return group
