"""Words for the door."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "lms.header_missing": Word("Missing or invalid Authorization header", "Missing or invalid Authorization header"),
    "lms.header_empty": Word("Token tidak valid", "The token is not valid"),
    "lms.origin": Word("Asal permintaan ditolak", "This origin is refused"),
    "lms.cookie_missing": Word("Refresh token missing", "Refresh token missing"),
    "lms.role": Word("Forbidden: insufficient role access", "Forbidden: insufficient role access"),
}
