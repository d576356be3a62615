"""The line for a full batch: joining it and leaving it. Who is offered a seat, `seats` decides."""

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.purchases import reserving, seats, waiting_queries
from backend.domain.purchases.errors import AlreadyBuying, AlreadyWaiting, NotWaiting, SeatsLeft
from backend.domain.purchases.events import LineJoined, LineLeft
from backend.domain.purchases.terms import WaitState
from backend.domain.purchases.waiting_queries import PlaceView


async def join_line(actor: Actor, batch_ref: Ref) -> PlaceView:
    """Wait for a seat of a full batch, behind all who wait already. Only who may buy the batch may wait for it.

    Raises: BatchNotFound, RegistrationNotOpen, RegistrationClosed, GroupMissing, GroupNotAllowed, GroupNotVerified,
        PriceMissing, AlreadyBuying, AlreadyWaiting, SeatsLeft.
    Emits: LineJoined.
    """
    async with transaction():
        offer = await reserving.an_offer(actor.person_id, batch_ref)
        await seats.hold(offer["batch_id"])
        await seats.settle([offer["batch_id"]])
        if await reserving.is_taken(actor.person_id, offer["batch_id"]):
            raise AlreadyBuying
        if await db.value("SELECT seats_taken < quota FROM batch WHERE id = $1", offer["batch_id"]):
            raise SeatsLeft
        joined = await db.value(
            "INSERT INTO wait_place (batch_id, account_id) VALUES ($1, $2)"
            " ON CONFLICT (account_id, batch_id) WHERE state IN ('waiting', 'offered') DO NOTHING RETURNING id",
            offer["batch_id"],
            actor.person_id,
        )
        if joined is None:
            raise AlreadyWaiting
        await emit(LineJoined(joined, offer["batch_id"]))
        return await waiting_queries.place(actor, offer["batch_id"])


async def leave_line(actor: Actor, batch_ref: Ref) -> None:
    """Wait no longer; a seat that was held goes to the next in line.

    Raises: BatchNotFound, NotWaiting.
    Emits: LineLeft.
    """
    async with transaction():
        batch_id = await waiting_queries.batch_id(batch_ref)
        await seats.hold(batch_id)
        left = await db.row(
            "UPDATE wait_place SET state = 'left', updated_at = now() WHERE batch_id = $1 AND account_id = $2"
            " AND state IN ('waiting', 'offered') RETURNING id, old.state AS before",
            batch_id,
            actor.person_id,
        )
        if left is None:
            raise NotWaiting
        await emit(LineLeft(left["id"], batch_id))
        if left["before"] == WaitState.OFFERED:
            await seats.free({batch_id: 1})
