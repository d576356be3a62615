"""Words about dashboards."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "lms.period": Word("Invalid period. Must be 7d, 30d, or 90d", "Invalid period. Must be 7d, 30d, or 90d"),
    "lms.batch_slug_missing": Word("batch_slug is required", "batch_slug is required"),
    "dashboards.not_yours": Word("Forbidden: insufficient role access", "This dashboard is for other roles"),
}

ACTIVITIES = {
    "answer_marked": Word("Jawaban dinilai", "Answer marked"),
    "assignment_created": Word("Tugas dibuat", "Assignment created"),
    "assignment_graded": Word("Tugas dinilai", "Assignment graded"),
    "assignment_removed": Word("Tugas dihapus", "Assignment deleted"),
    "assignment_submitted": Word("Tugas dikumpulkan", "Assignment handed in"),
    "assignment_updated": Word("Tugas diubah", "Assignment changed"),
    "attempts_regraded": Word("Kuis dinilai ulang", "Quiz graded anew"),
    "attendance_taken": Word("Kehadiran dicatat", "Attendance taken"),
    "batch_archived": Word("Batch diarsipkan", "Batch archived"),
    "batch_created": Word("Batch dibuat", "Batch created"),
    "batch_removed": Word("Batch dihapus", "Batch deleted"),
    "batch_restored": Word("Batch dibuka kembali", "Batch restored"),
    "batch_updated": Word("Batch diubah", "Batch changed"),
    "blog_created": Word("Blog diterbitkan", "Article published"),
    "blog_removed": Word("Blog dihapus", "Article deleted"),
    "blog_updated": Word("Blog diubah", "Article changed"),
    "certificate_issued": Word("Sertifikat diterbitkan", "Certificate issued"),
    "certificate_revoked": Word("Sertifikat dicabut", "Certificate revoked"),
    "client_created": Word("Klien API dibuat", "API client created"),
    "client_revoked": Word("Klien API dicabut", "API client revoked"),
    "course_archived": Word("Kursus diarsipkan", "Course archived"),
    "course_created": Word("Kursus dibuat", "Course created"),
    "course_removed": Word("Kursus dihapus", "Course deleted"),
    "course_restored": Word("Kursus dibuka kembali", "Course restored"),
    "course_updated": Word("Kursus diubah", "Course changed"),
    "excuse_created": Word("Dispensasi diberikan", "Student excused"),
    "excuse_removed": Word("Dispensasi dicabut", "Excuse taken back"),
    "grades_imported": Word("Nilai diimpor", "Grades imported"),
    "material_removed": Word("Materi dihapus", "Material deleted"),
    "material_updated": Word("Materi diubah", "Material changed"),
    "material_uploaded": Word("Materi diunggah", "Material uploaded"),
    "meeting_created": Word("Pertemuan dibuat", "Meeting created"),
    "meeting_removed": Word("Pertemuan dihapus", "Meeting deleted"),
    "meeting_updated": Word("Pertemuan diubah", "Meeting changed"),
    "override_created": Word("Kelonggaran kuis diberikan", "Exception for a quiz granted"),
    "override_removed": Word("Kelonggaran kuis dicabut", "Exception for a quiz taken back"),
    "override_updated": Word("Kelonggaran kuis diubah", "Exception for a quiz changed"),
    "password_changed": Word("Kata sandi diubah", "Password changed"),
    "price_created": Word("Harga ditetapkan", "Price set"),
    "price_updated": Word("Harga diubah", "Price changed"),
    "purchase_cancelled": Word("Pembelian dibatalkan", "Purchase cancelled"),
    "purchase_created": Word("Pembelian dibuat", "Purchase made"),
    "purchase_expired": Word("Pembelian kedaluwarsa", "Purchase expired"),
    "purchase_refunded": Word("Dana dikembalikan", "Purchase refunded"),
    "purchase_rejected": Word("Pembayaran ditolak", "Payment rejected"),
    "purchase_uploaded": Word("Bukti pembayaran diunggah", "Payment proof uploaded"),
    "purchase_verified": Word("Pembayaran diverifikasi", "Payment verified"),
    "questions_changed": Word("Pertanyaan kuis diubah", "Questions changed"),
    "quiz_created": Word("Kuis dibuat", "Quiz created"),
    "quiz_graded": Word("Kuis dinilai", "Quiz graded"),
    "quiz_removed": Word("Kuis dihapus", "Quiz deleted"),
    "quiz_updated": Word("Kuis diubah", "Quiz changed"),
    "receipt_made": Word("Kwitansi dibuat", "Receipt made"),
    "seat_offered": Word("Kursi ditawarkan", "Seat offered"),
    "secret_rotated": Word("Kunci klien API diganti", "Secret of an API client changed"),
    "student_enrolled": Word("Siswa bergabung", "Student joined"),
    "student_withdrawn": Word("Siswa keluar", "Student left"),
    "submission_removed": Word("Pengumpulan ditarik", "Work taken back"),
    "submission_updated": Word("Pengumpulan diubah", "Work changed"),
    "teachers_changed": Word("Pengajar pertemuan diubah", "Teachers changed"),
    "template_chosen": Word("Templat sertifikat dipilih", "Certificate template chosen"),
    "testimonial_created": Word("Testimoni ditulis", "Testimonial written"),
    "testimonial_removed": Word("Testimoni dihapus", "Testimonial deleted"),
    "testimonial_updated": Word("Testimoni diubah", "Testimonial changed"),
    "user_created": Word("Pengguna dibuat", "User created"),
    "user_registered": Word("Pengguna mendaftar", "User registered"),
    "user_removed": Word("Pengguna dihapus", "User removed"),
    "user_updated": Word("Pengguna diubah", "User changed"),
    "validity_chosen": Word("Masa berlaku sertifikat diatur", "Validity of certificates set"),
}
"""Shape: the type of an activity -> its title."""

OTHER = Word("Aktivitas lain", "Other activity")
SYSTEM = Word("Sistem", "System")

AGO = (
    (86_400, Word("{n} hari lalu", "{n} days ago"), Word("1 hari lalu", "1 day ago")),
    (3_600, Word("{n} jam lalu", "{n} hours ago"), Word("1 jam lalu", "1 hour ago")),
    (60, Word("{n} menit lalu", "{n} minutes ago"), Word("1 menit lalu", "1 minute ago")),
)
"""Shape: (seconds in the unit, several of it, one of it), the longest first."""
JUST_NOW = Word("baru saja", "just now")
