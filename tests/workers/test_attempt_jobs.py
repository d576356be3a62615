"""The clock's job and the grading that follows, from the schedule to the result."""

from datetime import timedelta

import pytest

from backend.core import db
from backend.domain.attempts import commands as attempts
from tests.background import drain
from tests.people import MakePerson
from tests.quizzes import a_quiz, an_attempt, move_deadline
from workers.schedule import SCHEDULE, tick

LINES = [line for line in SCHEDULE if line.kind == "close_overdue_attempts"]


async def test_the_clock_closes_chunk_by_chunk_and_all_is_graded(a_person: MakePerson, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attempts, "CHUNK", 2)
    quiz = await a_quiz()
    for _ in range(5):
        attempt = await an_attempt(quiz, (await a_person()).actor)
        await move_deadline(attempt.id, timedelta(minutes=-1))
    assert await tick(LINES) == 1
    assert await tick(LINES) <= 1  # a new slot may have begun
    kinds = [ran.kind for ran in await drain()]
    assert kinds.count("grade_attempt") == 5
    assert await db.value("SELECT count(*) FROM attempt WHERE state = 'graded' AND closed_by = 'clock'") == 5
    assert await db.value("SELECT count(*) FROM result WHERE score_percent = 0") == 5
    report = await db.value("SELECT report->>'closed' FROM job WHERE report IS NOT NULL ORDER BY id LIMIT 1")
    assert report == "5"
    assert await drain() == []


async def test_the_clock_run_twice_closes_once(a_person: MakePerson):
    attempt = await an_attempt(await a_quiz(), (await a_person()).actor)
    await move_deadline(attempt.id, timedelta(minutes=-1))
    await tick(LINES)
    await drain()
    await db.statement("UPDATE job SET state = 'queued', attempt = 0 WHERE kind = 'close_overdue_attempts'")
    assert [ran.refused for ran in await drain()] == [None] * len(LINES)
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'attempts.attempt.submitted.v1'") == 1
