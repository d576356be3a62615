"""Testimonials. Source: contract section 2.8."""

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor, Role
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, meta, success
from backend.dialects.lms.wire.testimonials import (
    TestimonialIn,
    TestimonialOut,
    TestimonialsEnvelope,
    TestimonialsMeta,
    TestimonialUpdateIn,
)
from backend.domain.batches import queries as batches
from backend.domain.testimonials import commands as testimonials
from backend.domain.testimonials import queries
from backend.domain.testimonials.queries import Testimonials as Found
from backend.domain.testimonials.queries import TestimonialView

STUDENT_OR_ADMIN = frozenset({Role.STUDENT, Role.ADMIN})


class Testimonials(Controller):
    """What people say of batches."""

    path = "/testimonials"

    @get(opt={"public": True})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> TestimonialsEnvelope:
        """List testimonials; the filters are `batch_id`, `rating` and `user_id`."""
        found = await queries.testimonials(listing)
        return _shown(found, listing)

    @get("/{ref:str}", opt={"public": True})
    async def fetch(self, ref: FromPath[str]) -> Envelope[TestimonialOut]:
        """Show a testimonial."""
        view = await queries.testimonial(parse_uuid(ref))
        return success("Testimonial fetched", await _with_batch(view))

    @patch("/{ref:str}", opt={"roles": auth.STUDENT})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[TestimonialUpdateIn]
    ) -> Envelope[TestimonialOut]:
        """Change one's own testimonial."""
        view = await testimonials.change_testimonial(actor, parse_uuid(ref), data.changes())
        return success("Testimonial updated", await _with_batch(view))

    @delete("/{ref:str}", status_code=200, opt={"roles": STUDENT_OR_ADMIN})
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Take a testimonial away: one's own, or as an admin anybody's."""
        await testimonials.remove_testimonial(actor, parse_uuid(ref))
        return success("Testimonial deleted", None)


class BatchTestimonials(Controller):
    """What people say of a batch."""

    path = "/batches/{ref:str}/testimonials"

    @get(opt={"public": True})
    async def fetch_all(self, ref: FromPath[str], listing: NamedDependency[Listing]) -> TestimonialsEnvelope:
        """List the testimonials about a batch by its slug."""
        found = await queries.testimonials_of(ref, listing)
        return _shown(found, listing)

    @post(opt={"roles": auth.STUDENT})
    async def create(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[TestimonialIn]
    ) -> Envelope[TestimonialOut]:
        """Say what one thinks of a batch one is in."""
        view = await testimonials.write_testimonial(actor, parse_uuid(ref), data.opinion())
        return success("Testimonial created", await _with_batch(view))


def _shown(found: Found, listing: Listing) -> TestimonialsEnvelope:
    where = meta(found, listing)
    average = None if found.average is None else float(found.average)
    return TestimonialsEnvelope(
        success=True,
        message="Testimonials fetched",
        data=[TestimonialOut.of(view, found.batches[view.batch_id]) for view in found.items],
        meta=TestimonialsMeta(where.page, where.limit, where.total, where.total_pages, average),
    )


async def _with_batch(view: TestimonialView) -> TestimonialOut:
    return TestimonialOut.of(view, await batches.batch(view.batch_id))
