"""Words for certificates."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "certificates.not_found": Word("Certificate not found", "Certificate not found"),
    "certificates.not_yours": Word("forbidden", "forbidden"),
    "certificates.not_enrolled": Word("Anda belum terdaftar di batch ini", "You are not in this batch"),
    "certificates.progress": Word("progress belum 100%", "progress is not yet 100%"),
    "certificates.absent": Word(
        "murid belum hadir di semua pertemuan ({attended}/{meetings})",
        "the student was not at every meeting ({attended}/{meetings})",
    ),
    "certificates.too_early": Word(
        "periode cetak sertifikat dimulai H+{days} setelah tanggal selesai batch ({date})",
        "certificates are given from {days} days after the last day of the batch ({date})",
    ),
    "certificates.was_revoked": Word(
        "sertifikat sebelumnya telah dicabut, yang baru harus diminta sendiri",
        "the certificate was revoked; a new one must be asked for",
    ),
    "certificates.has_one": Word("sertifikat sudah ada", "there is a certificate already"),
    "certificates.still_generating": Word("Sertifikat masih dibuat", "The certificate is still being made"),
    "certificates.revoked": Word("Sertifikat telah dicabut", "The certificate has been revoked"),
    "certificates.already_revoked": Word("Sertifikat sudah dicabut sebelumnya", "The certificate was revoked before"),
    "certificates.too_many_checks": Word(
        "Terlalu banyak pemeriksaan, tunggu {retry_after_s} detik", "Too many checks, wait {retry_after_s} seconds"
    ),
}
