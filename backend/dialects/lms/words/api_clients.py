"""Words about API clients. What clients themselves are told stands in the dialects that they speak."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "clients.unknown": Word("Klien API tidak dikenal", "The API client is not known"),
    "clients.revoked": Word("Klien API telah dicabut", "The API client was revoked"),
    "clients.expired": Word("Klien API atau tokennya kadaluarsa", "The API client or its token has expired"),
    "clients.scope_missing": Word("Klien API tidak memiliki akses ini", "The API client has no such access"),
    "clients.address_refused": Word(
        "Alamat ini tidak diizinkan untuk klien API", "The API client may not call from this address"
    ),
    "clients.too_many": Word(
        "Terlalu banyak permintaan, tunggu {retry_after_s} detik", "Too many requests, wait {retry_after_s} seconds"
    ),
    "clients.not_found": Word("Klien API tidak ditemukan", "API client not found"),
    "clients.over": Word("Klien API telah dicabut", "The API client was revoked"),
    "clients.address_unfit": Word("Alamat tidak valid", "An address is not valid"),
    "clients.kept_by_admins": Word("Akses ditolak", "Access denied"),
}
