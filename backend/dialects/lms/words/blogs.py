"""Words about blogs."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "blogs.not_found": Word("Blog not found", "Blog not found"),
    "blogs.kept_by_admins": Word("Forbidden: insufficient role access", "Only admins may write articles"),
    "blogs.content_unfit": Word("Konten tidak dapat dibaca", "There is nothing to read in the content"),
}
