"""Words for grades and for what is said of a whole sheet. What is said of its cells is in `sheets`."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "grading.grade_not_found": Word("Submission grade not found", "Submission grade not found"),
    "grading.grade_not_seen": Word("Failed to get submission grade", "Failed to get submission grade"),
    "grading.scores_not_found": Word("Scores not found", "Scores not found"),
    "grading.not_teaching_batch": Word(
        "user not authorized to grade this batch", "user not authorized to grade this batch"
    ),
    "grading.grade_unfit": Word("Validasi gagal", "Validation failed"),
    "grading.already_graded": Word("Submission sudah dinilai", "The submission has been graded"),
    "grading.sheet_refused": Word("Berkas tidak dapat dibaca: {reason}", "The file cannot be read: {reason}"),
    "grading.sheet_has_problems": Word(
        "{problems} masalah ditemukan; tidak ada nilai yang diubah", "Problems found: {problems}; no grade was changed"
    ),
    "grading.sheet_is_stale": Word(
        "{stale} nilai sudah berubah sejak berkas diunduh; tidak ada nilai yang diubah",
        "Grades that have changed since the file was downloaded: {stale}; no grade was changed",
    ),
    "grading.preview_not_found": Word(
        "Pratinjau tidak ditemukan untuk tugas ini", "There is no such preview for this assignment"
    ),
    "grading.preview_is_stale": Word(
        "{count} nilai sudah berubah sejak pratinjau; tidak ada nilai yang diubah",
        "Grades that have changed since the preview: {count}; no grade was changed",
    ),
    "grading.import_not_found": Word("Impor tidak ditemukan", "There is no such import"),
    "grading.import_has_newer": Word(
        "{count} nilai sudah berubah sejak impor; tidak ada yang dibatalkan",
        "Grades that have changed since the import: {count}; nothing was undone",
    ),
    "grading.import_undone": Word("Impor ini sudah dibatalkan", "This import was undone"),
    "grading.too_many_assignments": Word(
        "Batch ini memiliki lebih dari {most} tugas; pakai berkas setiap tugas",
        "The batch has more than {most} assignments; use the sheet of each",
    ),
    "grading.analysis_missing": Word(
        "analisis belum ada, atau sudah tidak sesuai; minta dengan POST ke alamat analysis kuis ini",
        "there is no analysis, or it no longer fits; a POST to the quiz's analysis has it made",
    ),
    "grading.nothing_mended": Word(
        "kunci jawaban belum ada yang diperbaiki sejak quiz dinilai",
        "no key of the quiz was mended since it was graded",
    ),
    "grading.regrade_not_found": Word("Penilaian ulang tidak ditemukan", "There is no such regrade of this quiz"),
    "grading.regrade_running": Word(
        "penilaian ulang lain sedang berjalan ({policy})", "another regrade is under way ({policy})"
    ),
    "grading.regrade_is_stale": Word(
        "{count} hasil sudah berubah sejak pratinjau; tidak ada hasil yang diubah",
        "Results that have changed since the preview: {count}; no result was changed",
    ),
    "grading.key_moved_on": Word(
        "kunci jawaban diperbaiki lagi sejak pratinjau (versi {shown}, sekarang {now})",
        "the key was mended again since the preview (version {shown}, now {now})",
    ),
    "http.sheet_missing": Word("Missing excel file", "Missing excel file", status=400),
    "http.sheet_refused": Word(
        "Berkas tidak dapat dibaca: rusak, terpotong, atau isinya terlalu besar ({reason})",
        "The file cannot be read: it is damaged, cut short, or unpacks to too much ({reason})",
    ),
    "http.table_missing": Word("Berkas CSV belum dilampirkan", "There is no CSV file", status=400),
    "http.not_table": Word("Berkas harus berupa .csv", "The file must be a .csv"),
    "http.not_spreadsheet": Word("Berkas harus berupa .xlsx", "The file must be an .xlsx"),
}
