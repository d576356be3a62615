"""The line for a full batch: joining it and leaving it. Who is offered a seat, `seats` decides."""

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.domain.purchases import reserving, seats, waiting_queries
from backend.domain.purchases.errors import AlreadyBuying, AlreadyWaiting, NotWaiting, SeatsLeft
from backend.domain.purchases.waiting_queries import PlaceView


async def join_line(actor: Actor, batch_ref: Ref) -> PlaceView:
    """Wait for a seat of a full batch, behind all who wait already. Only who may buy the batch may wait for it.

    Raises: BatchNotFound, RegistrationNotOpen, RegistrationClosed, GroupMissing, GroupNotAllowed, GroupNotVerified,
        PriceMissing, AlreadyBuying, AlreadyWaiting, SeatsLeft.
    """
    async with transaction():
        offer = await reserving.an_offer(actor.person_id, batch_ref)
        await seats.hold(offer["batch_id"])
        await seats.settle([offer["batch_id"]])
        if await reserving.is_taken(actor.person_id, offer["batch_id"]):
            raise AlreadyBuying
        if await db.value("SELECT seats_taken < quota FROM batch WHERE id = $1", offer["batch_id"]):
            raise SeatsLeft
        joined = await db.statement(
            "INSERT INTO wait_place (batch_id, account_id) VALUES ($1, $2)"
            " ON CONFLICT (account_id, batch_id) WHERE state IN ('waiting', 'offered') DO NOTHING",
            offer["batch_id"],
            actor.person_id,
        )
        if not joined:
            raise AlreadyWaiting
        return await waiting_queries.place(actor, offer["batch_id"])


async def leave_line(actor: Actor, batch_ref: Ref) -> None:
    """Wait no longer; a seat that was held goes to the next in line.

    Raises: BatchNotFound, NotWaiting.
    """
    async with transaction():
        batch_id = await waiting_queries.batch_id(batch_ref)
        await seats.hold(batch_id)
        before = await db.value(
            "UPDATE wait_place SET state = 'left', updated_at = now() WHERE batch_id = $1 AND account_id = $2"
            " AND state IN ('waiting', 'offered') RETURNING old.state",
            batch_id,
            actor.person_id,
        )
        if before is None:
            raise NotWaiting
        if before == "offered":
            await seats.free({batch_id: 1})
