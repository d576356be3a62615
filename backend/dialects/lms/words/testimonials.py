"""Words about testimonials."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "testimonials.not_found": Word("testimonial not found", "testimonial not found"),
    "testimonials.exists": Word("testimonial already exists", "testimonial already exists"),
    "testimonials.not_paid": Word("user has not paid for this batch", "user has not paid for this batch"),
    "testimonials.not_yours": Word("forbidden", "forbidden"),
}
