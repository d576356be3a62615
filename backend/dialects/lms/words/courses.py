"""Words about courses."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "courses.not_found": Word("Course not found", "Course not found"),
    "courses.in_use": Word(
        "Kursus masih memiliki batch; arsipkan sebagai gantinya", "The course has batches; archive it instead"
    ),
    "courses.kept_by_admins": Word("Forbidden: insufficient role access", "Only admins may change courses"),
}
