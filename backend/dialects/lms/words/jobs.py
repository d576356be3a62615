"""Words for work in the background."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "jobs.not_found": Word("Pekerjaan tidak ditemukan", "There is no such job"),
    "jobs.over": Word("Pekerjaan sudah selesai (status: {state})", "The job is over (state: {state})"),
}
