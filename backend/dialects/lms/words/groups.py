"""Words for groups and their prices. Source: contract section 2.7."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "lms.malformed_group_id": Word("Invalid Group ID format", "Invalid Group ID format", status=400),
}
