"""What has happened to testimonials."""

from typing import ClassVar

from backend.core.outbox import Deed, Event


class TestimonialChanged(Event, frozen=True):
    """Somebody has said what they think of a batch, says it otherwise, or it was taken away."""

    name: ClassVar[str] = "testimonials.testimonial.changed.v1"
    testimonial_id: int
    batch_id: int
    account_id: int
    deed: Deed
    title: str
