"""Words for what goes wrong before any feature is asked."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "http.idempotency_key_malformed": Word(
        "Header Idempotency-Key harus berisi 1 sampai 200 karakter ASCII",
        "The header Idempotency-Key must have 1 to 200 ASCII characters",
    ),
    "http.idempotency_key_busy": Word(
        "Permintaan dengan Idempotency-Key ini masih diproses",
        "The request with this Idempotency-Key is still being processed",
    ),
    "http.idempotency_key_reused": Word(
        "Idempotency-Key ini sudah dipakai untuk permintaan lain",
        "This Idempotency-Key was used for another request",
    ),
    "http.object_gone": Word(
        "File sedang tidak tersedia, silakan hubungi penyelenggara",
        "The file is not available at the moment, please contact the school",
    ),
    "http.too_many_streams": Word(
        "Terlalu banyak koneksi pemantauan terbuka (batas: {limit})", "Too many streams are open (the limit is {limit})"
    ),
    "http.busy": Word(
        "Server sedang sangat sibuk, silakan coba lagi sebentar",
        "The server is very busy, please try again in a moment",
    ),
    "http.not_json": Word(
        "Content-Type harus {expected}, bukan {found}",
        "The Content-Type must be {expected}, not {found}",
    ),
}
