"""F20, F26, F27 and F29: many who ask for the same at the same moment, with real commits. F28: and while Lulus dies."""

import asyncio
import time
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM, Actor, Role
from backend.domain.accounts import sessions
from backend.domain.attempts import commands as attempts
from backend.domain.attempts.rules import GRACE_S
from backend.domain.grading import queries as grading
from tests.background import drain
from tests.dialects.lms.signing_in import AUTH, NEW, an_account, bearer, log_in, refresh_of, with_cookie
from tests.domain.accounts.test_commands import PASSWORD
from tests.faults.figures import figure
from tests.faults.stand import EVERYTHING
from tests.faults.world import students
from tests.http.test_streams import a_web
from tests.quizzes import a_quiz, an_attempt, move_deadline
from tests.school import _insert, a_batch

pytestmark = pytest.mark.commits

ROUNDS = 6
TRIES = 10


async def a_price():
    await _insert("price_group", group_type="public", name="Umum", price=1000)


async def buy(person, batch, key):
    return await person.http.post(
        "/api/v1/me/purchases", json={"batch_id": str(batch.uuid)}, headers={"idempotency-key": key}
    )


async def test_f20_one_key_fifty_times_at_once(student, a_person):
    await a_price()
    batch, other = await a_batch(), await a_batch()
    answers = await asyncio.gather(*(buy(student, batch, "key") for _ in range(50)))
    statuses = Counter(answer.status_code for answer in answers)
    figure(f"fifty at once: {statuses}")
    assert set(statuses) <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert {answer.headers["retry-after"] for answer in answers if answer.status_code == 409} <= {"1"}
    assert await db.value("SELECT count(*) FROM purchase") == 1
    first = (await buy(student, batch, "key")).json()["data"]["id"]
    assert (await buy(student, other, "key")).status_code == 422
    stranger = await buy(await a_person(), batch, "key")
    assert stranger.status_code == 201
    assert stranger.json()["data"]["id"] != first
    assert await db.value("SELECT count(*) FROM purchase") == 2


@pytest.mark.parametrize("left_s", [-4.9, 60])
async def test_f27_a_hundred_submits_with_answers_and_the_clock(student, left_s):
    quiz = await a_quiz(points=("1",))
    attempt = await an_attempt(quiz, student.actor)
    await move_deadline(attempt.id, timedelta(seconds=left_s))
    path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
    saves = [
        student.http.post(f"{path}/temp-submissions", json=quiz.answer(0, right=number % 2 == 0))
        for number in range(40)
    ]
    submits = [student.http.post(f"{path}/submissions") for _ in range(100)]
    clocks = [attempts.close_overdue() for _ in range(5)]
    answers = await asyncio.gather(*saves[:20], *submits, *clocks, *saves[20:])
    saved = [answer.status_code for answer in answers[:20] + answers[-20:]]
    submitted = Counter(answer.status_code for answer in answers[20:120])
    closed = sum(answers[120:125])
    if left_s < 0:
        closed += await attempts.close_overdue()  # each of the five may have come too early, and each submit too late
    figure(f"answers: {Counter(saved)}, submits: {submitted}, the clock: {closed}")
    assert set(saved) <= {200, 409}
    assert submitted[201] + closed == 1
    assert submitted[201] + submitted[409] == 100
    assert await db.value("SELECT count(*) FROM outbox WHERE name = 'attempts.attempt.submitted.v1'") == 1
    await drain()
    log = await db.fetch("SELECT option_id FROM answer_log WHERE refusal IS NULL ORDER BY id")
    assert len(log) == saved.count(200)
    right = await db.value("SELECT id FROM option WHERE uuid = $1", quiz.questions[0].options[0].uuid)
    made = (await grading.attempt_result(SYSTEM, attempt.id)).result
    assert made is not None
    assert made.correct_answers == (1 if log and log[-1]["option_id"] == right else 0)
    assert await db.value("SELECT count(*) FROM result") == 1


@pytest.mark.parametrize("skew_s", [-3600, 0, 3600])
@pytest.mark.parametrize(
    ("after_s", "saves"), [(-1, 200), (0, 200), (GRACE_S - 3, 200), (GRACE_S, 409), (GRACE_S + 1, 409)]
)
async def test_f26_the_database_s_clock_decides(student, monkeypatch, after_s, saves, skew_s):
    real = clock.now
    # tokens have the clock by its name already, and are judged by the true one
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=skew_s))
    for _ in range(TRIES):  # again, when the machine stood still between the deadline's moving and the answer
        quiz = await a_quiz()
        attempt = await an_attempt(quiz, student.actor)
        path = f"/api/v1/quizzes/attempts/{attempt.uuid}"
        await move_deadline(attempt.id, timedelta(seconds=-after_s))
        saved = await student.http.post(f"{path}/temp-submissions", json=quiz.answer(0))
        closed = await attempts.close_overdue()
        past_s = await db.value(
            "SELECT extract(epoch FROM now() - deadline_at)::float8 FROM attempt WHERE id = $1", attempt.id
        )
        if (past_s < GRACE_S) == (saves == 200):
            break
        await attempts.close_overdue()
    assert saved.status_code == saves, saved.text
    assert closed == (1 if after_s >= GRACE_S else 0)
    submitted = await student.http.post(f"{path}/submissions")
    assert submitted.status_code == (409 if closed else 201)
    kept = await db.value("SELECT count(*) FROM answer WHERE attempt_id = $1", attempt.id)
    assert kept == (1 if saves == 200 else 0)


async def test_f29_logging_out_during_a_refresh_ends_both(client: httpx.AsyncClient):
    email = (await an_account()).email
    found = Counter()
    for number in range(ROUNDS):
        first = await log_in(client, email)
        refreshing = client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(first)))
        leaving = client.request("DELETE", f"{AUTH}/logout", headers=bearer(first) | with_cookie(refresh_of(first)))
        both = (refreshing, leaving) if number % 2 else (leaving, refreshing)
        answers = await asyncio.gather(*both)
        refreshed, left = answers if number % 2 else answers[::-1]
        assert left.status_code == 200
        found[refreshed.status_code] += 1
        assert refreshed.status_code in (200, 401)
        tokens = [refresh_of(first)]
        if refreshed.status_code == 200:
            assert (await client.get("/api/v1/me", headers=bearer(refreshed))).status_code == 401
            tokens.append(refresh_of(refreshed))
        for token in tokens:
            again = await client.post(f"{AUTH}/refresh-token", headers=with_cookie(token))
            assert again.status_code == 401
    figure(f"refreshes that met a logout: {found}; no token outlived its session")


async def test_f29_another_password_ends_sessions_that_are_being_refreshed(client: httpx.AsyncClient):
    email = (await an_account()).email
    here, there = await log_in(client, email), await log_in(client, email)
    account = await db.value("SELECT id FROM account WHERE lower(email) = lower($1)", email)
    own = await db.value("SELECT min(id) FROM session WHERE account_id = $1", account)
    actor = Actor(account, Role.STUDENT, own)
    refreshing = client.post(f"{AUTH}/refresh-token", headers=with_cookie(refresh_of(there)))
    changing = sessions.change_password(actor, PASSWORD, NEW)
    refreshed, _ = await asyncio.gather(refreshing, changing)
    assert refreshed.status_code in (200, 401)
    tokens = [refresh_of(there)] + ([refresh_of(refreshed)] if refreshed.status_code == 200 else [])
    for token in tokens:
        assert (await client.post(f"{AUTH}/refresh-token", headers=with_cookie(token))).status_code == 401
    assert (await client.get("/api/v1/me", headers=bearer(here))).status_code == 200


@pytest.mark.faults
async def test_f28_a_thousand_want_a_hundred_seats_while_webs_and_workers_die(a_stand, schedule):  # noqa: PLR0915 - one story
    await a_price()
    batch = await a_batch(quota=100)
    buyers = await students(1000)
    stand = await a_stand()
    await stand.up(*EVERYTHING)
    other, second = await a_web(stand.processes, **stand.environment)
    urls, outcomes, room, again = (stand.url, second), Counter(), asyncio.Semaphore(40), 0

    async def want(http, buyer, number):
        nonlocal again
        key = str(uuid4())
        async with room, asyncio.timeout(120):
            while True:
                number += 1
                answer = await once(http, urls[number % 2], buyer, key)
                if answer is not None and answer.status_code < 500 and "retry-after" not in answer.headers:
                    outcomes[answer.status_code] += 1
                    return
                again += 1
                await asyncio.sleep(schedule.random.uniform(0.05, 0.3))

    async def once(http, url, buyer, key):
        headers = {"authorization": f"Bearer {buyer.token}", "idempotency-key": key}
        try:
            return await http.post(
                f"{url}/api/v1/me/purchases", json={"batch_id": str(batch.uuid)}, headers=headers, timeout=20
            )
        except httpx.TransportError:
            return None

    begun = time.monotonic()
    async with stand.kept_up(), httpx.AsyncClient() as http:
        wanting = [asyncio.create_task(want(http, buyer, number)) for number, buyer in enumerate(buyers)]
        for name in ("web", "worker", "web"):
            await schedule.sleep(0.5, 1.5)
            schedule.note(f"kill -9 {name}")
            stand.kill(name)
        await asyncio.gather(*wanting)
    figure(f"{outcomes} after {time.monotonic() - begun:.0f} s; asked again {again} times")
    assert outcomes[201] == 100, outcomes
    assert sum(outcomes.values()) == 1000
    assert len(outcomes) == 2, f"one kind of refusal: {outcomes}"
    assert await db.value("SELECT count(*) FROM purchase WHERE state = 'pending'") == 100
    assert await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id) == 100
    assert other.poll() is None
