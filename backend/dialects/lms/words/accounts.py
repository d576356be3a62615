"""Words for people and their access."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "accounts.session_over": Word("Token tidak berlaku", "The token is no longer valid"),
    "accounts.person_not_found": Word("User tidak ditemukan", "User not found"),
    "accounts.session_not_found": Word("Sesi tidak ditemukan", "Session not found"),
    "accounts.admin_only": Word("Akses ditolak", "Access denied"),
    "accounts.taken": Word("Email atau nomor telephone sudah digunakan", "The e-mail or phone number is in use"),
    "accounts.nik_missing": Word("Grup umum wajib mengisi NIK", "The public group needs a NIK"),
    "accounts.nim_missing": Word(
        "Grup mahasiswa wajib mengisi NIM dan bukti NIM", "Student groups need a NIM and its proof"
    ),
    "accounts.student_nik_missing": Word("Mahasiswa wajib mengisi NIK", "A student needs a NIK", alone=True),
    "accounts.nim_half": Word("NIM dan bukti NIM harus diisi bersamaan", "NIM and its proof come together", alone=True),
    "accounts.own_account": Word("Tidak dapat menghapus akun sendiri", "You cannot delete your own account"),
    "accounts.last_admin": Word("Admin terakhir tidak dapat dihapus atau diturunkan", "The last admin has to stay"),
    "accounts.wrong_credentials": Word("Email atau password salah", "The e-mail or the password is wrong"),
    "accounts.email_unverified": Word("Email belum diverifikasi", "The e-mail is not verified yet"),
    "accounts.too_many_tries": Word(
        "Terlalu banyak percobaan, tunggu {retry_after_s} detik", "Too many tries, wait {retry_after_s} seconds"
    ),
    "accounts.refresh_missing": Word("Refresh token missing", "Refresh token missing"),
    "accounts.refresh_refused": Word("Invalid or expired refresh token", "Invalid or expired refresh token"),
    "accounts.verification_refused": Word("token tidak valid", "the token is not valid"),
    "accounts.already_verified": Word("email sudah diverifikasi", "the e-mail was verified before"),
    "accounts.wrong_code": Word("kode verifikasi salah atau kadaluarsa", "the code is wrong or has expired"),
    "accounts.mailed_recently": Word(
        "tunggu {retry_after_s} detik untuk mengirim ulang", "wait {retry_after_s} seconds before asking again"
    ),
    "accounts.reset_refused": Word(
        "Kode atau tautan salah atau kadaluarsa", "The code or the link is wrong or has expired", status=400
    ),
}
