"""The row is the truth: events become jobs, jobs are claimed, fenced, finished, tried again, parked."""

import asyncio
import contextlib
from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import msgspec
import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.errors import Conflict
from backend.core.outbox import Event, emit
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import running
from backend.domain.jobs.errors import Fenced, JobOver
from backend.domain.jobs.terms import JobState
from storage.errors import StorageDown
from tests.background import forget_messages
from workers import broker, relay, schedule
from workers.lease import Leases
from workers.registry import KINDS, Queue, job
from workers.runner import Runner, execute
from workers.schedule import Line

pytestmark = pytest.mark.commits


class Thing(Event, frozen=True):
    name: ClassVar[str] = "tests.spine.happened.v1"
    key: str


ERRORS = {"smtp": ConnectionError("away"), "s3": StorageDown("away"), "slow": TimeoutError()}


class Refused(Conflict):
    code = "tests.refused"


async def note(key: str) -> None:
    await db.statement(
        "INSERT INTO throttle AS t (key, hits, window_started_at) VALUES ($1, 1, now())"
        " ON CONFLICT (key) DO UPDATE SET hits = t.hits + 1",
        key,
    )


async def noted(key: str) -> int:
    return await db.value("SELECT hits FROM throttle WHERE key = $1", key) or 0


@pytest.fixture
def kinds() -> Iterator[None]:
    """Jobs for these tests, in the registry only while they run."""

    @job()
    async def spine_note(event: Thing) -> str:
        await note(event.key)
        return event.key

    @job()
    async def spine_refuse(event: Thing) -> None:
        await note(event.key)
        raise Refused(why="rule")

    @job()
    async def spine_break(event: Thing) -> None:
        await note(event.key)
        raise RuntimeError("broken")

    @job()
    async def spine_wait(event: Thing) -> None:
        raise ERRORS[event.key]

    @job(phases=True)
    async def spine_phases(event: Thing, held: running.Claim) -> None:
        async with db.transaction():
            await note(event.key)
        await running.progress(held, 1, 2)
        async with db.transaction():
            await note(event.key)

    @job(phases=True)
    async def spine_last(event: Thing):
        return partial(note, event.key)

    names = ("spine_last", "spine_note", "spine_refuse", "spine_break", "spine_wait", "spine_phases")
    yield
    for name in names:
        del KINDS[name]


@pytest.fixture
def runner() -> Iterator[Runner]:
    leases = Leases()
    leases.start()
    yield Runner(leases)
    leases.stop()


async def a_job(kind: str, **options) -> int:
    return (await jobs.enqueue(kind, Thing("k"), **options)).id


async def state(job_id: int) -> tuple[str, int]:
    row = await db.row("SELECT state, attempt FROM job WHERE id = $1", job_id)
    return row["state"], row["attempt"]


async def test_events_become_one_job_per_subscription(database):
    kinds = {Thing.name: ("spine_note", "spine_break")}
    async with db.transaction():
        await emit(Thing("a"), Thing("b"))
    first, second = relay.Relay(kinds), relay.Relay(kinds)
    await asyncio.gather(first.expand(), second.expand(), first.expand(), second.expand())
    rows = await db.fetch("SELECT kind, body->>'key' AS key FROM job ORDER BY id")
    assert sorted(tuple(row) for row in rows) == [
        ("spine_break", "a"),
        ("spine_break", "b"),
        ("spine_note", "a"),
        ("spine_note", "b"),
    ]
    assert await db.value("SELECT count(*) FROM outbox WHERE expanded_at IS NULL") == 0


async def test_a_job_runs_once_however_often_it_is_woken(database, kinds, runner):
    job_id = await a_job("spine_note")
    ends = await asyncio.gather(*(runner.run(job_id) for _ in range(8)))
    assert ends.count(JobState.DONE) == 1
    assert ends.count(None) == 7
    assert await noted("k") == 1
    assert await state(job_id) == ("done", 1)
    assert msgspec.json.decode(await db.value("SELECT report::text FROM job")) == "k"


async def test_a_broken_rule_is_final_and_leaves_nothing(database, kinds, runner):
    job_id = await a_job("spine_refuse")
    assert await runner.run(job_id) is JobState.FAILED
    assert await noted("k") == 0
    assert await runner.run(job_id) is None
    report = msgspec.json.decode(await db.value("SELECT report::text FROM job"))
    assert report == {"code": "tests.refused", "data": {"why": "rule"}}


async def test_what_breaks_is_tried_again_later_and_parked_in_the_end(database, kinds, runner):
    job_id = await a_job("spine_break", max_attempts=2)
    assert await runner.run(job_id) is JobState.QUEUED
    assert await runner.run(job_id) is None, "not due yet"
    wait = await db.value("SELECT extract(epoch FROM run_at - now())::float8 FROM job")
    assert 0 < wait <= 1.0
    await db.statement("UPDATE job SET run_at = now()")
    assert await runner.run(job_id) is JobState.PARKED
    assert await noted("k") == 0
    assert "broken" in await db.value("SELECT error FROM job")
    await jobs.retry(SYSTEM, job_id)
    assert await state(job_id) == ("queued", 0)


@pytest.mark.parametrize("partner", ["smtp", "s3"])
async def test_a_partner_that_is_away_is_waited_for_a_day(database, kinds, runner, partner):
    job_id = (await jobs.enqueue("spine_wait", Thing(partner), max_attempts=2)).id
    for attempt in range(1, 8):
        assert await runner.run(job_id) is JobState.QUEUED
        assert await state(job_id) == ("queued", attempt)
        wait = await db.value("SELECT extract(epoch FROM run_at - now())::float8 FROM job")
        assert 0.4 * 2 ** (attempt - 1) < wait <= 2 ** (attempt - 1), "ever longer"
        await db.statement("UPDATE job SET run_at = now()")
    await db.statement("UPDATE job SET started_at = now() - interval '25 hours'")
    ends = []
    for _ in range(3):
        ends.append(await runner.run(job_id))
        await db.statement("UPDATE job SET run_at = now()")
    assert ends == [JobState.QUEUED, JobState.PARKED, None]


async def test_a_job_that_is_too_slow_is_not_waited_for(database, kinds, runner):
    job_id = (await jobs.enqueue("spine_wait", Thing("slow"), max_attempts=2)).id
    assert await runner.run(job_id) is JobState.QUEUED
    await db.statement("UPDATE job SET run_at = now()")
    assert await runner.run(job_id) is JobState.PARKED


async def test_a_kill_counts_as_an_attempt(database, kinds):
    job_id = await a_job("spine_note", max_attempts=3)
    for attempt in (1, 2, 3):
        held = await running.claim(job_id, "killed")
        assert held is not None
        assert held.attempt == attempt
        assert await running.claim(job_id, "other") is None, "the lease holds"
        await db.statement("UPDATE job SET lease_until = now() - interval '1 second'")
    assert await running.claim(job_id, "other") is None
    assert (await state(job_id))[0] == "parked"


async def test_a_robbed_worker_keeps_nothing(database, kinds):
    job_id = await a_job("spine_note")
    first = await running.claim(job_id, "slow")
    await db.statement("UPDATE job SET lease_until = now() - interval '1 second'")
    second = await running.claim(job_id, "quick")
    await execute(second, KINDS["spine_note"])
    with pytest.raises(Fenced):
        await execute(first, KINDS["spine_note"])
    assert await noted("k") == 1


async def test_phases_commit_as_they_go_and_a_cancelled_job_stops_at_its_next_commit(database, kinds, runner):
    job_id = await a_job("spine_phases")
    held = await running.claim(job_id, "worker")
    await jobs.cancel(SYSTEM, job_id)
    with pytest.raises(Fenced):
        await execute(held, KINDS["spine_phases"])
    assert await noted("k") == 0
    with pytest.raises(JobOver):
        await jobs.cancel(SYSTEM, job_id)
    other = await a_job("spine_phases")
    assert await runner.run(other) is JobState.DONE
    assert await noted("k") == 2


async def test_the_last_step_and_the_end_of_a_job_are_one(database, kinds, runner):
    cancelled = await a_job("spine_last")
    held = await running.claim(cancelled, "worker")
    await jobs.cancel(SYSTEM, cancelled)
    with pytest.raises(Fenced):
        await execute(held, KINDS["spine_last"])
    assert await noted("k") == 0
    other = await a_job("spine_last")
    assert await runner.run(other) is JobState.DONE
    assert await noted("k") == 1


async def test_an_unknown_kind_is_left_to_newer_workers(database, runner):
    job_id = await a_job("made_tomorrow", max_attempts=2)
    for _ in range(4):  # a release may take longer than five tries
        assert await runner.run(job_id) is JobState.QUEUED
        assert await runner.run(job_id) is None, "not due yet"
        await db.statement("UPDATE job SET run_at = now()")
    assert await state(job_id) == ("queued", 0)


async def test_jobs_with_which_workers_died_twice_run_one_at_a_time(database, runner):
    release = asyncio.Event()

    @job()
    async def spine_suspect(event: Thing) -> None:
        await release.wait()

    with contextlib.ExitStack() as stack:
        stack.callback(KINDS.pop, "spine_suspect")
        one, other = await a_job("spine_suspect"), await a_job("spine_suspect")
        await db.statement("UPDATE job SET state = 'running', attempt = 2, lease_until = now() - interval '1 second'")
        task = asyncio.create_task(runner.run(one))
        while (await state(one))[1] != 3:
            await asyncio.sleep(0)
        assert await runner.run(other) is None
        assert await state(other) == ("running", 2), "no try of it is lost beside the first"
        release.set()
        assert await task is JobState.DONE
        assert await runner.run(other) is JobState.DONE


async def test_a_lease_is_renewed_while_the_loop_is_stuck(database, runner):
    release = asyncio.Event()

    @job()
    async def spine_slow(event: Thing) -> None:
        await release.wait()

    with contextlib.ExitStack() as stack:
        stack.callback(KINDS.pop, "spine_slow")
        job_id = await a_job("spine_slow")
        task = asyncio.create_task(runner.run(job_id))
        while (await state(job_id))[0] != "running":
            await asyncio.sleep(0)
        before = await db.value("SELECT lease_until FROM job")
        async with asyncio.timeout(6):
            while await db.value("SELECT lease_until FROM job") == before:
                await asyncio.sleep(0.05)
        release.set()
        assert await task is JobState.DONE


async def test_a_lost_message_is_not_sought_behind_notices_that_wait(database, kinds):
    forget_messages()
    serving = relay.Relay()
    notices = [await a_job("mail_grade") for _ in range(3)]
    await serving.publish()
    await a_job("spine_note")
    await serving.publish()
    broker.broker.client.delete(f"{broker.broker.namespace}:{Queue.QUICK}")
    await db.statement("UPDATE job SET published_at = now() - interval '4 seconds'")
    assert (broker.waiting(Queue.MAIL), broker.waiting(Queue.QUICK)) == (len(notices), 0)
    assert await serving.sweep() == 1, "the notices are only slow"
    assert broker.waiting(Queue.QUICK) == 1
    await db.statement("UPDATE job SET published_at = now() - interval '31 seconds'")
    forget_messages()
    assert await serving.sweep() == 4


async def test_lost_messages_are_sent_again(database, kinds):
    forget_messages()  # of tests before this one
    serving = relay.Relay()
    job_id = await a_job("spine_note")
    await serving.publish()
    assert broker.waiting(Queue.QUICK) == 1
    forget_messages()
    assert await serving.publish() == 0, "it was published"
    await db.statement("UPDATE job SET published_at = now() - interval '4 seconds'")
    assert await serving.sweep() == 1
    assert broker.waiting(Queue.QUICK) == 1
    held = await running.claim(job_id, "killed")
    assert held is not None
    await db.statement("UPDATE job SET lease_until = now() - interval '1 second'")
    assert await serving.sweep() == 1
    forget_messages()


async def test_two_schedules_make_one_job_per_slot(database):
    lines = [Line("spine_note", every_s=1)]
    for _ in range(10):
        await db.statement("UPDATE job SET unique_key = 'past:' || id")  # the next slot begins
        made = await asyncio.gather(schedule.tick(lines), schedule.tick(lines))
        assert sum(made) in (1, 2), "two when the second turned between the two"
    keys = await db.fetch("SELECT unique_key FROM job")
    assert len({row["unique_key"] for row in keys}) == len(keys)


async def test_ten_slots_make_ten_jobs(database):
    line = Line("spine_note", every_s=60)
    begin = await db.value("SELECT date_trunc('minute', now())")
    for minute in range(10):
        at = begin + schedule.timedelta(minutes=minute, seconds=7)
        await asyncio.gather(*(schedule.tick([line], at=at) for _ in range(2)))
    assert await db.value("SELECT count(*) FROM job") == 10


def test_a_daily_slot_begins_by_the_schools_clock():
    line = Line("x", daily_at="02:00")
    at = schedule.datetime.fromisoformat("2026-11-21T18:30:00+00:00")  # 01:30 in Jakarta, on the 22nd
    assert schedule.slot(line, at).isoformat() == "2026-11-20T19:00:00+00:00"


async def test_a_job_cancelled_in_its_last_moment_is_done_or_leaves_nothing(database, kinds):
    """Without phases the end and the effects are one; a cancel comes before or after, never between."""
    for number in range(12):
        job_id = (await jobs.enqueue("spine_note", Thing(f"c{number}"))).id
        held = await running.claim(job_id, "worker")
        results = await asyncio.gather(
            execute(held, KINDS["spine_note"]), jobs.cancel(SYSTEM, job_id), return_exceptions=True
        )
        ended, _ = await state(job_id)
        assert (ended, await noted(f"c{number}")) in (("done", 1), ("cancelled", 0)), results
