"""Quizzes and questions through the front door. Source of shapes and texts: contract 2.16, 2.10 and section 3."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.actor import Role
from tests import school
from tests.people import MakePerson, Person
from tests.quizzes import CANARY, QuizRow, a_quiz, an_attempt

NOWHERE = "00000000-0000-7000-8000-000000000000"
QUIZ = {
    *("id", "meeting_id", "title", "description", "type", "is_open", "start_time", "end_time", "duration_minute"),
    *("max_attempts", "questions", "created_at", "updated_at"),
    *("question_count", "total_points"),  # ours
}
STANDING = {"attempts_used", "can_start", "reason"}
SET = {"settings"}
QUESTION = {
    *("id", "quiz_id", "question", "options"),
    *("position", "points", "explanation", "created_at", "updated_at"),  # ours
    *("section_id", "kind", "key", "key_version", "format", "penalty", "floor", "feedback_right", "feedback_wrong"),
    "attachments",
}
OPTION = {"id", "question_id", "option_text", "is_correct"}


def a_body(**values) -> dict:
    return {
        "title": "PPh 21",
        "quiz_type": "mc",
        "duration_minute": 30,
        "max_attempts": 1,
        "is_open": False,
        **values,
    }


def a_question(**values) -> dict:
    return {
        "question": "2 + 2?",
        "options": [{"option_text": "4", "is_correct": True}, {"option_text": "5", "is_correct": False}],
        **values,
    }


@pytest.fixture
async def guru(teacher: Person) -> tuple[Person, school.MeetingRow]:
    """A teacher, and a meeting of the batch in which they teach another."""
    batch = await school.a_batch()
    meeting, other = await school.a_meeting(batch), await school.a_meeting(batch)
    await school.teach(other, teacher.id)
    return teacher, meeting


async def test_a_teacher_makes_a_quiz_with_questions(guru):
    teacher, meeting = guru
    made = await teacher.http.post(f"/api/v1/meetings/{meeting.uuid}/quizzes", json=a_body())
    assert (made.status_code, made.json()["message"]) == (201, "Quiz metadata created")
    quiz = made.json()["data"]
    assert set(quiz) == QUIZ | SET
    assert quiz["questions"] is None
    assert (quiz["type"], quiz["is_open"], quiz["start_time"], quiz["meeting_id"]) == (
        "mc",
        False,
        None,
        str(meeting.uuid),
    )
    path = f"/api/v1/quizzes/{quiz['id']}"

    first = await teacher.http.post(f"{path}/questions", json=a_question(points=2.5, explanation="Because"))
    assert (first.status_code, first.json()["message"]) == (201, "Question created successfully")
    question = first.json()["data"]
    assert set(question) == QUESTION
    assert all(set(option) == OPTION for option in question["options"])
    assert (question["position"], question["points"], question["explanation"]) == (1, 2.5, "Because")
    second = (await teacher.http.post(f"{path}/questions", json=a_question())).json()["data"]

    order = {"question_ids": [second["id"], question["id"]]}
    moved = await teacher.http.put(f"{path}/questions/order", json=order)
    assert (moved.status_code, moved.json()["message"]) == (200, "Questions reordered successfully")
    assert [(entry["id"], entry["position"]) for entry in moved.json()["data"]] == [
        (second["id"], 1),
        (question["id"], 2),
    ]

    changed = await teacher.http.patch(f"{path}/questions/{question['id']}", json={"question": "3 + 3?"})
    assert (changed.status_code, changed.json()["message"]) == (200, "Question updated successfully")
    assert changed.json()["data"]["options"] == question["options"]
    gone = await teacher.http.delete(f"{path}/questions/{second['id']}")
    assert (gone.status_code, gone.json()["message"], gone.json()["data"]) == (
        200,
        "Question deleted successfully",
        None,
    )

    shown = await teacher.http.get(f"{path}/questions")
    assert (shown.status_code, shown.json()["message"]) == (200, "Success Get Questions")
    assert set(shown.json()["data"]) == QUIZ | SET
    assert [(entry["question"], entry["position"]) for entry in shown.json()["data"]["questions"]] == [("3 + 3?", 1)]
    assert shown.json()["data"]["total_points"] == 2.5


async def test_a_teacher_changes_and_deletes_a_quiz(guru):
    teacher, meeting = guru
    quiz = await a_quiz(batch=None, meeting=meeting, points=("1",))
    path = quiz.path
    for key, word in (("type", "tf"), ("quiz_type", "tf")):
        refused = await teacher.http.patch(path, json={key: word})
        assert refused.status_code == 409
    updated = await teacher.http.patch(path, json={"title": "PPh 22", "is_open": True, "duration_minute": 45})
    assert (updated.status_code, updated.json()["message"]) == (200, "Quiz updated")
    assert (updated.json()["data"]["title"], updated.json()["data"]["duration_minute"]) == ("PPh 22", 45)

    listed = await teacher.http.get(f"/api/v1/meetings/{meeting.uuid}/quizzes")
    assert (listed.status_code, listed.json()["message"]) == (200, "Quizzes fetched")
    assert listed.json()["data"] == [updated.json()["data"]]
    assert listed.json()["meta"] == {"page": 1, "limit": 10, "total": 1, "total_pages": 1}
    await teacher.http.delete(f"{path}/questions/{quiz.questions[0].uuid}")
    removed = await teacher.http.delete(path)
    assert (removed.status_code, removed.json()["message"], removed.json()["data"]) == (200, "Quiz deleted", None)
    assert (await teacher.http.get(path)).json()["message"] == "quiz not found"


@pytest.mark.parametrize("key", ["type", "quiz_type"])
async def test_both_words_for_the_type_are_taken(admin: Person, key: str):
    quiz = await a_quiz(points=())
    answer = await admin.http.patch(quiz.path, json={key: "tf"})
    assert (answer.status_code, answer.json()["data"]["type"]) == (200, "tf")
    body = a_body()
    del body["quiz_type"]
    path = f"/api/v1/meetings/{quiz.meeting.uuid}/quizzes"
    made = await admin.http.post(path, json={**body, key: "tf"})
    assert (made.status_code, made.json()["data"]["type"]) == (201, "tf")
    neither = await admin.http.post(path, json=body)
    assert (neither.status_code, neither.json()["error"]) == (400, {"quiz_type": "quiz_type wajib diisi"})


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"max_attempts": -1}, "max_attempts"),
        ({"duration_minute": 0}, "duration_minute"),
        ({"duration_minute": 10**12}, "duration_minute"),
        ({"quiz_type": "essay"}, "quiz_type"),
        ({"title": " "}, "title"),
        ({"start_time": "tomorrow"}, "start_time"),
        ({"is_open": "yes"}, "is_open"),
        ({"is_open": None}, "is_open"),
    ],
)
async def test_what_a_quiz_cannot_be(admin: Person, values: dict, field: str):
    meeting = await school.a_meeting(await school.a_batch())
    answer = await admin.http.post(f"/api/v1/meetings/{meeting.uuid}/quizzes", json=a_body(**values))
    assert (answer.status_code, answer.json()["message"]) == (400, "Validasi gagal")
    assert set(answer.json()["error"]) == {field}
    if field == "quiz_type":
        assert answer.json()["error"][field] == "quiz_type harus salah satu dari: mc, tf"


async def test_a_quiz_ends_after_it_begins(admin: Person):
    meeting = await school.a_meeting(await school.a_batch())
    now = clock.now()
    for end in (now, now - timedelta(hours=1)):
        times = {"start_time": now.isoformat(), "end_time": end.isoformat()}
        answer = await admin.http.post(f"/api/v1/meetings/{meeting.uuid}/quizzes", json=a_body(**times))
        assert answer.status_code == 422
    answer = await admin.http.post(f"/api/v1/meetings/{meeting.uuid}/quizzes", json={})
    needed = ("title", "duration_minute", "max_attempts", "is_open")
    assert answer.json()["error"] == {field: f"{field} wajib diisi" for field in (*needed, "quiz_type")}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"options": []}, 422),
        ({"options": [{"option_text": "4", "is_correct": True}]}, 422),
        ({"options": [{"option_text": "4", "is_correct": True}] * 2}, 422),
        ({"options": [{"option_text": "4", "is_correct": False}] * 2}, 422),
        ({"options": [{"option_text": "4"}] * 2}, 400),
        ({"options": "4"}, 400),
        ({"question": ""}, 400),
        ({"points": 0}, 400),
        ({"points": -1}, 400),
        ({"points": "many"}, 400),
        ({"question": "a\x00b"}, 400),
    ],
)
async def test_what_a_question_cannot_be(admin: Person, values: dict, status: int):
    quiz = await a_quiz(points=())
    answer = await admin.http.post(f"{quiz.path}/questions", json=a_question(**values))
    assert answer.status_code == status


async def test_a_true_false_question_has_two_options(admin: Person):
    quiz = await a_quiz(points=("1",), quiz_type="tf")
    option = {"option_text": "?", "is_correct": False}
    three = a_question(options=[*a_question()["options"], option])
    answer = await admin.http.post(f"{quiz.path}/questions", json=three)
    assert (answer.status_code, answer.json()["message"]) == (
        422,
        "soal benar/salah harus memiliki tepat dua opsi",
    )


async def test_roles_and_other_peoples_quizzes(a_person: MakePerson, teacher: Person, student: Person):
    quiz = await a_quiz()
    meeting, question = quiz.meeting.uuid, quiz.questions[0].uuid
    cases = [
        ("GET", f"/api/v1/meetings/{meeting}/quizzes", None, "forbidden"),
        ("POST", f"/api/v1/meetings/{meeting}/quizzes", a_body(), "forbidden: not teacher of this meeting"),
        ("PATCH", quiz.path, {"title": "Mine"}, "forbidden"),
        ("DELETE", quiz.path, None, "forbidden"),
        ("GET", f"{quiz.path}/questions", None, "cannot access quiz"),
        ("POST", f"{quiz.path}/questions", a_question(), "forbidden"),
        ("PUT", f"{quiz.path}/questions/order", {"question_ids": []}, "forbidden"),
        ("PATCH", f"{quiz.path}/questions/{question}", {"question": "?"}, "forbidden"),
        ("DELETE", f"{quiz.path}/questions/{question}", None, "forbidden"),
        ("GET", quiz.path, None, "forbidden"),
        ("GET", f"{quiz.path}/attempts", None, "forbidden"),
    ]
    await school.enrol(quiz.batch, student.id)
    for method, path, body, message in cases:
        answer = await teacher.http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["message"]) == (403, message), path
        if "attempts" in path or (method, path) == ("GET", quiz.path):
            continue
        answer = await student.http.request(method, path, json=body)
        assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden: insufficient role access"), path
    stranger = await a_person(Role.STUDENT)
    assert (await stranger.http.get(quiz.path)).status_code == 403
    assert (await stranger.http.get(f"{quiz.path}/attempts")).status_code == 403


async def test_ids_that_are_none_or_nobodys(admin: Person, client):
    for path in (
        "quizzes/{}",
        "quizzes/{}/questions",
        "quizzes/{}/attempts",
        "quizzes/attempts/{}",
        "meetings/{}/quizzes",
    ):
        malformed = await admin.http.get(f"/api/v1/{path.format('7')}")
        assert (malformed.status_code, malformed.json()["message"]) == (400, "Invalid UUID format"), path
        assert (await admin.http.get(f"/api/v1/{path.format(NOWHERE)}")).status_code == 404, path
        assert (await client.get(f"/api/v1/{path.format(NOWHERE)}")).status_code == 401, path


async def test_a_student_sees_how_they_stand(student: Person, teacher: Person):
    quiz = await a_quiz()
    await school.teach(quiz.meeting, teacher.id)
    attempt = await an_attempt(quiz, student.actor)
    shown = await student.http.get(quiz.path)
    assert (shown.status_code, shown.json()["message"]) == (200, "Get Quiz metadata")
    data = shown.json()["data"]
    assert set(data) == QUIZ | STANDING | SET
    assert (data["question_count"], data["total_points"], data["attempts_used"]) == (3, 3.0, 1)
    assert (data["can_start"], data["reason"]) == (False, "quiz attempt masih berlangsung")
    english = await student.http.get(quiz.path, headers={"accept-language": "en"})
    assert english.json()["data"]["reason"] == "you have an attempt that is still open"
    await student.http.post(f"/api/v1/quizzes/attempts/{attempt.uuid}/submissions")
    assert (await student.http.get(quiz.path)).json()["data"]["reason"] == "maximum attempts reached"
    assert set((await teacher.http.get(quiz.path)).json()["data"]) == QUIZ | SET


async def test_upcoming_quizzes(student: Person, teacher: Person):
    quiz = await a_quiz(title="Soon")
    await a_quiz(title="Elsewhere")
    await school.enrol(quiz.batch, student.id)
    for query in ("", "?q=soon", "?sort=title&order=desc"):
        answer = await student.http.get(f"/api/v1/me/quizzes/upcoming{query}")
        assert (answer.status_code, answer.json()["message"]) == (200, "Upcoming quiz fetched")
        assert [entry["title"] for entry in answer.json()["data"]] == ["Soon"]
        assert set(answer.json()["data"][0]) == QUIZ | {"attempts_used"}
    assert (await student.http.get("/api/v1/me/quizzes/upcoming?q=late")).json()["data"] == []
    assert (await teacher.http.get("/api/v1/me/quizzes/upcoming")).status_code == 403


async def test_lists_do_not_ask_row_by_row(admin: Person, student: Person, statements: list[str]):
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    await school.enrol(batch, student.id)
    for _ in range(5):
        await a_quiz(batch=batch, meeting=meeting)
    for person, path, most in (
        (admin, f"/api/v1/meetings/{meeting.uuid}/quizzes", 4),
        (student, "/api/v1/me/quizzes/upcoming", 3),
    ):
        statements.clear()
        assert len((await person.http.get(path)).json()["data"]) == 5
        assert len(statements) <= most, statements


async def test_nothing_a_student_gets_tells_what_is_right(student: Person):
    quiz: QuizRow = await a_quiz(max_attempts=2)
    await school.enrol(quiz.batch, student.id)
    said = [await student.http.get(quiz.path), await student.http.get("/api/v1/me/quizzes/upcoming")]
    started = await student.http.post(f"{quiz.path}/start")
    path = f"/api/v1/quizzes/attempts/{started.json()['data']['id']}"
    right, wrong = quiz.answer(0), quiz.answer(1, right=False)
    saved = [await student.http.post(f"{path}/temp-submissions", json=body) for body in (right, wrong)]
    assert saved[0].json() == saved[1].json()
    said += [started, *saved, await student.http.get(path), await student.http.get(f"{quiz.path}/attempts/active")]
    said += [
        await student.http.get(f"{quiz.path}/questions"),
        await student.http.post(f"{path}/temp-submissions", json={}),
    ]
    said += [await student.http.post(f"{path}/submissions"), await student.http.get(f"{path}/result")]
    said += [await student.http.get(path), await student.http.get(f"{quiz.path}/attempts")]
    for answer in said:
        assert "is_correct" not in answer.text
        assert CANARY not in answer.text
        assert "key" not in answer.text
    options = [question["options"] for question in said[-2].json()["data"]["quiz"]["questions"]]
    assert all(set(option) == {"id", "question_id", "option_text"} for row in options for option in row)
