"""Words for notifications."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "notifications.mandatory": Word(
        "Email tentang tagihan dan keamanan akun tidak dapat dimatikan",
        "Mails about what is to be paid and the account's security cannot be switched off",
    ),
    "notifications.link_unknown": Word("Tautan ini tidak berlaku", "This link is not valid"),
}
