"""Whatever a quiz, its clock and a student's past are like: a start in one statement is one that the long way gives."""

from datetime import timedelta

import msgspec
import pytest

from backend.core import db
from backend.core.actor import Actor, Role
from backend.core.ids import new_uuid
from backend.domain.attempts import commands
from backend.domain.attempts.queries import AttemptView
from tests.people import an_account
from tests.quizzes import QuizRow, a_quiz
from tests.school import BatchRow, _insert, a_batch, a_meeting, enrol
from tests.tasks import a_task
from tests.two_ways import Outcome, outcome, states, undone

pytestmark = pytest.mark.usefixtures("database")

NOW, HOUR = timedelta(0), timedelta(hours=1)


class Before(msgspec.Struct, frozen=True):
    """A meeting before the quiz's, or not before it, and what was done there."""

    has_gate: bool = True
    begins: timedelta = -2 * HOUR
    present: bool | None = True
    task: str | None = None


AXES = {
    "is_open": (True, False),
    "opens": (None, -HOUR, NOW, HOUR),
    "closes": (None, HOUR / 6, 24 * HOUR, NOW, -HOUR / 6),
    "most": (2, 0, 1),
    "used": (0, 1, 2),
    "running": (None, "open", "overdue"),
    "is_taken": (True, False),
    "is_empty": (False, True),
    "enrolled": ("active", None, "withdrawn", "elsewhere"),
    "before": (
        None,
        Before(has_gate=False, present=False),
        *(Before(present=present) for present in (None, True, False)),
        *(Before(task=task) for task in ("assignment", "quiz", "done")),
        Before(begins=NOW, present=False),
        Before(begins=HOUR, present=False),
    ),
    "others": (0, 1),
    "granted": (
        None,
        {"extra_s": 600},
        {"time_factor": 2},
        {"extra_attempts": 1},
        {"opens_at": -2 * HOUR},
        {"opens_at": HOUR},
        {"closes_at": 2 * HOUR, "extra_s": 60},
        {"closes_at": -HOUR},
    ),
    "pause_s": (0, 30, 3600),
    "grace_s": (5, 60),
    "ref": ("uuid", "id", "unknown"),
}
_NO_START = "SELECT id FROM assessment WHERE {column} = ANY($1::{type}[]) AND $2::bigint[] IS NULL"


class School(msgspec.Struct):
    """What all states have in common."""

    quiz: QuizRow
    elsewhere: BatchRow
    student: Actor
    other: Actor


async def a_school() -> School:
    """A quiz, two students, and another batch."""
    people = [Actor((await an_account(Role.STUDENT))[0], Role.STUDENT) for _ in range(2)]
    school = School(await a_quiz(), await a_batch(), *people)
    await db.statement("UPDATE assessment SET key_version = 3 WHERE id = $1", school.quiz.view.id)
    return school


async def tried(school: School, actor: Actor, enrolment_id: int | None, no: int, state: str) -> None:
    """An attempt from before; one that is overdue is open, too."""
    await db.statement(
        "INSERT INTO attempt (assessment_id, account_id, enrolment_id, attempt_no, state, deadline_at, submitted_at)"
        " VALUES ($1, $2, $3, $4, $5, now() + $6::interval, now() + $7::interval)",
        *(school.quiz.view.id, actor.person_id, enrolment_id, no, "open" if state == "overdue" else state),
        -HOUR if state == "overdue" else HOUR,
        None if state in ("open", "overdue") else -HOUR / 60,
    )


async def granted(school: School, given: dict[str, object]) -> None:
    """What the student is granted; times are from now."""
    names = ("opens_at", "closes_at", "extra_s", "extra_attempts", "time_factor")
    await db.statement(
        "INSERT INTO quiz_override (assessment_id, account_id, opens_at, closes_at, extra_s, extra_attempts,"
        " time_factor) VALUES ($1, $2, now() + $3::interval, now() + $4::interval, coalesce($5::int, 0),"
        " coalesce($6::int, 0), coalesce($7::numeric, 1))",
        *(school.quiz.view.id, school.student.person_id),
        *[given.get(name) for name in names],
    )


async def something_before(school: School, before: Before, enrolment_id: int | None) -> None:
    """A meeting before the quiz's, with what was asked there."""
    quiz = school.quiz
    await db.statement("UPDATE batch SET gate = $2 WHERE id = $1", quiz.batch.id, before.has_gate)
    meeting = await a_meeting(quiz.batch)
    await db.statement(
        "UPDATE meeting SET start_at = (SELECT start_at FROM meeting WHERE id = $2) + $3 WHERE id = $1",
        *(meeting.id, quiz.meeting.id, before.begins),
    )
    if before.present is not None:
        student_id = school.student.person_id
        await _insert("attendance", meeting_id=meeting.id, account_id=student_id, is_present=before.present)
    if before.task is None:
        return
    await a_task(quiz.batch, meeting)
    if before.task == "quiz":
        await db.statement("UPDATE activity SET kind = 'quiz', item_id = -item_id WHERE meeting_id = $1", meeting.id)
    if before.task == "done" and enrolment_id:
        await db.statement(
            "INSERT INTO completion (enrolment_id, activity_id) SELECT $1, id FROM activity WHERE meeting_id = $2",
            *(enrolment_id, meeting.id),
        )


async def set_up(school: School, state) -> None:
    """Make the school what a state says."""
    quiz, student, enrolment_id = school.quiz, school.student, None
    if state["enrolled"]:
        batch = school.elsewhere if state["enrolled"] == "elsewhere" else quiz.batch
        kept = "withdrawn" if state["enrolled"] == "withdrawn" else "active"
        enrolment_id, _ = await _insert("enrolment", account_id=student.person_id, batch_id=batch.id, state=kept)
    for number in range(1, state["used"] + 1):
        await tried(school, student, enrolment_id, number, ("graded", "submitted")[number % 2])
    if state["running"]:
        await tried(school, student, enrolment_id, state["used"] + 1, state["running"])
    if state["others"]:
        await tried(school, school.other, await enrol(quiz.batch, school.other.person_id), 1, "open")
    if state["granted"]:
        await granted(school, state["granted"])
    if state["before"] is not None:
        await something_before(school, state["before"], enrolment_id)
    if state["is_empty"]:
        await db.statement("DELETE FROM question WHERE assessment_id = $1", quiz.view.id)
    await db.statement(
        "UPDATE assessment SET is_open = $2, opens_at = now() + $3::interval, closes_at = now() + $4::interval,"
        " max_attempts = $5, taken_at = CASE WHEN $6 THEN now() - interval '1 min' END, pause_s = $7, grace_s = $8"
        " WHERE id = $1",
        *(quiz.view.id, state["is_open"], state["opens"], state["closes"], state["most"]),
        state["is_taken"] and not state["is_empty"],  # who starts a quiz takes its questions' freedom, so it has some
        *(state["pause_s"], state["grace_s"]),
    )


async def what_is_there() -> object:
    """All attempts at the quiz, whether it is taken, and events; without ids."""
    many = (
        "SELECT assessment_id, account_id, enrolment_id, attempt_no, state, started_at, deadline_at, extra_s,"
        " grace_s, seed, question_ids, is_sequential,"
        " submitted_at, closed_by, key_version, created_at, updated_at FROM attempt ORDER BY id",
        "SELECT taken_at IS NOT NULL, key_version, updated_at FROM assessment",
        "SELECT name FROM outbox",
    )
    return [[tuple(row) for row in await db.fetch(sql)] for sql in many]


def comparable(found: Outcome) -> Outcome:
    """Without ids, which are drawn."""
    view = found.answer
    if isinstance(view, AttemptView):
        view = msgspec.structs.replace(view, id=0, uuid=view.user_uuid)
    return Outcome(view, found.after, 0)


async def test_a_start_in_one_statement_is_one_that_the_long_way_gives(monkeypatch: pytest.MonkeyPatch):
    school = await a_school()
    refs = {"uuid": school.quiz.view.uuid, "id": school.quiz.view.id, "unknown": new_uuid()}
    went = {"in one": 0, "any way": 0, "nowhere": 0}
    in_one = commands._START

    async def try_both(state):
        await set_up(school, state)
        found = []
        for sql in (in_one, _NO_START):
            monkeypatch.setattr(commands, "_START", sql)
            found.append(
                await outcome(lambda: commands.start_attempt(school.student, refs[state["ref"]]), what_is_there)
            )
        assert comparable(found[0]) == comparable(found[1]), state
        assert found[1].statements > 1, "that was the long way"
        went["in one"] += found[0].statements == 1 and found[0].after is not None
        went["nowhere" if found[1].after is None else "any way"] += 1

    for state in states(AXES, drawn=80):
        await undone(lambda state=state: try_both(state))
    assert went["in one"] >= 15, went
    assert went["any way"] > went["in one"], went
    assert went["nowhere"] >= 30, went
