"""F10 to F13: a Valkey that freezes, whose replies get lost, that is full, or forgets."""

import asyncio
import shutil
import time
from itertools import product

import httpx
import pytest
import redis

from backend.core import db
from backend.domain.jobs import commands as jobs
from tests.faults.checker import counted
from tests.faults.figures import figure
from tests.faults.proxy import proxy_to
from tests.faults.stand import EVERYTHING, until, until_value
from tests.faults.stream import Stream
from tests.faults.world import a_world
from tests.processes import STARTS_S
from tests.quizzes import a_quiz, an_attempt
from tests.workers.extra_jobs import Slow

pytestmark = [pytest.mark.processes, pytest.mark.faults]

AWAY = (r"redis\.", r"ConnectionError", r"TimeoutError", r"OutOfMemory", r"dramatiq\.")
DONE = "SELECT count(*) FROM job WHERE state = 'done' AND kind = 'test_slow'"
FROZEN_S = 12.0
CLIENTS = 8


async def saved_for(http, quiz, attempts, seconds):
    """Save answers for a while, several at once; how long each took (s), in order."""
    took, until_then = [], time.monotonic() + seconds

    async def save(attempt):
        while time.monotonic() < until_then:
            begun = time.monotonic()
            answer = await http.post(f"/api/v1/quizzes/attempts/{attempt}/temp-submissions", json=quiz.answer(0))
            assert answer.status_code == 200, answer.text
            took.append(time.monotonic() - begun)

    await asyncio.gather(*(save(attempt) for attempt in attempts))
    return sorted(took)


async def test_f10_frozen_for_twelve_seconds_nobody_at_the_api_notices(a_stand, student):
    stand = await a_stand(own={"valkey"})
    quiz = await a_quiz()
    attempt = await an_attempt(quiz, student.actor)
    await stand.up(*EVERYTHING)
    headers = {"authorization": f"Bearer {student.token}"}
    async with httpx.AsyncClient(base_url=stand.url, headers=headers, timeout=30) as http:
        await saved_for(http, quiz, [attempt.uuid] * CLIENTS, 2)
        normal = await saved_for(http, quiz, [attempt.uuid] * CLIENTS, 4)
        with stand.paused_service("valkey"):
            frozen = await saved_for(http, quiz, [attempt.uuid] * CLIENTS, FROZEN_S)
            submitted = await http.post(f"/api/v1/quizzes/attempts/{attempt.uuid}/submissions")
            assert submitted.status_code == 201
    p99 = [took[len(took) * 99 // 100] for took in (normal, frozen)]
    figure(
        f"p99 {p99[0] * 1000:.0f} ms, frozen {p99[1] * 1000:.0f} ms; {len(normal) / 4:.0f}/s, {len(frozen) / 12:.0f}/s"
    )
    assert p99[1] <= 2 * p99[0] + 0.05
    await until_value("SELECT count(*) FROM result", 1, 30)


async def test_f11_replies_that_get_lost_lose_nothing(a_stand):
    stand = await a_stand(own={"valkey"})
    async with proxy_to(stand.environment["REDIS_URL"]) as proxy:
        stand.environment["REDIS_URL"] = proxy.instead_of(stand.environment["REDIS_URL"])
        await stand.up("relay", "worker")
        enqueued = 0
        for command, let in product(("RPUSH", "fetch", "ack"), (0, 3)):
            after = 0 if command == "RPUSH" else 3  # one RPUSH lays many messages, and is repeated when it is lost
            rule = proxy.add(f"\r\n{command}\r\n".encode(), lose=True, let=let, times=4, after=after)
            async with asyncio.timeout(60):
                while rule.met < 4:
                    enqueued += 1
                    await jobs.enqueue("test_slow", Slow(f"{command} {let} {enqueued}"))
                    await asyncio.sleep(0.1)
            proxy.heal()
            took_s = await until_value(DONE, enqueued, 40)
            figure(f"{command}, {let} bytes of the reply: all done after {took_s:.1f} s")
        assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == enqueued


async def test_f12_f13_full_and_forgetful_it_delays_and_loses_nothing(a_stand, schedule):
    world = await a_world(finished=10)
    stand = await a_stand(own={"valkey"})
    await stand.up(*EVERYTHING)
    server = redis.Redis.from_url(stand.environment["REDIS_URL"])
    async with Stream(stand, world, schedule.random) as work:
        work.pause_s = 0.1
        await until(work.has(1), "every lane works", STARTS_S)
        schedule.note("full")
        await asyncio.to_thread(server.config_set, "maxmemory", "1")
        accepted = len(work.acts)
        await asyncio.sleep(4)
        await until(lambda: len(work.acts) > accepted, "commands are accepted", STARTS_S)
        await until(lambda: "relay backs off" in stand.log_of("relay"), "the relay has seen it", STARTS_S)
        await asyncio.to_thread(server.config_set, "maxmemory", "256mb")
        server.close()
        await schedule.sleep(1, 2)
        schedule.note("killed, and all it wrote is gone")
        stand.kill_service("valkey")
        for folder in stand.services.running["valkey"].home.glob("appendonly*"):
            shutil.rmtree(folder)
        await stand.restart_service("valkey")
        await schedule.sleep(1, 2)
    assert set(work.client.statuses) <= {200, 201, 202, 409}
    await counted(stand, work, explained=AWAY, crashed=False)
