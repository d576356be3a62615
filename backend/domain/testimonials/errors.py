"""What can go wrong with testimonials."""

from backend.core.errors import Conflict, Forbidden, NotFound


class TestimonialNotFound(NotFound):
    """No such testimonial."""

    code = "testimonials.not_found"


class TestimonialExists(Conflict):
    """The person has said what they think of this batch; it can be changed."""

    code = "testimonials.exists"


class NotPaid(Forbidden):
    """Only who is in a batch speaks of it."""

    code = "testimonials.not_paid"


class NotYourTestimonial(Forbidden):
    """It is somebody else's."""

    code = "testimonials.not_yours"
