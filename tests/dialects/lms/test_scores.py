from uuid import uuid4

from backend.core import db
from tests.tasks import a_class, a_task, hand_in

TASK = {
    "id", "meeting_id", "teacher_id", "title", "description", "type", "start_at", "end_at", "assignment_files",
    "assignment_submissions", "created_at", "updated_at", "score", "score_status",
}  # fmt: skip
QUIZ = {
    "id", "meeting_id", "title", "description", "type", "is_open", "start_time", "end_time", "duration_minute",
    "max_attempts", "question_count", "total_points", "questions", "created_at", "updated_at", "score", "score_status",
}  # fmt: skip


async def a_quiz(meeting, title):
    return await db.value(
        "INSERT INTO assessment (meeting_id, title, quiz_type, is_open, duration_s, max_attempts, created_at,"
        " updated_at)"
        " VALUES ($1, $2, 'mc', true, 600, 3, now(), now()) RETURNING id",
        meeting.id,
        title,
    )


async def an_attempt(quiz_id, group, number, state, percent=None):
    attempt = await db.value(
        "INSERT INTO attempt (assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at,"
        " created_at, updated_at) SELECT $1, $2, e.id, $3, $4, now(), now(), now(), now() FROM enrolment e"
        " WHERE e.account_id = $2 RETURNING id",
        quiz_id,
        group.student.id,
        number,
        state,
    )
    if percent is not None:
        await db.statement(
            "INSERT INTO result (attempt_id, total_questions, correct_answers, wrong_answers, points, max_points,"
            " score_percent, created_at, updated_at) VALUES ($1, 1, 1, 0, 1, 1, $2, now(), now())",
            attempt,
            percent,
        )


async def test_scores_tell_zero_from_nothing(a_person, admin):
    group = await a_class(a_person)
    batch, meeting = group.task.batch, group.task.meeting
    await a_task(batch, meeting)
    zero = await a_task(batch, meeting)
    await hand_in(group)
    answer = await group.student.http.post(f"/api/v1/assignments/{zero.uuid}/submissions", json={"essay_text": "x"})
    await group.teacher.http.put(f"/api/v1/submissions/{answer.json()['data']['id']}/grade", json={"grade": 0})
    best, waits = await a_quiz(meeting, "Best"), await a_quiz(meeting, "Waits")
    await a_quiz(meeting, "Nothing")
    await an_attempt(best, group, 1, "graded", 40)
    await an_attempt(best, group, 2, "graded", 66.67)
    await an_attempt(waits, group, 1, "submitted")
    answer = await group.student.http.get(f"/api/v1/me/batches/{batch.uuid}/scores")
    assert (answer.status_code, answer.json()["message"]) == (200, "Scores retrieved successfully")
    data = answer.json()["data"]
    assert data.keys() == {"assignments", "quizzes"}
    told = [(task["score"], task["score_status"]) for task in data["assignments"]]
    assert told == [(0, "waiting"), (0, "nothing"), (0, "scored")]
    assert data["quizzes"][0].keys() == QUIZ
    assert data["assignments"][0].keys() == TASK
    assert all(type(one["score"]) in (int, float) for one in [*data["assignments"], *data["quizzes"]])
    told = [(quiz["title"], quiz["score"], quiz["score_status"]) for quiz in data["quizzes"]]
    assert told == [("Best", 66.67, "scored"), ("Waits", 0, "waiting"), ("Nothing", 0, "nothing")]
    path = f"/api/v1/batches/{batch.slug}/students/{group.student.uuid}/scores"
    for person in (admin, group.teacher):
        assert (await person.http.get(path)).json()["data"] == data


async def test_whose_scores_who_may_see(a_person, admin, teacher, student):
    group = await a_class(a_person)
    path = f"/api/v1/batches/{group.task.batch.slug}/students"
    assert (await teacher.http.get(f"{path}/{group.student.uuid}/scores")).status_code == 403
    assert (await student.http.get(f"{path}/{group.student.uuid}/scores")).status_code == 403
    answer = await admin.http.get(f"{path}/{student.uuid}/scores")
    assert (answer.status_code, answer.json()["message"]) == (404, "Scores not found")
    assert (await admin.http.get(f"{path}/{uuid4()}/scores")).status_code == 404
    answer = await admin.http.get(f"{path}/7/scores")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid UUID format")
    assert (await admin.http.get(f"/api/v1/batches/none/students/{student.uuid}/scores")).status_code == 404
    assert (await student.http.get(f"/api/v1/me/batches/{group.task.batch.uuid}/scores")).status_code == 403
    assert (await student.http.get(f"/api/v1/me/batches/{uuid4()}/scores")).status_code == 404
