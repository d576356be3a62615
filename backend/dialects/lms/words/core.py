"""Words for what every feature can run into."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "core.error": Word("Terjadi kesalahan", "Something went wrong"),
    "core.invalid": Word("Validasi gagal", "Validation failed"),
    "core.unauthenticated": Word("Missing or invalid Authorization header", "Missing or invalid Authorization header"),
    "core.token_refused": Word("Token tidak valid atau kadaluarsa", "The token is invalid or has expired"),
    "core.forbidden": Word("Akses ditolak", "Access denied"),
    "core.not_found": Word("Data tidak ditemukan", "Not found"),
    "core.malformed_id": Word("Invalid UUID format", "Invalid UUID format", status=400),
    "core.conflict": Word("Data bentrok dengan keadaan saat ini", "This conflicts with the present state"),
    "core.unmet": Word("Syarat belum terpenuhi", "A condition is not met"),
    "core.gone": Word("Sudah tidak berlaku", "This is over"),
    "core.too_large": Word("Ukuran melebihi batas ({limit})", "Too large (the limit is {limit})"),
    "core.unsupported": Word("Jenis isi tidak didukung", "This kind of content is not supported"),
    "core.too_many": Word(
        "Terlalu banyak permintaan, tunggu {retry_after_s} detik", "Too many requests, wait {retry_after_s} seconds"
    ),
    "core.unavailable": Word(
        "Layanan sedang tidak tersedia, silakan coba lagi", "The service is not available, please try again"
    ),
}

RULES = {
    "required": Word("{field} wajib diisi", "{field} is required"),
    "email": Word("{field} harus berupa email yang valid", "{field} must be a valid e-mail address"),
    "uuid": Word("{field} harus berupa UUID v4", "{field} must be a UUID"),
    "numeric": Word("{field} harus berupa angka", "{field} must be a number"),
    "past": Word("{field} tidak boleh di masa depan", "{field} must not be in the future"),
    "choice": Word("{field} harus salah satu dari: {choices}", "{field} must be one of: {choices}"),
    "range": Word("{field} harus antara {choices}", "{field} must be between {choices}"),
    "decimals": Word("{field} paling banyak {choices} desimal", "{field} may have at most {choices} decimals"),
    "datetime": Word(
        "{field} harus berupa tanggal dan waktu RFC 3339", "{field} must be a date and time as in RFC 3339"
    ),
    "common": Word("{field} terlalu mudah ditebak", "{field} is too easy to guess"),
    "unknown": Word("{field} tidak dikenal", "{field} is not known"),
    "invalid": Word("{field} tidak valid", "{field} is not valid"),
}
"""What is said of a field; `{choices}` are joined by ", "."""

ABRIDGED: dict[tuple[str, ...], str] = {
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"): "monday, tuesday, ..., sunday",
}
"""Choices that the contract does not spell out in Indonesian."""
