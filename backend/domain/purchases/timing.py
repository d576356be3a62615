"""What is to happen to purchases at a time of their own: a reminder, and the end."""

from collections.abc import Sequence

import msgspec

from backend.core import db
from backend.core.db import transaction
from backend.domain.jobs import commands as jobs
from backend.domain.jobs.commands import Wanted
from backend.domain.purchases import rules


class Due(msgspec.Struct, frozen=True):
    """The body of such a job. It reads the present state: much may have happened to the purchase meanwhile."""

    purchase_id: int
    batch_id: int


async def plan(purchase_ids: Sequence[int]) -> None:
    """Have purchases end at their time, and their buyers reminded two hours before. Safe to repeat.

    The sweep ends them as well, so a job that is lost costs a minute.
    """
    async with transaction():
        rows = await db.fetch(
            "SELECT id, batch_id, expires_at FROM purchase WHERE id = ANY($1) AND state = 'pending' ORDER BY id",
            list(purchase_ids),
        )
        bodies = [(row["expires_at"], Due(row["id"], row["batch_id"])) for row in rows]
        await jobs.enqueue_each(
            "expire_purchase", [Wanted(f"expire_purchase:{due.purchase_id}", due, at) for at, due in bodies]
        )
        await jobs.enqueue_each(
            "mail_payment_reminder",
            [Wanted(f"mail_payment_reminder:{due.purchase_id}", due, at - rules.REMINDED_BEFORE) for at, due in bodies],
        )
