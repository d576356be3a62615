"""Words for quizzes, attempts and results."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "assessments.quiz_not_found": Word("quiz not found", "quiz not found"),
    "assessments.question_not_found": Word("question not found in this quiz", "question not found in this quiz"),
    "assessments.not_your_quiz": Word("forbidden", "forbidden"),
    "assessments.questions_hidden": Word("cannot access quiz", "cannot access quiz"),
    "assessments.not_teaching_meeting": Word(
        "forbidden: not teacher of this meeting", "forbidden: not teacher of this meeting"
    ),
    "assessments.period_backwards": Word(
        "waktu selesai quiz harus setelah waktu mulai", "the quiz must end later than it begins"
    ),
    "assessments.quiz_taken": Word(
        "quiz sudah pernah dikerjakan dan tidak bisa diubah; tutup quiz sebagai gantinya",
        "the quiz has been taken and stays as it is; close it instead",
    ),
    "assessments.quiz_has_questions": Word(
        "tipe quiz tidak bisa diubah karena sudah ada soal", "the type stays while the quiz has questions"
    ),
    "assessments.too_many_questions": Word(
        "jumlah soal melebihi batas ({limit})", "a quiz has at most {limit} questions"
    ),
    "assessments.not_one_right": Word(
        "harus ada tepat satu jawaban benar (ditemukan {found})", "exactly one option must be right ({found} are)"
    ),
    "assessments.pass_mark_missing": Word(
        "quiz yang harus lulus membutuhkan nilai kelulusan (pass_percent)",
        "a quiz that has to be passed needs a pass mark (pass_percent)",
    ),
    "assessments.too_few_options": Word("soal membutuhkan minimal dua opsi", "a question needs at least two options"),
    "assessments.not_two_options": Word(
        "soal benar/salah harus memiliki tepat dua opsi", "a true-false question has exactly two options"
    ),
    "assessments.order_incomplete": Word(
        "urutan harus memuat setiap soal tepat satu kali", "an order names each question exactly once"
    ),
    "assessments.key_unfit": Word(
        "isi soal tidak sesuai pada {place}: {rule} ({found})", "the question does not fit at {place}: {rule} ({found})"
    ),
    "assessments.floor_too_high": Word(
        "nilai terendah sebuah soal tidak boleh di atas 0", "the least a question can give is not above 0"
    ),
    "assessments.section_not_found": Word("bagian tidak ditemukan pada quiz ini", "the quiz has no such section"),
    "assessments.section_has_questions": Word(
        "bagian yang berisi soal tidak bisa dihapus", "a section with questions is not left out"
    ),
    "attempts.earlier_question": Word(
        "soal dikerjakan berurutan; soal sebelumnya tidak bisa dijawab lagi",
        "the questions come one after the other; you cannot go back",
    ),
    "attempts.later_question": Word(
        "soal dikerjakan berurutan; soal ini belum terbuka",
        "the questions come one after the other; this one is not open yet",
    ),
    "attempts.no_question_left": Word("ini soal terakhir", "this is the last question"),
    "attempts.navigation_free": Word(
        "semua soal quiz ini sudah terbuka", "all questions of this quiz are open already"
    ),
    "attempts.answer_unfit": Word(
        "jawaban tidak sesuai dengan soal ({place})", "the answer does not fit the question ({place})"
    ),
    "attempts.not_a_recording": Word("file bukan rekaman milik anda", "the file is not a recording of yours"),
    "attempts.pause_not_over": Word(
        "tunggu {seconds} detik sebelum mencoba lagi", "wait {seconds} seconds before the next attempt"
    ),
    "attempts.override_not_found": Word(
        "tidak ada pengecualian untuk peserta ini", "there is no override for this person"
    ),
    "attempts.not_found": Word("attempt not found", "attempt not found"),
    "attempts.not_yours": Word("forbidden: not your attempt", "forbidden: not your attempt"),
    "attempts.hidden": Word("forbidden", "forbidden"),
    "attempts.quiz_closed": Word("quiz tidak bisa diikuti saat ini", "the quiz cannot be taken now"),
    "attempts.previous_meeting_missed": Word(
        "anda belum hadir di meeting sebelumnya{more}", "you have not been at the meeting before{more}"
    ),
    "attempts.used_up": Word("maximum attempts reached", "maximum attempts reached"),
    "attempts.running": Word("quiz attempt masih berlangsung", "you have an attempt that is still open"),
    "attempts.closed": Word("quiz already submitted", "quiz already submitted"),
    "attempts.time_over": Word("waktu pengerjaan quiz sudah habis", "the time for the quiz is over"),
    "attempts.question_not_in_quiz": Word("question not found in this quiz", "question not found in this quiz"),
    "attempts.option_not_of_question": Word(
        "selected option does not belong to the question", "selected option does not belong to the question"
    ),
    "grading.result_not_found": Word("record not found", "record not found"),
    "grading.not_marked_by_hand": Word(
        "soal ini tidak dinilai manual pada pengerjaan ini", "this question is not marked by hand in this attempt"
    ),
    "grading.mark_unfit": Word("penilaian tidak valid", "the mark does not fit"),
    "grading.attempt_not_final": Word("quiz belum dikumpulkan", "the attempt is still open"),
}
