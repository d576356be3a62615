"""Words for assignments and handed-in work."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "assignments.not_found": Word("Assignment not found", "Assignment not found"),
    "assignments.not_teaching_meeting": Word(
        "forbidden: user {person} is not assigned to teach meeting {meeting}",
        "forbidden: user {person} is not assigned to teach meeting {meeting}",
    ),
    "assignments.not_your_meeting": Word("Anda bukan pengajar di meeting ini", "You do not teach this meeting"),
    "assignments.not_in_batch": Word(
        "Anda belum terdaftar di batch meeting ini", "You are not in the batch of this meeting"
    ),
    "assignments.ends_before_start": Word("end_at harus setelah start_at", "end_at must be after start_at"),
    "assignments.in_use": Word(
        "Tugas sudah memiliki submission atau nilai", "The assignment has submissions or grades"
    ),
    "assignments.submission_not_found": Word("Submission not found", "Submission not found"),
    "assignments.not_your_submission": Word(
        "user is not authorized to access this submission", "user is not authorized to access this submission"
    ),
    "assignments.work_hidden": Word(
        "user not authorized to access this assignment", "user not authorized to access this assignment"
    ),
    "assignments.submission_exists": Word("submission already exists", "submission already exists"),
    "assignments.work_unfit": Word("Validasi gagal", "Validation failed"),
    "assignments.meeting_not_open": Word("meeting is not open yet", "meeting is not open yet"),
    "assignments.not_begun": Word("Tugas belum dibuka (mulai {start_at})", "The assignment begins at {start_at}"),
}
