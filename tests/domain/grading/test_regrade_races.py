"""Regrades at once, and beside people who hand in, with real commits: the row decides."""

import asyncio

import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.errors import Conflict
from backend.domain.attempts import commands as attempts
from backend.domain.grading import commands as grading
from backend.domain.grading import regrades
from backend.domain.grading.regrades import RegradeOrder
from backend.domain.grading.terms import RegradePolicy
from tests.background import drain
from tests.people import MakePerson
from tests.quizzes import a_quiz, an_attempt, save
from tests.regrading import mend, sat

pytestmark = pytest.mark.commits


async def test_of_regrades_at_once_one_wins(a_person: MakePerson):
    quiz = await a_quiz()
    await sat(quiz, await a_person(), right=(True,))
    await mend(quiz)
    policies = [RegradePolicy.NEW_KEY, RegradePolicy.FULL_CREDIT, RegradePolicy.BETTER] * 3
    told = await asyncio.gather(
        *(regrades.order_regrade(SYSTEM, quiz.view.id, policy) for policy in policies), return_exceptions=True
    )
    won = [one for one in told if not isinstance(one, BaseException)]
    assert {type(one) for one in told if isinstance(one, BaseException)} <= {regrades.RegradeRunning}
    assert (len(won), len({one.uuid for one in won})) == (3, 1)
    await drain()
    assert await db.value("SELECT count(*) FROM regrade WHERE state = 'applied'") == 1
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'grading.quiz.regraded.v1'") == 1


async def test_the_same_work_twice_at_once_is_done_once(a_person: MakePerson):
    quiz = await a_quiz()
    attempt_id = await sat(quiz, await a_person(), right=(True,))
    await mend(quiz)
    await regrades.order_regrade(SYSTEM, quiz.view.id, RegradePolicy.NEW_KEY)
    order = RegradeOrder(await db.value("SELECT id FROM regrade"))
    keys = await regrades.keys_of(order)
    await regrades.look(order, keys, 0)
    told = await asyncio.gather(*(regrades.apply(order, keys) for _ in range(6)))
    assert all(one == told[0] for one in told)
    assert await db.value("SELECT revision FROM result WHERE attempt_id = $1", attempt_id) == 2
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'grading.quiz.regraded.v1'") == 1


async def test_who_hands_in_while_it_runs_has_the_new_key(a_person: MakePerson):
    """Graders that read the keys before they were mended are waited for, and looked at again."""
    quiz = await a_quiz(points=("1",))
    people = [await a_person() for _ in range(12)]
    running = [await an_attempt(quiz, person.actor) for person in people]
    for person, attempt in zip(people, running, strict=True):
        await save(quiz, attempt, person.actor, 0)
    for person, attempt in zip(people[:4], running[:4], strict=True):
        await attempts.submit_attempt(person.actor, attempt.id)
    await drain()
    for person, attempt in zip(people[4:8], running[4:8], strict=True):
        await attempts.submit_attempt(person.actor, attempt.id)

    async def late(at: int) -> None:
        await attempts.submit_attempt(people[at].actor, running[at].id)
        await grading.grade_attempts([running[at].id])

    async def mended_and_regraded() -> None:
        await mend(quiz)
        await regrades.order_regrade(SYSTEM, quiz.view.id, RegradePolicy.NEW_KEY)
        order = RegradeOrder(await db.value("SELECT id FROM regrade"))
        await regrades.grade_waiting(order)
        keys = await regrades.keys_of(order)
        await regrades.look(order, keys, 0)
        await regrades.apply(order, keys)

    await asyncio.gather(
        *(grading.grade_attempts([attempt.id]) for attempt in running[4:8]),
        mended_and_regraded(),
        *(late(at) for at in range(8, 12)),
    )
    scores = await db.fetch("SELECT score_percent, key_version FROM result")
    version = await db.value("SELECT key_version FROM assessment WHERE id = $1", quiz.view.id)
    assert {(row["score_percent"], row["key_version"]) for row in scores} == {(0, version)}
    assert len(scores) == 12


async def test_a_key_is_not_mended_while_it_is_applied(a_person: MakePerson):
    quiz = await a_quiz()
    await sat(quiz, await a_person(), right=(True,))
    await mend(quiz)
    await regrades.order_regrade(SYSTEM, quiz.view.id, RegradePolicy.NEW_KEY)
    order = RegradeOrder(await db.value("SELECT id FROM regrade"))
    keys = await regrades.keys_of(order)
    await regrades.look(order, keys, 0)
    told = await asyncio.gather(regrades.apply(order, keys), mend(quiz, 1), return_exceptions=True)
    refused = isinstance(told[0], Conflict)
    versions = {row["key_version"] for row in await db.fetch("SELECT key_version FROM result")}
    now = await db.value("SELECT key_version FROM assessment WHERE id = $1", quiz.view.id)
    assert told[1] is None
    assert versions == ({now - 2} if refused else {now - 1})
