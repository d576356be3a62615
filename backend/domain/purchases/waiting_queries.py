"""What can be asked about the line for a batch."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.domain.accounts import queries as accounts
from backend.domain.accounts.queries import PersonView
from backend.domain.batches import queries as batches
from backend.domain.batches.errors import BatchNotFound
from backend.domain.purchases.errors import NotWaiting
from backend.domain.purchases.terms import WaitState


class PlaceView(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the line. `position` counts from 1 among those who wait; None for all others."""

    id: int
    uuid: UUID
    account_id: int
    batch_id: int
    batch_uuid: UUID
    state: WaitState
    position: int | None
    offered_at: datetime | None
    offer_ends_at: datetime | None
    created_at: datetime


class PlaceInLine(PlaceView, frozen=True, kw_only=True):
    """A place, and whose it is."""

    person: PersonView


_COLUMNS = """
w.id, w.uuid, w.account_id, w.batch_id, b.uuid AS batch_uuid, w.state, w.offered_at, w.offer_ends_at, w.created_at,
CASE WHEN w.state = 'waiting' THEN (SELECT count(*) FROM wait_place o
    WHERE o.batch_id = w.batch_id AND o.state = 'waiting' AND o.id <= w.id) END AS position
"""
_SOURCE = "wait_place w JOIN batch b ON b.id = w.batch_id LEFT JOIN account a ON a.id = w.account_id"
_LENS = Lens(
    key="w.id",
    sorts={"created_at": "w.created_at"},
    filters={"status": ("w.state", lambda text: str(WaitState(text)))},
    search=("a.name", "a.email"),
)


async def batch_id(ref: Ref) -> int:
    """The batch a reference names. Raises: BatchNotFound."""
    found: int | None = await db.value(f"SELECT id FROM batch WHERE {db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise BatchNotFound(ref=str(ref))
    return found


async def place(actor: Actor, batch_ref: Ref) -> PlaceView:
    """The actor's own place in the line for a batch, be it over; the latest.

    Raises: BatchNotFound, NotWaiting.
    """
    found = await db.row(
        f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE w.batch_id = $1 AND w.account_id = $2 ORDER BY w.id DESC LIMIT 1",  # noqa: S608 - our names
        await batch_id(batch_ref),
        actor.person_id,
    )
    if found is None:
        raise NotWaiting
    return db.view(PlaceView, found)


async def line(batch_ref: Ref | str, listing: Listing) -> Paged[PlaceInLine]:
    """Everybody who stood or stands in the line for a batch, the first one first; for admins.

    Raises: BatchNotFound.
    """
    batch = await batches.batch(batch_ref)
    found = await page(
        PlaceView, _LENS, listing, select=_COLUMNS, source=_SOURCE, where="w.batch_id = $1", args=(batch.id,)
    )
    people = await accounts.people([one.account_id for one in found.items])
    whole = [PlaceInLine(**msgspec.structs.asdict(one), person=people[one.account_id]) for one in found.items]
    return Paged(whole, found.total)
