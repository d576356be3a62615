"""Attempts and results through the front door. Source of shapes and texts: contract 2.16 and section 3."""

from datetime import timedelta

import pytest

from backend.core import clock, db
from backend.core.actor import Role
from tests import school
from tests.background import drain
from tests.people import MakePerson, Person
from tests.quizzes import QuizRow, a_quiz, an_attempt, move_deadline
from tests.tasks import a_task

NOWHERE = "00000000-0000-7000-8000-000000000000"
ATTEMPT = {
    *("id", "quiz_id", "user_id", "started_at", "ended_at", "created_at", "updated_at"),
    *("attempt_no", "deadline_at", "server_time", "status"),  # ours
}
RESULT = {
    *("id", "attempt_id", "total_questions", "correct_answers", "wrong_answers", "score_percent", "attempt"),
    *("created_at", "updated_at"),
    *("status", "points", "max_points"),  # ours
}
SAVED = {"id", "user_id", "question_id", "selected_option_id", "created_at", "updated_at"}


@pytest.fixture
async def quiz(student: Person) -> QuizRow:
    """A quiz that the student may take."""
    made = await a_quiz()
    await school.enrol(made.batch, student.id)
    return made


async def start(quiz: QuizRow, student: Person) -> str:
    answer = await student.http.post(f"{quiz.path}/start")
    return f"/api/v1/quizzes/attempts/{answer.json()['data']['id']}"


async def test_starting(quiz: QuizRow, student: Person):
    none = await student.http.get(f"{quiz.path}/attempts/active")
    assert (none.status_code, none.json()["message"], none.json()["data"]) == (200, "No attempt yet", None)
    started = await student.http.post(f"{quiz.path}/start")
    assert (started.status_code, started.json()["message"]) == (200, "Success Start Quiz")
    attempt = started.json()["data"]
    assert set(attempt) == ATTEMPT
    assert (attempt["attempt_no"], attempt["ended_at"], attempt["status"]) == (1, None, "open")
    assert (attempt["quiz_id"], attempt["user_id"]) == (str(quiz.view.uuid), str(student.uuid))
    active = await student.http.get(f"{quiz.path}/attempts/active")
    assert (active.json()["message"], active.json()["data"]["id"]) == ("Success", attempt["id"])


async def answer_some(quiz: QuizRow, student: Person) -> str:
    path = await start(quiz, student)
    for number, right in enumerate([True, False, True]):
        saved = await student.http.post(f"{path}/temp-submissions", json=quiz.answer(number, right=right))
        assert (saved.status_code, saved.json()["message"]) == (200, "Questions saved successfully")
        assert saved.json()["data"] == {"status": "saved"}
    return path


async def test_an_attempt_with_its_paper_and_answers(quiz: QuizRow, student: Person):
    path = await answer_some(quiz, student)
    shown = await student.http.get(path)
    assert (shown.status_code, shown.json()["message"]) == (200, "Success")
    detail = shown.json()["data"]
    assert set(detail) == {"attempt", "quiz", "temp_submissions"}
    assert [question["position"] for question in detail["quiz"]["questions"]] == [1, 2, 3]
    for question in detail["quiz"]["questions"]:
        assert set(question) == {"id", "quiz_id", "question", "options", "position", "points"}
        assert all(set(option) == {"id", "question_id", "option_text"} for option in question["options"])
    assert all(set(entry) == SAVED for entry in detail["temp_submissions"])
    assert detail["temp_submissions"][0]["selected_option_id"] == quiz.answer(0)["selected_option_id"]
    assert detail["temp_submissions"][0]["user_id"] == str(student.uuid)


async def test_from_submission_to_result(quiz: QuizRow, student: Person, teacher: Person, admin: Person):
    path = await answer_some(quiz, student)
    open_ = await student.http.get(f"{path}/result")
    assert (open_.status_code, open_.json()["message"]) == (404, "record not found")

    submitted = await student.http.post(f"{path}/submissions")
    assert (submitted.status_code, submitted.json()) == (
        201,
        {"success": True, "message": "Quiz submitted successfully", "data": None},
    )
    waiting = await student.http.get(f"{path}/result")
    assert waiting.status_code == 200
    assert set(waiting.json()["data"]) == RESULT
    assert (waiting.json()["data"]["status"], waiting.json()["data"]["score_percent"]) == ("grading", None)

    await drain()
    graded = (await student.http.get(f"{path}/result")).json()
    assert graded["message"] == "Success"
    result = graded["data"]
    assert set(result) == RESULT
    assert set(result["attempt"]) == ATTEMPT | {"quiz"}
    assert result["attempt"]["quiz"]["id"] == str(quiz.view.uuid)
    assert (result["status"], result["total_questions"], result["correct_answers"]) == ("graded", 3, 2)
    assert (result["wrong_answers"], result["score_percent"]) == (1, 66.67)
    await school.teach(quiz.meeting, teacher.id)
    for staff in (teacher, admin):
        shown = (await staff.http.get(f"{path}/result")).json()["data"]
        assert (shown["id"], shown["score_percent"]) == (result["id"], 66.67)
    listed = (await student.http.get(f"{quiz.path}/attempts")).json()
    assert set(listed["data"][0]) == ATTEMPT | {"score_percent"}
    assert (listed["data"][0]["score_percent"], listed["meta"]["total"]) == (66.67, 1)


async def test_an_answer_costs_two_round_trips(quiz: QuizRow, student: Person, statements: list[str]):
    path = await start(quiz, student)
    statements.clear()
    assert (await student.http.post(f"{path}/temp-submissions", json=quiz.answer(0))).status_code == 200
    assert len(statements) == 2


async def test_times_that_a_client_sends_are_not_looked_at(quiz: QuizRow, student: Person):
    lies = {"started_at": "2099-01-01T00:00:00Z", "deadline_at": "2099-01-01T00:00:00Z", "time_left": 10**6}
    started = await student.http.post(f"{quiz.path}/start", json=lies)
    assert started.json()["data"]["deadline_at"] < "2099"
    path = f"/api/v1/quizzes/attempts/{started.json()['data']['id']}"
    await move_deadline_of(path, timedelta(seconds=-6))
    late = await student.http.post(f"{path}/temp-submissions", json={**quiz.answer(0), **lies})
    assert (late.status_code, late.json()["message"]) == (409, "waktu pengerjaan quiz sudah habis")
    await move_deadline_of(path, timedelta(seconds=-4))
    assert (await student.http.post(f"{path}/temp-submissions", json=quiz.answer(0))).status_code == 200


async def move_deadline_of(path: str, by: timedelta) -> None:
    await move_deadline(await db.value("SELECT id FROM attempt WHERE uuid = $1", path.rsplit("/", 1)[-1]), by)


async def test_a_shut_quiz_a_running_attempt_and_none_left(quiz: QuizRow, student: Person, admin: Person):
    await admin.http.patch(quiz.path, json={"is_open": False})
    shut = await student.http.post(f"{quiz.path}/start")
    assert (shut.status_code, shut.json()["message"]) == (422, "quiz tidak bisa diikuti saat ini")
    await admin.http.patch(quiz.path, json={"is_open": True})
    path = await start(quiz, student)
    running = await student.http.post(f"{quiz.path}/start")
    assert (running.status_code, running.json()["message"]) == (409, "quiz attempt masih berlangsung")
    await student.http.post(f"{path}/submissions")
    over = await student.http.post(f"{quiz.path}/start")
    assert (over.status_code, over.json()["message"]) == (409, "maximum attempts reached")
    again = await student.http.post(f"{path}/submissions")
    assert again.status_code == 409
    assert (again.json()["message"], again.json()["error"]) == ("failed to submit quiz", "quiz already submitted")
    late = await student.http.post(f"{path}/temp-submissions", json=quiz.answer(0))
    assert (late.status_code, late.json()["message"]) == (409, "quiz already submitted")


@pytest.mark.parametrize(("begins", "ends"), [(1, 2), (-2, -1)])
async def test_before_its_start_and_after_its_end(
    quiz: QuizRow, student: Person, admin: Person, begins: int, ends: int
):
    times = {"start_time": clock.now() + timedelta(hours=begins), "end_time": clock.now() + timedelta(hours=ends)}
    body = {name: moment.isoformat() for name, moment in times.items()}
    assert (await admin.http.patch(quiz.path, json=body)).status_code == 200
    refused = await student.http.post(f"{quiz.path}/start")
    assert (refused.status_code, refused.json()["message"]) == (422, "quiz tidak bisa diikuti saat ini")
    shown = (await student.http.get(quiz.path)).json()["data"]
    assert (shown["can_start"], shown["reason"]) == (False, "quiz tidak bisa diikuti saat ini")


async def test_as_many_attempts_as_the_quiz_allows(quiz: QuizRow, student: Person, admin: Person):
    assert (await admin.http.patch(quiz.path, json={"max_attempts": 2})).status_code == 200
    for used in (0, 1):
        shown = (await student.http.get(quiz.path)).json()["data"]
        assert (shown["attempts_used"], shown["can_start"], shown["reason"]) == (used, True, None)
        await student.http.post(f"{await start(quiz, student)}/submissions")
    over = await student.http.post(f"{quiz.path}/start")
    assert (over.status_code, over.json()["message"]) == (409, "maximum attempts reached")


async def test_the_gates_texts(student: Person, admin: Person):
    batch = await school.a_batch(gate=True)
    before, now = await school.a_meeting(batch, begins=timedelta(hours=-9)), await school.a_meeting(batch)
    quiz = await a_quiz(batch=batch, meeting=now)
    await school.enrol(batch, student.id)
    assert before.id < now.id
    refused = await student.http.post(f"{quiz.path}/start")
    assert (refused.status_code, refused.json()["message"]) == (422, "anda belum hadir di meeting sebelumnya")
    present = {"user_id": str(student.uuid), "meeting_id": str(before.uuid), "is_present": True}
    path = f"/api/v1/batches/{batch.uuid}/attendances/bulk"
    assert (await admin.http.put(path, json={"attendances": [present]})).status_code == 200
    owed, earlier = await a_task(batch, before), await a_quiz(batch=batch, meeting=before, title="Kuis 1")
    await db.statement("UPDATE meeting SET is_open = true")
    refused = await student.http.post(f"{quiz.path}/start")
    text = "anda belum mengumpulkan submission di meeting sebelumnya (belum: tugas 'Task', kuis 'Kuis 1')"
    assert (refused.status_code, refused.json()["message"]) == (422, text)
    work = {"essay_text": "An essay of some length"}
    assert (await student.http.post(f"/api/v1/assignments/{owed.uuid}/submissions", json=work)).status_code == 201
    refused = await student.http.post(f"{quiz.path}/start")
    text = "anda belum mengerjakan quiz 'Kuis 1' di meeting sebelumnya"
    assert (refused.status_code, refused.json()["message"]) == (422, text)
    shown = (await student.http.get(quiz.path)).json()["data"]
    assert (shown["can_start"], shown["reason"]) == (False, text)
    await student.http.post(f"{await start(earlier, student)}/submissions")
    assert (await student.http.post(f"{quiz.path}/start")).status_code == 200


async def test_answers_that_do_not_belong(quiz: QuizRow, student: Person):
    path = f"{await start(quiz, student)}/temp-submissions"
    mixed = {**quiz.answer(0), "selected_option_id": quiz.answer(1)["selected_option_id"]}
    for body, status, message in (
        ({**quiz.answer(0), "question_id": NOWHERE}, 422, "question not found in this quiz"),
        (mixed, 422, "selected option does not belong to the question"),
        ({**quiz.answer(0), "question_id": "7"}, 400, "Validasi gagal"),
        ({}, 400, "Validasi gagal"),
    ):
        answer = await student.http.post(path, json=body)
        assert (answer.status_code, answer.json()["message"]) == (status, message)


async def test_other_peoples_attempts(quiz: QuizRow, student: Person, a_person: MakePerson):
    path = await start(quiz, student)
    mate, guru = await a_person(Role.STUDENT), await a_person(Role.TEACHER)
    await school.enrol(quiz.batch, mate.id)
    for stranger in (mate, guru):
        for part in ("", "/result"):
            answer = await stranger.http.get(f"{path}{part}")
            assert (answer.status_code, answer.json()["message"]) == (403, "forbidden")
    saved = await mate.http.post(f"{path}/temp-submissions", json=quiz.answer(0))
    assert (saved.status_code, saved.json()["message"]) == (403, "forbidden: not your attempt")
    submitted = await mate.http.post(f"{path}/submissions")
    assert (submitted.status_code, submitted.json()["error"]) == (403, "forbidden: not your attempt")
    nowhere = await mate.http.post(f"/api/v1/quizzes/attempts/{NOWHERE}/temp-submissions", json=quiz.answer(0))
    assert (nowhere.status_code, nowhere.json()["message"]) == (404, "attempt not found")
    for wrong in (guru.http.post(f"{quiz.path}/start"), guru.http.post(f"{path}/submissions")):
        assert (await wrong).status_code == 403
    not_enrolled = await a_person(Role.STUDENT)
    refused = await not_enrolled.http.post(f"{quiz.path}/start")
    assert (refused.status_code, refused.json()["message"]) == (403, "forbidden")


async def test_staff_see_everybodys_attempts(
    a_person: MakePerson, teacher: Person, admin: Person, statements: list[str]
):
    quiz = await a_quiz()
    await school.teach(quiz.meeting, teacher.id)
    takers = [await a_person(name=f"Taker {letter}") for letter in "ABC"]
    for person in takers:
        await an_attempt(quiz, person.actor)
    statements.clear()
    answer = await teacher.http.get(f"{quiz.path}/attempts?sort=name&order=desc&limit=2")
    assert len(statements) <= 7
    data = answer.json()["data"]
    assert set(data[0]) == ATTEMPT | {"score_percent", "user"}
    assert [entry["user"]["name"] for entry in data] == ["Taker C", "Taker B"]
    assert answer.json()["meta"] == {"page": 1, "limit": 2, "total": 3, "total_pages": 2}
    found = await admin.http.get(f"{quiz.path}/attempts?q=taker a")
    assert [entry["user"]["id"] for entry in found.json()["data"]] == [str(takers[0].uuid)]
    mine = await takers[0].http.get(f"{quiz.path}/attempts")
    assert [entry["user_id"] for entry in mine.json()["data"]] == [str(takers[0].uuid)]
    detail = await teacher.http.get(f"/api/v1/quizzes/attempts/{data[0]['id']}")
    assert detail.status_code == 200
