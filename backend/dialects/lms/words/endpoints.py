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

DONE = {
    "Batch berhasil diambil": "Batches fetched",
    "File berhasil dihapus": "File deleted",
    "Guru berhasil ditambahkan": "Teachers added",
    "Guru berhasil diupdate": "Teachers updated",
    "Jika email terdaftar, petunjuk telah dikirim": "If the e-mail is registered, instructions were sent",
    "Kata sandi berhasil diatur ulang": "Password reset",
    "Kata sandi berhasil diubah": "Password changed",
    "Pembayaran berhasil diverifikasi": "Payment verified",
    "Pembelian berhasil dibatalkan": "Purchase cancelled",
    "Pengembalian dana berhasil dicatat": "Refund recorded",
    "Profil berhasil diperbarui": "Profile updated",
    "Sesi berhasil diakhiri": "Session ended",
    "Sesi lain berhasil diakhiri": "Other sessions ended",
    "Sukses Registrasi - Mohon cek email Anda": "Registered - please look into your e-mail",
    "Sukses membuat batch": "Batch created",
    "Sukses membuat blog": "Article created",
    "Upload berhasil": "Upload done",
    "User berhasil dibuat": "User created",
    "User berhasil dihapus": "User deleted",
    "User berhasil diperbarui": "User updated",
}
"""The same of what was done."""

AT = {
    ("Failed to create purchase", "batches.not_found"): Word("Batch tidak ditemukan", "Batch not found"),
    ("Gagal membuat user", "accounts.taken"): Word(
        "email atau nomor telepon sudah digunakan", "the e-mail or phone number is in use"
    ),
    ("Gagal verifikasi pembayaran", "batches.full"): Word("kuota batch sudah penuh", "the batch is full"),
    ("Gagal verifikasi pembayaran", "purchases.not_found"): Word("data tidak ditemukan", "not found"),
}
"""Shape: (the endpoint's message of failures, code of the error) -> its words there."""
