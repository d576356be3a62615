"""What can be asked about testimonials. Of who wrote one, everybody learns the name and the picture, nothing else."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.core.ids import Ref
from backend.core.listing import Lens, mean, page, small
from backend.core.paging import Listing, Paged
from backend.domain.batches import queries as batches
from backend.domain.batches.queries import BatchView
from backend.domain.testimonials.errors import TestimonialNotFound


class TestimonialView(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a batch."""

    id: int
    uuid: UUID
    account_id: int
    account_uuid: UUID
    author: str
    author_avatar: str | None
    rating: int
    title: str
    description: str | None
    batch_id: int
    batch_uuid: UUID
    created_at: datetime
    updated_at: datetime


class Testimonials(Paged[TestimonialView], frozen=True):
    """A part of a list of testimonials, the batches they are about by id, and the mean rating of the whole list."""

    average: Decimal | None
    batches: dict[int, BatchView]


_COLUMNS = (
    "t.id, t.uuid, t.account_id, a.uuid AS account_uuid, a.name AS author, a.avatar AS author_avatar, t.rating,"
    " t.title, t.description, t.batch_id, b.uuid AS batch_uuid, t.created_at, t.updated_at"
)
_SOURCE = "testimonial t LEFT JOIN account a ON a.id = t.account_id LEFT JOIN batch b ON b.id = t.batch_id"


_LENS = Lens(
    key="t.id",
    sorts={name: f"t.{name}" for name in ("rating", "title", "created_at", "updated_at")},
    filters={
        "id": ("t.uuid", UUID),
        "batch_id": ("b.uuid", UUID),
        "user_id": ("a.uuid", UUID),
        "rating": ("t.rating", small),
        "title": ("t.title", str),
    },
)
_OF_A_BATCH = msgspec.structs.replace(_LENS, search=("t.title", "t.description"))


async def testimonials(listing: Listing) -> Testimonials:
    """Testimonials about every batch. Five statements."""
    return await _page(_LENS, listing, "true", [])


async def testimonials_of(slug: str, listing: Listing) -> Testimonials:
    """Testimonials about a batch. Seven statements.

    Raises: BatchNotFound.
    """
    batch = await batches.batch(slug)
    return await _page(_OF_A_BATCH, listing, "t.batch_id = $1", [batch.id])


async def _page(lens: Lens, listing: Listing, where: str, args: Sequence[object]) -> Testimonials:
    paged = await page(TestimonialView, lens, listing, select=_COLUMNS, source=_SOURCE, where=where, args=args)
    about = Listing(limit=len(paged.items) or 1)
    found = await batches.batches_by_id(sorted({view.batch_id for view in paged.items}), about)
    average = await mean(lens, listing, "t.rating", source=_SOURCE, where=where, args=args)
    return Testimonials(paged.items, paged.total, average, {batch.id: batch for batch in found.items})


async def testimonial(ref: Ref) -> TestimonialView:
    """A testimonial by id or uuid. One statement.

    Raises: TestimonialNotFound.
    """
    found: Record | None = await db.row(
        f"SELECT {_COLUMNS} FROM {_SOURCE} WHERE t.{db.column_of(ref)} = $1",  # noqa: S608 - our names
        ref,
    )
    if found is None:
        raise TestimonialNotFound(ref=str(ref))
    return db.view(TestimonialView, found)
