"""Testimonials on the wire. Source: contract section 3, Testimonial; its author is shown by name and picture alone."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.dialects.lms.wire.batches import BatchOut
from backend.dialects.lms.wire.blogs import WriterOut
from backend.dialects.lms.wire.text import Text, Title
from backend.domain.batches.queries import BatchView
from backend.domain.testimonials.queries import TestimonialView
from backend.domain.testimonials.terms import Opinion, OpinionChanges

Rating = Annotated[int, Meta(ge=1, le=5)]


class TestimonialIn(msgspec.Struct):
    """What somebody says of a batch."""

    rating: Rating
    title: Title
    description: Text | None = None

    def opinion(self) -> Opinion:
        """In the domain's terms."""
        return Opinion(rating=self.rating, title=self.title, description=self.description)


class TestimonialUpdateIn(msgspec.Struct):
    """What somebody says instead."""

    rating: Rating | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET

    def changes(self) -> OpinionChanges:
        """In the domain's terms."""
        return OpinionChanges(rating=self.rating, title=self.title, description=self.description)


class TestimonialOut(msgspec.Struct):
    """What somebody says of a batch."""

    id: UUID
    user_id: UUID
    batch_id: UUID
    rating: int
    title: str
    description: str | None
    user: WriterOut
    batch: BatchOut
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: TestimonialView, batch: BatchView) -> "TestimonialOut":
        """As the contract shows it."""
        return cls(
            id=view.uuid,
            user_id=view.account_uuid,
            batch_id=view.batch_uuid,
            rating=view.rating,
            title=view.title,
            description=view.description,
            user=WriterOut(view.author, view.author_avatar),
            batch=BatchOut.of(batch),
            created_at=view.created_at,
            updated_at=view.updated_at,
        )


class TestimonialsMeta(msgspec.Struct):
    """Where in the list we are, and the mean rating of all of it; null when it is empty."""

    page: int
    limit: int
    total: int
    total_pages: int
    average_rating: float | None


class TestimonialsEnvelope(msgspec.Struct):
    """A yes with a part of the list of testimonials."""

    success: bool
    message: str
    data: list[TestimonialOut]
    meta: TestimonialsMeta
