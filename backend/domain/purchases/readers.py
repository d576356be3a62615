"""Who may read a proof of payment: asked by `files`, which lies below, at each request for a file."""

from collections.abc import Sequence

from backend.core import db
from backend.core.actor import Actor


async def reads_purchase(actor: Actor, ids: Sequence[int]) -> bool:
    """The buyer does (admins are never asked)."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT FROM purchase WHERE id = ANY($2) AND account_id = $1)", actor.account_id, list(ids)
        )
    )
