"""Words for certificates."""

from collections.abc import Mapping
from typing import Any

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
        "certificates are given from day {days} after the last day of the batch ({date}) on",
    ),
    "certificates.was_revoked": Word(
        "sertifikat sebelumnya telah dicabut, yang baru harus diminta sendiri",
        "the certificate was revoked; a new one must be asked for",
    ),
    "certificates.has_one": Word("sertifikat sudah ada", "there is a certificate already"),
    "certificates.still_generating": Word("Sertifikat masih dibuat", "The certificate is still being made"),
    "certificates.revoked": Word("Sertifikat telah dicabut", "The certificate has been revoked"),
    "certificates.already_revoked": Word("Sertifikat sudah dicabut sebelumnya", "The certificate was revoked before"),
    "certificates.picture": Word(
        "Gambar tidak dapat dipakai: harus PNG atau JPEG milik kita, paling besar 4 MB ({reason})",
        "The picture cannot be used: a PNG or JPEG of ours, of 4 MB at most ({reason})",
    ),
    "certificates.design": Word("Templat tidak dapat digambar ({reason})", "The template cannot be drawn ({reason})"),
    "certificates.template_not_found": Word("Versi templat tidak ditemukan", "There is no such version"),
    "certificates.none": Word("Belum ada sertifikat di batch ini", "There are no certificates in this batch yet"),
    "certificates.busy": Word("Sedang sibuk, coba lagi sebentar", "Busy; please try again shortly"),
    "certificates.too_many_checks": Word(
        "Terlalu banyak pemeriksaan, tunggu {retry_after_s} detik", "Too many checks, wait {retry_after_s} seconds"
    ),
}

_BATCH = Word(
    "{issued} sertifikat diterbitkan; {already} sudah ada, {refused} siswa belum memenuhi syarat",
    "Certificates issued: {issued}; there before: {already}; students who cannot have one yet: {refused}",
)


def tell_batch(report: Any, *, english: bool) -> Any:  # noqa: ANN401 - a job's report is any JSON
    """The report of a whole batch's certificates as people read it; anything else is given back as it is."""
    if not isinstance(report, dict) or not isinstance(report.get("refused"), list):
        return report
    refused = [
        {**one, "reasons": [_reason(reason, english=english) for reason in one["reasons"]]} for one in report["refused"]
    ]
    message = _say(_BATCH, {**report, "refused": len(refused)}, english=english)
    return {"message": message, **report, "refused": refused}


def _reason(reason: Mapping[str, Any], *, english: bool) -> dict[str, Any]:
    return {**reason, "message": _say(WORDS[reason["code"]], reason["data"], english=english)}


def _say(word: Word, data: Mapping[str, Any], *, english: bool) -> str:
    return (word.en if english else word.id).format_map(data)
