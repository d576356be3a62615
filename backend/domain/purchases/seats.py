"""Seats that come free, and who gets them: whoever waits first is offered one before anybody else can buy it.

Everything here joins the caller's transaction, which holds the rows of the batches, taken before any purchase: so no
seat is given to two, and two never wait for each other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from backend.core import db
from backend.core.outbox import emit
from backend.core.settings import settings
from backend.domain.batches import commands as batches
from backend.domain.purchases import moving
from backend.domain.purchases.events import PurchaseExpired, SeatOffered

_EXPIRE = f"""
WITH gone AS (
    UPDATE purchase SET state = 'expired', updated_at = now()
    WHERE batch_id = ANY($1) AND state = 'pending' AND expires_at <= now() RETURNING id, batch_id, transfer_amount
), noted AS (
    INSERT INTO purchase_change (purchase_id, before, after) SELECT id, 'pending', 'expired' FROM gone ORDER BY id
), resting AS (
    {moving.RESTS.format(days="$2", source="gone")}
)
SELECT id, batch_id FROM gone ORDER BY id
"""  # noqa: S608 - our own text

_LAPSE = """
UPDATE wait_place SET state = 'lapsed', updated_at = now()
WHERE batch_id = ANY($1) AND state = 'offered' AND offer_ends_at <= now() RETURNING batch_id
"""

# an offer never outlasts the registration: nobody could take it
_OFFER = """
WITH room AS (
    SELECT id, quota - seats_taken AS seats, least(registration_end_at, end_at) AS closes_at FROM batch
    WHERE id = ANY($1) AND quota > seats_taken AND archived_at IS NULL
      AND now() BETWEEN registration_start_at AND least(registration_end_at, end_at)
), line AS (
    SELECT w.id, row_number() OVER (PARTITION BY w.batch_id ORDER BY w.id) AS place, r.seats, r.closes_at
    FROM wait_place w JOIN room r ON r.id = w.batch_id JOIN account a ON a.id = w.account_id
    WHERE w.state = 'waiting' AND a.removed_at IS NULL
), offered AS (
    UPDATE wait_place w SET state = 'offered', offered_at = now(), updated_at = now(),
        offer_ends_at = least(now() + $2::interval, l.closes_at)
    FROM line l WHERE w.id = l.id AND l.place <= l.seats RETURNING w.id, w.batch_id
), taken AS (
    UPDATE batch SET seats_taken = seats_taken + o.seats
    FROM (SELECT batch_id, count(*)::int AS seats FROM offered GROUP BY batch_id) AS o WHERE batch.id = o.batch_id
)
SELECT id FROM offered ORDER BY id
"""


async def hold(batch_id: int) -> None:
    """Hold a batch's row for the rest of the transaction: whoever changes a seat does so first."""
    await db.value("SELECT id FROM batch WHERE id = $1 FOR NO KEY UPDATE", batch_id)


async def take(account_id: int, batch_id: int) -> None:
    """Take the seat that is held for a person, or else a free one.

    Raises: BatchFull, BatchNotFound.
    """
    offered = await db.statement(
        "UPDATE wait_place SET state = 'taken', updated_at = now()"
        " WHERE account_id = $1 AND batch_id = $2 AND state = 'offered'",
        account_id,
        batch_id,
    )
    if not offered:
        await batches.take_seat(batch_id)


async def free(seats: Mapping[int, int]) -> None:
    """Give seats back, batch → how many; those who wait for them are offered them at once."""
    await batches.release_seats(seats)
    await offer(list(seats))


async def offer(batch_ids: Sequence[int]) -> int:
    """Offer what seats there are to those who wait longest; says how many.

    Emits: SeatOffered.
    """
    found = await db.fetch(_OFFER, list(batch_ids), timedelta(hours=settings().seat_offer_hours))
    await emit(*(SeatOffered(row["id"]) for row in found))
    return len(found)


async def settle(batch_ids: Sequence[int]) -> int:
    """End purchases and offers whose time is over, and offer the seats on; says how many purchases have expired.

    Emits: PurchaseExpired.
    """
    gone = await db.fetch(_EXPIRE, list(batch_ids), moving.rest())
    await emit(*(PurchaseExpired(row["id"]) for row in gone))
    lapsed = await db.fetch(_LAPSE, list(batch_ids))
    freed = Counter(row["batch_id"] for row in (*gone, *lapsed))
    if freed:
        await batches.release_seats(freed)
    await offer(batch_ids)
    return len(gone)
