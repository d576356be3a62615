"""Words for who is in a batch, for attendance and for the gate between meetings."""

from backend.dialects.lms.words.word import Word

WORDS = {
    "enrolments.not_enrolled": Word("Anda belum membeli batch ini", "You are not in this batch"),
    "enrolments.not_found": Word("Pendaftaran tidak ditemukan", "There is no such enrolment"),
    "enrolments.not_your_batch": Word("Anda tidak punya akses ke batch ini", "You do not teach this batch"),
    "enrolments.not_your_meeting": Word(
        "Anda tidak mengajar meeting {meetings}", "You do not teach the meeting {meetings}"
    ),
    "enrolments.meeting_not_of_batch": Word(
        "Invalid meeting ID {meetings} for batch", "Invalid meeting ID {meetings} for batch"
    ),
    "enrolments.person_not_of_batch": Word(
        "User {people} has not purchased the batch", "User {people} has not purchased the batch"
    ),
    "enrolments.attendance_not_found": Word("Attendance not found", "Attendance not found"),
    "enrolments.attendance_not_taken": Word(
        "anda belum absen di meeting sebelumnya{more}", "your attendance at the meeting before has not been taken{more}"
    ),
    "enrolments.was_absent": Word(
        "anda tidak hadir di meeting sebelumnya{more}", "you were absent from the meeting before{more}"
    ),
    "enrolments.check_in_off": Word(
        "Pertemuan ini tidak memakai absen mandiri", "Nobody checks in to this meeting by themselves"
    ),
    "enrolments.check_in_not_open": Word("Pertemuan belum dimulai", "The meeting has not begun"),
    "enrolments.check_in_over": Word("Waktu absen sudah lewat", "It is too late to check in"),
    "enrolments.check_in_code_wrong": Word(
        "Kode absen salah atau sudah berganti", "The code is wrong, or another one is shown by now"
    ),
    "enrolments.already_marked": Word("Kehadiran Anda sudah dicatat", "Your attendance has been taken"),
    "enrolments.too_many_check_ins": Word(
        "Terlalu banyak percobaan; coba lagi nanti", "Too many tries; try again later"
    ),
    "enrolments.assignment_open": Word(
        "anda belum mengumpulkan submission di meeting sebelumnya{more}",
        "you have not handed in an assignment of the meeting before{more}",
    ),
    "enrolments.quiz_not_passed": Word(
        "anda belum lulus quiz '{title}' di meeting sebelumnya{more}",
        "you have not passed the quiz '{title}' of the meeting before{more}",
    ),
    "enrolments.quiz_open": Word(
        "anda belum mengerjakan quiz '{title}' di meeting sebelumnya{more}",
        "you have not done the quiz '{title}' of the meeting before{more}",
    ),
}
