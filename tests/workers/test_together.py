"""Jobs of one kind that are done together: claimed at once, done at once, and alone as soon as something is wrong."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec
import pytest

from backend.core import db
from backend.core.actor import SYSTEM
from backend.core.errors import Conflict
from backend.core.outbox import Event, emit
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import running, together
from backend.domain.jobs.errors import Fenced
from backend.domain.jobs.terms import JobState
from tests.background import forget_messages
from workers import broker, relay
from workers.lease import Leases
from workers.registry import KINDS, Queue, job
from workers.runner import Runner, execute_together

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("database")]


class Counted(Event, frozen=True):
    name: ClassVar[str] = "tests.together.counted.v1"
    key: str


class Refused(Conflict):
    code = "tests.refused"


class Crowd:
    """What the kind `crowd` has seen, and what holds it up."""

    sizes: ClassVar[list[int]] = []
    may_go_on = asyncio.Event()
    is_inside = asyncio.Event()


async def note(key: str) -> None:
    await db.statement(
        "INSERT INTO throttle AS t (key, hits, window_started_at) VALUES ($1, 1, now())"
        " ON CONFLICT (key) DO UPDATE SET hits = t.hits + 1",
        key,
    )


@pytest.fixture
def crowd() -> Iterator[type[Crowd]]:
    Crowd.sizes, Crowd.may_go_on, Crowd.is_inside = [], asyncio.Event(), asyncio.Event()
    Crowd.may_go_on.set()

    @job(together=10)
    async def crowd(events: Sequence[Counted]) -> list[str]:
        Crowd.sizes.append(len(events))
        for event in events:
            await note(event.key)
        Crowd.is_inside.set()
        await Crowd.may_go_on.wait()
        if any(event.key == "refused" for event in events):
            raise Refused
        if any(event.key == "poison" for event in events):
            raise RuntimeError("poison")
        return [event.key for event in events]

    yield Crowd
    del KINDS["crowd"]
    forget_messages()


@pytest.fixture
def runner() -> Iterator[Runner]:
    leases = Leases()
    leases.start()
    yield Runner(leases)
    leases.stop()


async def queue(*keys: str, **options: int) -> list[int]:
    async with db.transaction():
        return [(await jobs.enqueue("crowd", Counted(key), **options)).id for key in keys]


async def ends() -> dict[str, tuple[str, int]]:
    rows = await db.fetch("SELECT body->>'key' AS key, state, attempt FROM job ORDER BY id")
    return {row["key"]: (row["state"], row["attempt"]) for row in rows}


async def hits() -> dict[str, int]:
    return {row["key"]: row["hits"] for row in await db.fetch("SELECT key, hits FROM throttle")}


def named(number: int) -> list[str]:
    return [f"k{one}" for one in range(number)]


async def test_as_many_as_a_kind_takes_are_done_at_once_and_once(crowd, runner):
    await queue(*named(25))
    assert [await runner.run_together("crowd") for _ in range(4)] == [10, 10, 5, 0]
    assert crowd.sizes == [10, 10, 5]
    assert await hits() == dict.fromkeys(named(25), 1)
    assert await ends() == dict.fromkeys(named(25), ("done", 1))
    assert await db.value("SELECT count(*) FROM job WHERE report = body->'key' AND lease_until IS NULL") == 25


async def test_who_finds_too_few_looks_again(crowd):
    await db.statement(
        "CREATE FUNCTION arrive() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO job (kind, body) SELECT 'crowd', '{\"key\": \"late\"}'"
        "  WHERE NOT EXISTS (SELECT FROM job WHERE body ->> 'key' = 'late'); RETURN NULL; END $$"
    )
    await db.statement("CREATE TRIGGER arrive AFTER UPDATE ON job FOR EACH STATEMENT EXECUTE FUNCTION arrive()")
    try:
        await queue("a", "b")
        assert len(await together.claim("crowd", 10, "one")) == 3, "what its first look was too early for, too"
    finally:
        await db.statement("DROP FUNCTION arrive CASCADE")


async def test_one_that_is_alone_keeps_its_request_id(crowd, runner):
    (job_id,) = await queue("k")
    await db.statement("UPDATE job SET request_id = 'request-of-k'")
    assert await runner.run_together("crowd") == 1
    assert await runner.run(job_id) is None
    assert msgspec.json.decode(await db.value("SELECT report::text FROM job")) == "k"


async def test_poison_spoils_nobody_elses_work(crowd, runner):
    ids = await queue("a", "poison", "b", "refused", max_attempts=2)
    assert await runner.run_together("crowd") == 0
    assert await ends() == dict.fromkeys(("a", "poison", "b", "refused"), ("queued", 0)), "not counted as a try"
    assert await hits() == {}
    assert await runner.run_together("crowd") == 0, "each runs alone from now on"
    states = [await runner.run(job_id) for job_id in ids]
    assert states == [JobState.DONE, JobState.QUEUED, JobState.DONE, JobState.FAILED]
    await db.statement("UPDATE job SET run_at = now()")
    assert await runner.run_together("crowd") == 0, "what was tried is not taken along"
    assert await runner.run(ids[1]) is JobState.PARKED
    assert await hits() == {"a": 1, "b": 1}
    await jobs.retry(SYSTEM, ids[1])
    assert await runner.run_together("crowd") == 0
    assert (await ends())["poison"] == ("queued", 1), "alone in its group, it is tried as any other"


async def test_one_that_is_cancelled_on_the_way_takes_no_other_along(crowd, runner):
    ids = await queue(*named(5))
    crowd.may_go_on.clear()
    task = asyncio.create_task(runner.run_together("crowd"))
    await asyncio.wait_for(crowd.is_inside.wait(), 5)
    await jobs.cancel(SYSTEM, ids[2])
    crowd.may_go_on.set()
    assert await task == 0
    assert await hits() == {}
    states = [await runner.run(job_id) for job_id in ids]
    assert states == [JobState.DONE, JobState.DONE, None, JobState.DONE, JobState.DONE]
    assert await hits() == {"k0": 1, "k1": 1, "k3": 1, "k4": 1}


async def test_a_group_that_was_robbed_keeps_nothing(crowd, runner):
    ids = await queue(*named(3))
    held = await together.claim("crowd", 10, "slow")
    assert len(held) == 3
    assert await together.claim("crowd", 10, "other") == []
    await db.statement("UPDATE job SET lease_until = now() - interval '1 second' WHERE id = $1", ids[1])
    assert await runner.run(ids[1]) is JobState.DONE, "taken over, and alone"
    with pytest.raises(Fenced):
        await execute_together(held, KINDS["crowd"])
    assert await hits() == {"k1": 1}
    await together.give_back(held, "robbed")
    assert await ends() == {"k0": ("queued", 0), "k1": ("done", 2), "k2": ("queued", 0)}


async def test_a_worker_that_stops_gives_a_group_back_whole(crowd, runner):
    await queue(*named(4))
    crowd.may_go_on.clear()
    task = asyncio.create_task(runner.run_together("crowd"))
    await asyncio.wait_for(crowd.is_inside.wait(), 5)
    runner.give_back()
    assert await task == 0
    assert await ends() == dict.fromkeys(named(4), ("queued", 0))
    assert len(await together.claim("crowd", 10, "next")) == 4, "together again"


async def test_two_workers_share_a_backlog_and_do_each_once(crowd, runner):
    await queue(*named(60))
    other = Runner(Leases())
    done = await asyncio.gather(*(who.run_together("crowd") for _ in range(4) for who in (runner, other)))
    assert sum(done) == 60
    assert await hits() == dict.fromkeys(named(60), 1)
    assert await db.value("SELECT max(attempt) FROM job") == 1


async def test_the_leases_of_a_whole_group_are_renewed(crowd, runner):
    await queue(*named(3))
    crowd.may_go_on.clear()
    task = asyncio.create_task(runner.run_together("crowd"))
    await asyncio.wait_for(crowd.is_inside.wait(), 5)
    first = await db.value("SELECT max(lease_until) FROM job")
    async with asyncio.timeout(10):
        while await db.value("SELECT min(lease_until) FROM job") <= first:
            await asyncio.sleep(0.05)
    crowd.may_go_on.set()
    assert await task == 3


async def test_one_wake_up_for_as_many_as_are_done_together(crowd):
    forget_messages()
    made = relay.Relay({Counted.name: ("crowd",)})
    async with db.transaction():
        await emit(*(Counted(key) for key in named(25)))
    assert await made.step() is False
    assert broker.waiting(Queue.QUICK) == 3
    forget_messages()
    first, second, third = [row["id"] for row in await db.fetch("SELECT id FROM job ORDER BY id LIMIT 3")]
    await db.statement("UPDATE job SET published_at = NULL, attempt = 1 WHERE id IN ($1, $2)", first, second)
    await db.statement("UPDATE job SET published_at = NULL, error = 'together' WHERE id = $1", third)
    await made.publish()
    assert broker.waiting(Queue.QUICK) == 3, "what was tried is woken one by one"


async def test_only_one_transaction_runs_together():
    with pytest.raises(TypeError, match="together"):

        @job(together=10, phases=True)
        async def never_phases(events: Sequence[Counted]) -> None: ...

    with pytest.raises(TypeError, match="together"):

        @job(together=10)
        async def never_held(events: Sequence[Counted], held: running.Claim) -> None: ...

    assert {"never_phases", "never_held"}.isdisjoint(KINDS)
