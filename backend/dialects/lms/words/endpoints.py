"""Words that hang on the endpoint, too: its own message for every failure, and errors that it tells in another way."""

from backend.dialects.lms.words.word import Word

ENGLISH = {
    "Akses ditolak": "Access denied",
    "Gagal kirim ulang kode verifikasi": "The verification code could not be sent again",
    "Gagal mencatat pengembalian dana": "The refund could not be recorded",
    "Gagal membatalkan pembelian": "The purchase could not be cancelled",
    "Gagal membuat blog": "The article could not be published",
    "Gagal membuat batch": "The batch could not be created",
    "Gagal membuat user": "The user could not be created",
    "Gagal mengatur ulang kata sandi": "The password could not be reset",
    "Gagal registrasi": "Registration failed",
    "Gagal update profil": "The profile could not be updated",
    "Gagal verifikasi pembayaran": "The payment could not be verified",
    "Login gagal": "Login failed",
    "Verifikasi gagal": "Verification failed",
}
"""The contract's Indonesian messages of failures in English; its other messages are English already."""

AT = {
    ("Failed to create purchase", "batches.not_found"): Word("Batch tidak ditemukan", "Batch not found"),
    ("Gagal membuat user", "accounts.taken"): Word(
        "email atau nomor telepon sudah digunakan", "the e-mail or phone number is in use"
    ),
    ("Gagal verifikasi pembayaran", "batches.full"): Word("kuota batch sudah penuh", "the batch is full"),
    ("Gagal verifikasi pembayaran", "purchases.not_found"): Word("data tidak ditemukan", "not found"),
}
"""Shape: (the endpoint's message of failures, code of the error) -> its words there."""
