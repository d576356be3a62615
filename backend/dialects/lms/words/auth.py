"""Words for the door."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "lms.header_missing": Word("Missing or invalid Authorization header", "Missing or invalid Authorization header"),
    "lms.header_empty": Word("Token tidak valid", "The token is not valid"),
    "lms.role": Word("Forbidden: insufficient role access", "Forbidden: insufficient role access"),
}
