"""What an attempt's timeline says of the time that somebody was given while it ran."""

from datetime import timedelta
from decimal import Decimal

import asyncpg
import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.paging import Listing
from backend.domain.assessments.terms import QuizChange
from backend.domain.attempts import commands as attempts
from backend.domain.attempts import overrides, timeline
from backend.domain.attempts.overrides import OverridePlan
from tests import school
from tests.people import MakePerson, Person
from tests.quizzes import a_quiz, an_attempt, save

MINUTE = timedelta(minutes=1)


async def test_extra_time_that_was_granted_while_it_ran_is_in_it(student: Person, teacher: Person):
    quiz = await a_quiz(duration_s=1800)
    await school.teach(quiz.meeting, teacher.id)
    attempt = await an_attempt(quiz, student.actor)
    await save(quiz, attempt, student.actor, 0)
    for plan in (OverridePlan(extra_s=600), OverridePlan(extra_s=600, note="ill"), OverridePlan(extra_s=900)):
        await overrides.put_override(teacher.actor, quiz.view.id, student.id, plan)
    await overrides.delete_override(teacher.actor, quiz.view.id, student.id)
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(duration_s=3600))
    await attempts.change_quiz(SYSTEM, quiz.view.id, QuizChange(title="Other"))
    found = (await timeline.timeline(teacher.actor, attempt.id, Listing(limit=20))).items
    told = [
        (one.what, one.deadline_at and round((one.deadline_at - attempt.started_at) / MINUTE), one.by_uuid)
        for one in found
    ]
    assert told == [
        ("started", 30, None),
        ("answered", None, None),
        ("retimed", 40, teacher.uuid),
        ("retimed", 45, teacher.uuid),
        ("retimed", 30, teacher.uuid),
        ("retimed", 60, None),
    ], "what changes no deadline is not in it"
    shown = (await teacher.http.get(f"/api/v1/quizzes/attempts/{attempt.uuid}/timeline?limit=20")).json()
    assert shown["meta"]["total"] == 6
    assert [(one["what"], one["by_id"]) for one in shown["data"]][2] == ("retimed", str(teacher.uuid))
    assert shown["data"][2]["deadline_at"] > shown["data"][0]["deadline_at"]


async def test_time_that_was_there_from_the_start_is_no_change(student: Person, a_person: MakePerson):
    quiz = await a_quiz(duration_s=1800)
    other = await a_person()
    for person in (student, other):
        await school.enrol(quiz.batch, person.id)
    await overrides.put_override(SYSTEM, quiz.view.id, student.id, OverridePlan(time_factor=Decimal("1.5")))
    attempt = await attempts.start_attempt(student.actor, quiz.view.id)
    neighbour = await attempts.start_attempt(other.actor, quiz.view.id)
    await overrides.put_override(SYSTEM, quiz.view.id, other.id, OverridePlan(extra_s=60))
    (begun,) = (await timeline.timeline(SYSTEM, attempt.id, Listing())).items
    assert begun.deadline_at == attempt.started_at + 45 * MINUTE
    assert (await timeline.timeline(SYSTEM, neighbour.id, Listing())).total == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attempt_time SET deadline_after = now()",
        "DELETE FROM attempt_time",
        "UPDATE answer_log SET saved_at = now()",
        "DELETE FROM answer_log",
    ],
)
async def test_it_stays(student: Person, change: str):
    quiz = await a_quiz()
    await save(quiz, await an_attempt(quiz, student.actor), student.actor, 0)
    await overrides.put_override(SYSTEM, quiz.view.id, student.id, OverridePlan(extra_s=60))
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await db.statement(change)
