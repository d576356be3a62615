"""The line for a full batch, on the wire. Ours, not the contract's."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.dialects.lms.wire.users import UserOut
from backend.domain.purchases.terms import WaitState
from backend.domain.purchases.waiting_queries import PlaceInLine, PlaceView


class PlaceOut(msgspec.Struct):
    """A place in line. `position` counts from 1 among those who wait; an offer holds a seat until `offer_ends_at`."""

    id: UUID
    batch_id: UUID
    status: WaitState
    position: int | None
    offered_at: datetime | None
    offer_ends_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, view: PlaceView) -> "PlaceOut":
        """As its owner sees it."""
        return cls(
            view.uuid,
            view.batch_uuid,
            view.state,
            view.position,
            view.offered_at,
            view.offer_ends_at,
            view.created_at,
        )


class PlaceInLineOut(PlaceOut, kw_only=True):
    """A place in line, and whose it is; for admins."""

    user: UserOut

    @classmethod
    def with_person(cls, view: PlaceInLine) -> "PlaceInLineOut":
        """As an admin sees it."""
        shown = PlaceOut.of(view)
        return cls(
            **{name: getattr(shown, name) for name in shown.__struct_fields__},
            user=UserOut.of(view.person),
        )
