"""Every word that the pages say, in Indonesian and in English. A test sees that the two tables have the same keys."""

from backend.core.dates import Lang

WORDS: dict[Lang, dict[str, str]] = {
    "id": {
        "language": "Bahasa",
        "skip": "Langsung ke isi",
        "check": "Periksa sertifikat",
        "check_lead": "Ketik nomor yang tertera di sertifikat, atau pindai kode QR di sudut kanan bawahnya.",
        "number": "Nomor sertifikat",
        "number_hint": "Contoh: LULUS-2026-00042-K7Q2MX",
        "submit": "Periksa",
        "home_lead": "Belajar, berlatih, dan diuji. Hasilnya dapat diperiksa siapa saja.",
        "links": "Untuk pengembang dan pengelola",
        "docs": "Dokumentasi API",
        "health": "Keadaan layanan",
        "valid": "Sertifikat ini sah",
        "valid_lead": "Diterbitkan oleh {school} dan masih berlaku. Cocokkan nama dan nomornya dengan sertifikat "
        "yang ada di tangan Anda.",
        "revoked": "Sertifikat ini telah dicabut",
        "revoked_lead": "Pernah diterbitkan oleh {school}, tetapi tidak berlaku lagi sejak {day}.",
        "reason": "Alasan",
        "unknown": "Sertifikat tidak ditemukan",
        "unknown_lead": "Tidak ada sertifikat dengan nomor ini. Periksa lagi setiap huruf dan angkanya; "
        "bila tetap tidak ditemukan, sertifikat itu tidak kami terbitkan.",
        "holder": "Nama",
        "course": "Program",
        "batch": "Angkatan",
        "period": "Masa belajar",
        "issued": "Diterbitkan",
        "school": "Penerbit",
        "pdf": "Unduh PDF",
        "again": "Periksa nomor lain",
        "missing": "Halaman tidak ada",
        "missing_lead": "Alamat ini tidak ada di sini, mungkin karena salah ketik.",
        "busy": "Mohon tunggu sebentar",
        "busy_lead": "Terlalu banyak pemeriksaan dari alamat Anda. Silakan coba lagi dalam satu menit.",
        "away": "File sedang tidak tersedia",
        "away_lead": "Silakan coba lagi nanti. Sertifikatnya tetap dapat diperiksa lewat nomornya.",
        "unsubscribe": "Berhenti menerima email?",
        "unsubscribe_lead": "Anda tidak akan lagi menerima email tentang:",
        "unsubscribe_button": "Ya, hentikan",
        "unsubscribed": "Email dihentikan",
        "unsubscribed_lead": "Pilihan ini dapat diubah di akun Anda. Anda tidak lagi mendapat email tentang:",
        "unsubscribe_unknown": "Tautan ini tidak berlaku",
        "unsubscribe_unknown_lead": "Buka tautan dari email terbaru, atau ubah pilihan Anda di akun Anda.",
        "mails_work_graded": "tugas yang sudah dinilai",
        "mails_quiz_graded": "kuis yang sudah dinilai",
        "mails_certificate": "sertifikat yang terbit",
        "mails_deadline": "batas waktu besok",
        "mails_seat_offered": "kursi dari daftar tunggu",
        "home": "Ke halaman depan",
        "expired": "Masa berlaku sertifikat ini telah habis",
        "expired_lead": "Diterbitkan oleh {school} dan berlaku sampai {day}. Sertifikatnya asli.",
        "replaced": "Sertifikat ini telah diganti",
        "replaced_lead": "Diterbitkan oleh {school}, lalu diganti pada {day} karena perbaikan. Yang berlaku adalah "
        "sertifikat penggantinya.",
        "replaced_by": "Diganti oleh",
        "expires": "Berlaku sampai",
        "badge": "Lencana digital (Open Badge)",
        "badge_picture": "Lencana sebagai gambar",
        "drop": "Periksa file PDF",
        "drop_lead": "Seret file sertifikat ke sini atau pilih filenya: tanda tangan digital di dalamnya kami periksa.",
        "file": "File sertifikat (PDF, paling besar 5 MB)",
        "drop_submit": "Periksa file",
        "genuine_lead": "File ini asli: tanda tangan digitalnya milik kami, dan tidak ada yang diubah sejak "
        "ditandatangani.",
        "changed": "File ini telah diubah",
        "changed_lead": "File ini pernah kami tanda tangani, tetapi isinya diubah atau ditambah sesudahnya. Jangan "
        "percaya isi file ini; bandingkan dengan sertifikat yang ada pada kami.",
        "foreign": "File ini tidak kami tanda tangani",
        "foreign_lead": "Tidak ada tanda tangan digital kami di dalamnya. Hasil cetak, pindaian, dan tangkapan layar "
        "tidak membawanya; periksalah lewat nomornya.",
        "unreadable": "File ini tidak dapat dibaca",
        "unreadable_lead": "Ini bukan PDF yang utuh. Mintalah file aslinya, atau periksa lewat nomornya.",
        "unlisted": "Tanda tangannya milik kami, nomornya tidak kami kenal",
        "unlisted_lead": "File ini utuh dan kami tanda tangani, tetapi nomornya tidak ada pada kami. Silakan hubungi "
        "penerbitnya.",
        "no_file": "Tidak ada file",
        "no_file_lead": "Pilih dahulu file PDF sertifikatnya.",
        "too_large": "File terlalu besar",
        "too_large_lead": "File sertifikat kami tidak pernah lebih dari 5 MB.",
        "ours": "Sertifikat yang ada pada kami",
        "privacy": "Halaman ini tidak memakai kuki dan tidak menampilkan data lain tentang pemegang sertifikat.",
    },
    "en": {
        "language": "Language",
        "skip": "Skip to content",
        "check": "Check a certificate",
        "check_lead": "Type the number printed on the certificate, or scan the QR code in its lower right corner.",
        "number": "Certificate number",
        "number_hint": "For example: LULUS-2026-00042-K7Q2MX",
        "submit": "Check",
        "home_lead": "Learn, practise and be examined. Anyone can check the result.",
        "links": "For developers and operators",
        "docs": "API documentation",
        "health": "Service health",
        "valid": "This certificate is valid",
        "valid_lead": "Issued by {school} and still in force. Compare the name and the number with the certificate "
        "in your hands.",
        "revoked": "This certificate has been revoked",
        "revoked_lead": "It was once issued by {school} but has not been in force since {day}.",
        "reason": "Reason",
        "unknown": "Certificate not found",
        "unknown_lead": "There is no certificate with this number. Check each letter and digit again; "
        "if it still cannot be found, we did not issue it.",
        "holder": "Name",
        "course": "Programme",
        "batch": "Batch",
        "period": "Period of study",
        "issued": "Issued",
        "school": "Issuer",
        "pdf": "Download PDF",
        "again": "Check another number",
        "missing": "Page not found",
        "missing_lead": "There is nothing at this address; it may have been mistyped.",
        "busy": "Please wait a moment",
        "busy_lead": "Too many checks have come from your address. Please try again in a minute.",
        "away": "The file is not available now",
        "away_lead": "Please try again later. The certificate can still be checked by its number.",
        "unsubscribe": "No more of these mails?",
        "unsubscribe_lead": "You will no longer get mails about:",
        "unsubscribe_button": "Yes, end them",
        "unsubscribed": "These mails have ended",
        "unsubscribed_lead": "You can change this in your account at any time. You no longer get mails about:",
        "unsubscribe_unknown": "This link is not valid",
        "unsubscribe_unknown_lead": "Open the link of a newer mail, or change your choice in your account.",
        "mails_work_graded": "work that was graded",
        "mails_quiz_graded": "quizzes that were graded",
        "mails_certificate": "certificates that were issued",
        "mails_deadline": "what is due tomorrow",
        "mails_seat_offered": "seats from the wait list",
        "home": "To the start page",
        "expired": "This certificate has expired",
        "expired_lead": "Issued by {school} and valid until {day}. It is genuine.",
        "replaced": "This certificate has been replaced",
        "replaced_lead": "Issued by {school}, then replaced on {day} to correct it. The one that counts is its "
        "replacement.",
        "replaced_by": "Replaced by",
        "expires": "Valid until",
        "badge": "Digital badge (Open Badge)",
        "badge_picture": "Badge as a picture",
        "drop": "Check a PDF file",
        "drop_lead": "Drag the certificate's file here or choose it: we check the digital signature inside.",
        "file": "Certificate file (PDF, 5 MB at most)",
        "drop_submit": "Check the file",
        "genuine_lead": "This file is genuine: its digital signature is ours, and nothing was changed since it was "
        "signed.",
        "changed": "This file was changed",
        "changed_lead": "We signed this file once, but it was changed or added to afterwards. Do not trust what it "
        "says; compare it with the certificate that we have.",
        "foreign": "We did not sign this file",
        "foreign_lead": "It has no digital signature of ours. Prints, scans and screenshots do not carry it; check by "
        "the number instead.",
        "unreadable": "This file cannot be read",
        "unreadable_lead": "This is not an unbroken PDF. Ask for the original file, or check by the number.",
        "unlisted": "The signature is ours, the number is unknown to us",
        "unlisted_lead": "The file is unbroken and signed by us, but we have no certificate of that number. Please "
        "ask the issuer.",
        "no_file": "There is no file",
        "no_file_lead": "Choose the certificate's PDF file first.",
        "too_large": "The file is too large",
        "too_large_lead": "Our certificate files are never larger than 5 MB.",
        "ours": "The certificate that we have",
        "privacy": "This page uses no cookies and shows nothing else about the holder.",
    },
}


def spoken_language(wanted: str | None, accept: str) -> Lang:
    """Choose between the two languages: the visitor's own choice, else the browser's, else Indonesian."""
    for lang in WORDS:
        if lang == wanted:
            return lang
    ranked = sorted((_weighed(part) for part in accept.lower().split(",")), key=lambda pair: -pair[0])
    for weight, tag in ranked:
        if weight > 0 and tag in {"id", "in"}:
            return "id"
        if weight > 0 and tag == "en":
            return "en"
    return "id"


def _weighed(part: str) -> tuple[float, str]:
    """Read one part of Accept-Language, as ``en-GB;q=0.8``. An unreadable weight counts as none."""
    tag, _, rest = part.strip().partition(";")
    weight = rest.strip().removeprefix("q=")
    try:
        return (float(weight) if weight else 1.0, tag.strip().split("-")[0])
    except ValueError:
        return (0.0, tag)
