"""What can be done with testimonials."""

from typing import Any

from msgspec import UNSET, structs

from backend.core import clock, db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.batches import queries as batches
from backend.domain.enrolments import queries as enrolments
from backend.domain.testimonials import queries
from backend.domain.testimonials.errors import (
    NotPaid,
    NotYourTestimonial,
    TestimonialExists,
    TestimonialNotFound,
)
from backend.domain.testimonials.events import TestimonialChanged
from backend.domain.testimonials.queries import TestimonialView
from backend.domain.testimonials.tables import Testimonial
from backend.domain.testimonials.terms import Opinion, OpinionChanges


async def write_testimonial(actor: Actor, batch_ref: Ref, opinion: Opinion) -> TestimonialView:
    """Say what one thinks of a batch one is in; once, of two at once one wins.

    Raises: BatchNotFound, NotPaid, TestimonialExists.
    Emits: TestimonialChanged.
    """
    async with transaction():
        batch = await batches.batch(batch_ref)
        await _must_be_in(actor, batch.id)
        found = await db.value(
            "INSERT INTO testimonial (account_id, batch_id, rating, title, description) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (account_id, batch_id) DO NOTHING RETURNING id",
            actor.person_id,
            batch.id,
            opinion.rating,
            opinion.title,
            opinion.description,
        )
        if found is None:
            raise TestimonialExists
        return await _told(found, Deed.CREATED)


async def change_testimonial(actor: Actor, ref: Ref, changes: OpinionChanges) -> TestimonialView:
    """Say it otherwise, as long as one is in the batch.

    Raises: NotPaid, NotYourTestimonial, TestimonialNotFound.
    Emits: TestimonialChanged.
    """
    values: dict[Any, Any] = {name: value for name, value in structs.asdict(changes).items() if value is not UNSET}
    async with transaction():
        view = await _locked(ref)
        if view.account_id != actor.account_id:
            raise NotYourTestimonial
        await _must_be_in(actor, view.batch_id)
        await Testimonial.update({**values, Testimonial.updated_at: clock.now()}).where(Testimonial.id == view.id)
        return await _told(view.id, Deed.UPDATED)


async def remove_testimonial(actor: Actor, ref: Ref) -> None:
    """Take one's testimonial away; an admin anybody's.

    Raises: NotYourTestimonial, TestimonialNotFound.
    Emits: TestimonialChanged.
    """
    async with transaction():
        view = await _locked(ref)
        if not actor.is_admin and view.account_id != actor.account_id:
            raise NotYourTestimonial
        await db.statement("DELETE FROM testimonial WHERE id = $1", view.id)
        await emit(TestimonialChanged(view.id, view.batch_id, view.account_id, Deed.REMOVED, view.title))


async def _told(testimonial_id: int, deed: Deed) -> TestimonialView:
    view = await queries.testimonial(testimonial_id)
    await emit(TestimonialChanged(view.id, view.batch_id, view.account_id, deed, view.title))
    return view


async def _must_be_in(actor: Actor, batch_id: int) -> None:
    if await enrolments.enrolment(actor.person_id, batch_id) is None:
        raise NotPaid


async def _locked(ref: Ref) -> TestimonialView:
    if await db.lock("testimonial", ref) is None:
        raise TestimonialNotFound(ref=str(ref))
    return await queries.testimonial(ref)
