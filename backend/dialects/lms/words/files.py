"""Words for files and uploads. The statuses 400 are the contract's (2.2)."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "files.not_found": Word("File tidak ditemukan", "File not found"),
    "files.path": Word("File path tidak valid", "The file path is not valid"),
    "files.url": Word("URL tidak valid", "The URL is not valid"),
    "files.location": Word("Lokasi upload tidak valid", "The upload location is not valid"),
    "files.type": Word("Ekstensi file tidak diperbolehkan", "This type of file is not allowed", status=400),
    "files.content": Word("Isi file tidak dapat diterima ({reason})", "The file's content is refused ({reason})"),
    "files.recording": Word("Rekaman tidak dapat diputar ({reason})", "The recording cannot be played ({reason})"),
    "files.in_use": Word("File masih digunakan", "The file is still in use"),
    "files.not_ready": Word("File belum siap ({state})", "The file is not ready ({state})"),
    "files.too_many": Word(
        "Terlalu banyak upload, tunggu {retry_after_s} detik", "Too many uploads, wait {retry_after_s} seconds"
    ),
    "http.no_file": Word("File tidak ditemukan", "No file was sent"),
    "http.form": Word("Gagal parsing body", "Could not read the body"),
    "http.upload_broken": Word("Upload terputus", "The upload broke off"),
}
