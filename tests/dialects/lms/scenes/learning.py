"""Scenes for contract 2.14 to 2.19: quizzes and work, the gate between meetings, sheets, and what dashboards show."""

import io
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import openpyxl

from backend.core import db
from tests.dialects.lms.stage import Stage

EARLIER = {"start_at": "2020-01-01T08:00:00+07:00", "end_at": "2020-01-01T10:00:00+07:00"}
OPEN = {"start_at": EARLIER["start_at"], "end_at": "2090-01-01T10:00:00+07:00"}
LATER = {"start_at": "2090-01-01T08:00:00+07:00", "end_at": "2090-01-01T10:00:00+07:00"}
PLACE = {"room": "R-101", "join_url": "https://example.test/rapat"}
QUIZ = {"title": "Kuis", "quiz_type": "mc", "duration_minute": 20, "max_attempts": 1, "is_open": False}
ESSAY = {"note": "Catatan", "essay_text": "Pajak penghasilan dihitung dari penghasilan kena pajak."}
PROOF = {
    "payment_proof_url": "https://example.test/bukti.png",
    "buyer_bank_account_name": "Siti Contoh",
    "buyer_bank_account_number": "1234567890",
}


async def a_new_quiz(stage: Stage) -> None:
    """A quiz that nobody has taken, without questions: `{new_quiz}`."""
    made = await _done(stage, "teacher", "POST", "/meetings/{meetings}/quizzes", QUIZ)
    stage.values["new_quiz"] = made["id"]


async def the_quiz_is_closed(stage: Stage) -> None:
    """The quiz of the world cannot be taken."""
    await _done(stage, "teacher", "PATCH", "/quizzes/{quizzes}", {"is_open": False})


async def the_quiz_is_for_later(stage: Stage) -> None:
    """The quiz of the world cannot be taken yet."""
    await _done(stage, "teacher", "PATCH", "/quizzes/{quizzes}", {"start_time": LATER["start_at"]})


async def the_quiz_is_over(stage: Stage) -> None:
    """The quiz of the world could be taken once."""
    times = {"start_time": EARLIER["start_at"], "end_time": EARLIER["end_at"]}
    await _done(stage, "teacher", "PATCH", "/quizzes/{quizzes}", times)


async def the_time_is_over(stage: Stage) -> None:
    """The student's open attempt had to be handed in a minute ago."""
    await db.statement(
        "UPDATE attempt SET deadline_at = now() - interval '1 minute' WHERE uuid = $1", UUID(stage.values["attempts"])
    )


async def the_classmate_began(stage: Stage) -> None:
    """The classmate has an open attempt without any answer: `{their_attempt}`."""
    made = await _done(stage, "classmate", "POST", "/quizzes/{quizzes}/start")
    stage.values["their_attempt"] = made["id"]


async def the_classmate_used_up_the_quiz(stage: Stage) -> None:
    """The quiz may be taken once, and the classmate has taken it."""
    await _done(stage, "teacher", "PATCH", "/quizzes/{quizzes}", {"max_attempts": 1})
    await the_classmate_began(stage)
    await _done(stage, "classmate", "POST", "/quizzes/attempts/{their_attempt}/submissions")


async def the_student_is_done(stage: Stage) -> None:
    """The student's open attempt is handed in; no job has graded it."""
    await _done(stage, "student", "POST", "/quizzes/attempts/{attempts}/submissions")


async def a_file_is_asked_for(stage: Stage) -> None:
    """An assignment that wants files: `{file_task}`."""
    task = {"title": "Bukti potong", "type": "file", "description": "Bab 1", **OPEN}
    made = await _done(stage, "teacher", "POST", "/meetings/{meetings}/assignments", task)
    stage.values["file_task"] = made["id"]


async def the_classmate_handed_in(stage: Stage) -> None:
    """The classmate has handed in an essay, which nobody has graded: `{their_work}`."""
    made = await _done(stage, "classmate", "POST", "/assignments/{assignments}/submissions", ESSAY)
    stage.values["their_work"] = made["id"]


async def the_meeting_is_closed(stage: Stage) -> None:
    """The meeting is not open."""
    await _done(stage, "admin", "PATCH", "/meetings/{meetings}", {"is_open": False})


async def the_gate_asks_for_an_earlier_meeting(stage: Stage) -> None:
    """Before the meeting there was another, `{earlier}`, and the batch asks for it."""
    await _done(stage, "admin", "PUT", "/batches/{batches}", {"gate": True})
    meeting = {"title": "Pertemuan sebelumnya", "description": "Bab 1", "type": "basic", **EARLIER}
    made = await _done(stage, "admin", "POST", "/batches/{batches}/meetings", meeting)
    stage.values["earlier"] = made["id"]


async def the_earlier_meeting_has_a_quiz(stage: Stage) -> None:
    """The earlier meeting has a quiz, "Kuis sebelumnya"."""
    quiz = QUIZ | {"title": "Kuis sebelumnya", "is_open": True}
    await _done(stage, "admin", "POST", "/meetings/{earlier}/quizzes", quiz)


async def the_earlier_meeting_has_an_assignment(stage: Stage) -> None:
    """The earlier meeting has an assignment, "Tugas sebelumnya"."""
    task = {"title": "Tugas sebelumnya", "type": "essay", "description": "Bab 1", **OPEN}
    await _done(stage, "admin", "POST", "/meetings/{earlier}/assignments", task)


async def the_assignment_is_over(stage: Stage) -> None:
    """The assignment ended long ago."""
    await _done(stage, "teacher", "PATCH", "/assignments/{assignments}", EARLIER)


async def the_assignment_is_for_later(stage: Stage) -> None:
    """The assignment has not begun."""
    await _done(stage, "teacher", "PATCH", "/assignments/{assignments}", LATER)


async def the_classmate_was_there(stage: Stage) -> None:
    """The classmate was at the earlier meeting."""
    await _mark(stage, is_present=True)


async def the_classmate_was_absent(stage: Stage) -> None:
    """The classmate was not at the earlier meeting."""
    await _mark(stage, is_present=False)


async def the_classmate_sent_a_proof(stage: Stage) -> None:
    """The classmate wants to get into the other batch, and has paid: `{their_purchase}`."""
    batch = {"batch_id": stage.values["there.batches"]}
    made = await _done(stage, "classmate", "POST", "/me/purchases", batch)
    stage.values["their_purchase"] = made["id"]
    await _done(stage, "classmate", "PATCH", "/me/purchases/{their_purchase}/pay", PROOF)


async def the_payment_is_confirmed(stage: Stage) -> None:
    """An admin has looked at the classmate's proof."""
    await _done(stage, "admin", "PATCH", "/purchases/{their_purchase}/status", {"payment_status": "paid"})


async def the_certificate_is_revoked(stage: Stage) -> None:
    """The student's certificate was taken back, because it was the wrong person's."""
    await _done(stage, "admin", "POST", "/certificates/{certificates}/revoke", {"reason": "Salah orang"})


async def the_certificate_expired(stage: Stage) -> None:
    """The student's certificate held until yesterday."""
    await db.statement(
        "UPDATE certificate SET issued_at = now() - interval '2 days', expires_at = now() - interval '1 day'"
        " WHERE uuid = $1",
        UUID(stage.values["certificates"]),
    )


async def somebody_checked(stage: Stage) -> None:
    """A stranger has looked at the student's certificate."""
    await _done(stage, "nobody", "GET", "/certificates/number/{number}")


async def a_meeting_comes(stage: Stage) -> None:
    """The teacher has another meeting to come: `{next_meeting}`."""
    meeting = {"title": "Pertemuan berikutnya", "description": "Bab 9", "type": "basic", **LATER, **PLACE}
    made = await _done(stage, "admin", "POST", "/batches/{batches}/meetings", meeting)
    stage.values["next_meeting"] = made["id"]
    teachers = {"teacher_ids": [stage.values["teacher"]]}
    await _done(stage, "admin", "POST", "/meetings/{next_meeting}/teachers", teachers)


async def a_sheet_of_questions(stage: Stage) -> None:
    """A file of one question in the columns that clients have: `{questions_sheet}`. Source: contract 5.5."""
    stage.values["questions_sheet"] = _workbook(
        ("Pertanyaan", "A", "B", "C", "D", "Jawaban"),
        ("Ibu kota Jawa Barat?", "Bogor", "Bandung", "Depok", "Solo", "b"),
    )


async def a_sheet_of_grades(stage: Stage) -> None:
    """A file of one grade in the columns that clients have: `{grades_sheet}`. Source: contract 5.6."""
    values = stage.values
    stage.values["grades_sheet"] = _workbook(
        ("UserID", "No", "Nama Siswa", "Nilai", "Feedback"), (values["student"], 1, values["student.name"], 90, "Bagus")
    )


def _workbook(*rows: Sequence[Any]) -> bytes:
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


async def _mark(stage: Stage, *, is_present: bool) -> None:
    mark = {"user_id": stage.values["classmate"], "meeting_id": stage.values["earlier"], "is_present": is_present}
    await _done(stage, "admin", "PUT", "/batches/{batches}/attendances/bulk", {"attendances": [mark]})


async def _done(stage: Stage, part: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Have a part do something that must succeed; says the data of the answer."""
    for name, value in stage.values.items():
        path = path.replace(f"{{{name}}}", str(value))
    answer = await stage.parts[part].request(method, f"/api/v1{path}", json=body)
    assert answer.is_success, f"{method} {path}: {answer.text}"
    return answer.json()["data"]


SCENES = {
    scene.__name__: scene
    for scene in (
        a_new_quiz,
        the_quiz_is_closed,
        the_quiz_is_for_later,
        the_quiz_is_over,
        the_time_is_over,
        the_classmate_began,
        the_classmate_used_up_the_quiz,
        the_student_is_done,
        a_file_is_asked_for,
        the_classmate_handed_in,
        the_meeting_is_closed,
        the_gate_asks_for_an_earlier_meeting,
        the_earlier_meeting_has_a_quiz,
        the_earlier_meeting_has_an_assignment,
        the_assignment_is_over,
        the_assignment_is_for_later,
        the_classmate_was_there,
        the_classmate_was_absent,
        the_classmate_sent_a_proof,
        the_payment_is_confirmed,
        the_certificate_is_revoked,
        the_certificate_expired,
        somebody_checked,
        a_meeting_comes,
        a_sheet_of_questions,
        a_sheet_of_grades,
    )
}
