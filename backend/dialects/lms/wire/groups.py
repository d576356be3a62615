"""Groups and what they pay, on the wire. Source: contract section 2.7; setting names and prices is ours."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.core.ids import MalformedId, parse_uuid
from backend.dialects.lms.wire.terms import GroupWord
from backend.domain.purchases.queries import PriceGroupView

GroupName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Rupiah = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class MalformedGroupId(MalformedId):
    """A text that is no group's id."""

    code = "lms.malformed_group_id"


def group_ref(text: str) -> UUID:
    """A group's id out of a path. Raises: MalformedGroupId."""
    try:
        return parse_uuid(text)
    except MalformedId as error:
        raise MalformedGroupId(**error.data) from None


class GroupIn(msgspec.Struct):
    """A group's name and price."""

    group_type: GroupWord
    name: GroupName
    price: Rupiah


class GroupUpdateIn(msgspec.Struct):
    """What to change of a group."""

    name: GroupName | None = None
    price: Rupiah | None = None


class GroupOut(msgspec.Struct):
    """A group; `price` in whole rupiah."""

    id: UUID
    group_type: GroupWord
    name: str
    price: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: PriceGroupView) -> "GroupOut":
        """As the contract shows it."""
        return cls(view.uuid, GroupWord.of(view.group_type), view.name, view.price, view.created_at, view.updated_at)
