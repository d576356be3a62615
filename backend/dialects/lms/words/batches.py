"""Words about batches, meetings and materials. Source: contract sections 2.6, 2.11 and 2.13."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "batches.not_found": Word("Batch not found", "Batch not found"),
    "batches.meeting_not_found": Word("Meeting Doesn't Exist", "Meeting Doesn't Exist"),
    "batches.material_not_found": Word("Material not found", "Material not found"),
    "batches.full": Word("Kuota batch sudah penuh", "The batch is full"),
    "batches.quota_below_seats": Word(
        "Kuota tidak boleh kurang dari kursi yang sudah terisi ({seats_taken})",
        "The quota must not be below the seats that are taken ({seats_taken})",
    ),
    "batches.in_use": Word(
        "Batch sudah memiliki pembelian atau kegiatan; arsipkan sebagai gantinya",
        "The batch has purchases or work in it; archive it instead",
    ),
    "batches.meeting_in_use": Word(
        "Pertemuan masih memiliki tugas, kuis, atau kehadiran", "The meeting has assignments, quizzes or attendance"
    ),
    "batches.ends_too_early": Word("Waktu selesai harus setelah waktu mulai", "The end must be after the start"),
    "batches.registration_ends_too_early": Word(
        "Pendaftaran harus ditutup setelah dibuka", "Registration must end after it begins"
    ),
    "batches.registration_outlasts_batch": Word(
        "Pendaftaran tidak boleh ditutup setelah batch selesai", "Registration must not end after the batch"
    ),
    "batches.class_ends_too_early": Word("Jam selesai harus setelah jam mulai", "The class must end after it begins"),
    "batches.post_activity_unfit": Word(
        "Kegiatan akhir harus memiliki waktu mulai dan waktu selesai sesudahnya",
        "What follows the classes needs a start, and an end after it",
    ),
    "batches.required_course_not_found": Word(
        "beberapa required_course_ids tidak ditemukan", "some of the required_course_ids were not found"
    ),
    "batches.kept_by_admins": Word("Forbidden: insufficient role access", "Only admins may change batches"),
    "batches.not_teaching": Word("Anda tidak mengajar di batch ini", "You do not teach here"),
    "batches.teacher_not_found": Word("beberapa teacher_id tidak ditemukan", "some of the teacher_ids were not found"),
    "batches.not_a_teacher": Word("user dengan ID {id} bukan guru", "the user with ID {id} is no teacher"),
    "batches.already_teaching": Word(
        "semua guru yang dikirim sudah tergabung di meeting ini", "everyone named teaches this meeting already"
    ),
    "batches.some_already_teaching": Word(
        "beberapa guru sudah tergabung: [{ids}]", "some already teach this meeting: [{ids}]"
    ),
}
