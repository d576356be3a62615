"""Words for notifications."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "notifications.mandatory": Word(
        "Email tentang pembayaran dan keamanan akun tidak dapat dimatikan",
        "Mails about payments and the account's security cannot be switched off",
    ),
    "notifications.link_unknown": Word("Tautan ini tidak berlaku", "This link is not valid"),
}
