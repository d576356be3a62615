"""Steps of purchases, one or many at once, each with its line in the history. Joins the caller's transaction.

An amount that is no longer asked for rests for some days: the transfer may come late, and would pay somebody else's
purchase.
"""

from collections.abc import Mapping
from datetime import timedelta

from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.settings import settings
from backend.domain.purchases.terms import PaymentState

RESTS = (
    "INSERT INTO resting_amount AS r (amount, rests_until)"
    " SELECT transfer_amount, now() + {days}::interval FROM {source}"
    " ON CONFLICT (amount) DO UPDATE SET rests_until = greatest(r.rests_until, excluded.rests_until)"
)
"""SQL that lets the amounts of `source` rest, as a part of a statement that ends purchases."""

_MOVE = f"""
WITH wanted AS (SELECT * FROM unnest($1::bigint[], $2::text[]) AS w (id, reason)), moved AS (
    UPDATE purchase p SET state = $3::varchar, reason = coalesce(w.reason, p.reason), updated_at = now(),
        decided_by = CASE WHEN $3 IN ('paid', 'rejected') THEN $4 ELSE p.decided_by END,
        paid_at = CASE WHEN $3 = 'paid' THEN now() ELSE p.paid_at END
    FROM wanted w WHERE p.id = w.id
    RETURNING p.id, p.account_id, p.batch_id, p.transfer_amount, old.state AS before, w.reason
), noted AS (
    INSERT INTO purchase_change (purchase_id, before, after, actor_id, reason)
    SELECT id, before, $3, $4, reason FROM moved ORDER BY id
), resting AS (
    {RESTS.format(days="$5", source="moved")}
)
SELECT id, account_id, batch_id FROM moved ORDER BY id
"""  # noqa: S608 - our own text


def rest() -> timedelta:
    """How long an amount rests once nobody is asked for it any more."""
    return timedelta(days=settings().amount_rest_days)


async def move(reasons: Mapping[int, str | None], after: PaymentState, actor: Actor) -> list[Record]:
    """Move purchases that the caller holds to where they ask for no money; purchase → the reason, or None.

    Shape: id, account_id, batch_id of each.
    """
    return await db.fetch(_MOVE, list(reasons), list(reasons.values()), str(after), actor.account_id, rest())


async def note(
    purchase_id: int, before: PaymentState | None, after: PaymentState, actor: Actor, reason: str | None = None
) -> None:
    """Write one line of a purchase's history."""
    await db.statement(
        "INSERT INTO purchase_change (purchase_id, before, after, actor_id, reason) VALUES ($1, $2, $3, $4, $5)",
        purchase_id,
        before and str(before),
        str(after),
        actor.account_id,
        reason,
    )
