"""What can be done with batches."""

from collections.abc import Mapping

from backend.core import db
from backend.core.db import transaction
from backend.domain.batches.errors import BatchFull, BatchNotFound


async def take_seat(batch_id: int) -> None:
    """Take one of a batch's seats; of two who want the last, one gets it. Joins the caller's transaction.

    Raises: BatchFull, BatchNotFound.
    """
    async with transaction():
        taken = await db.statement(
            "UPDATE batch SET seats_taken = seats_taken + 1 WHERE id = $1 AND seats_taken < quota", batch_id
        )
        if taken:
            return
        if await db.value("SELECT id FROM batch WHERE id = $1", batch_id) is None:
            raise BatchNotFound(ref=str(batch_id))
        raise BatchFull(batch=batch_id)


async def release_seat(batch_id: int) -> None:
    """Give a seat back. Joins the caller's transaction; whoever took the seat calls this once."""
    async with transaction():
        await db.statement("UPDATE batch SET seats_taken = seats_taken - 1 WHERE id = $1 AND seats_taken > 0", batch_id)


async def release_seats(seats: Mapping[int, int]) -> None:
    """Give several seats back at once: batch id → how many. Joins the caller's transaction, which holds the batches."""
    async with transaction():
        await db.statement(
            "UPDATE batch SET seats_taken = greatest(seats_taken - n, 0)"
            " FROM unnest($1::bigint[], $2::int[]) AS freed (batch_id, n) WHERE batch.id = freed.batch_id",
            list(seats.keys()),
            list(seats.values()),
        )
