"""F4, F5 and F7: jobs that end, block or bleed their worker. Reduced: ours are made for it (tests/faults/deadly_jobs).

F5 holds the interpreter for some seconds only, because nothing but the end of the C code can give it back; what is
shown is that nothing happens twice.
"""

import time

import httpx
import pytest

from backend.core import db
from backend.domain.jobs import commands as jobs
from tests.domain.grading.test_sheets_hostile import far
from tests.faults.checker import counted
from tests.faults.deadly_jobs import Deadly
from tests.faults.figures import figure
from tests.faults.stand import EVERYTHING, until, until_value
from tests.faults.stream import Stream
from tests.faults.world import a_world
from tests.processes import STARTS_S
from tests.workers.extra_jobs import Slow

pytestmark = [pytest.mark.processes, pytest.mark.faults]

BACK_S = 10.0
STUBBORN_S = 30
"""Long enough for a lease to run out and be taken over, on a machine that stands still for seconds."""
DEADLY = "tests.faults.deadly_jobs"


@pytest.mark.parametrize("how", ["exit", "segfault", "memory"])
async def test_f4_a_job_that_kills_its_worker_is_parked_and_others_flow(a_stand, how):
    stand = await a_stand()
    stand.also += (DEADLY,)
    await jobs.enqueue("test_deadly", Deadly("poison", how, times=99), max_attempts=3)
    async with stand.kept_up():
        await stand.up("relay", "worker")
        for number in range(30):
            await jobs.enqueue("test_slow", Slow(f"k{number}", 0.5))
        await until_value("SELECT count(*) FROM job WHERE kind = 'test_slow' AND state = 'done'", 30)
        await until_value("SELECT count(*) FROM job WHERE state = 'parked'", 1)
        begun = time.monotonic()
        await jobs.enqueue("test_slow", Slow("after"))
        await until_value("SELECT count(*) FROM job WHERE kind = 'test_slow' AND state = 'done'", 31)
        back_s = time.monotonic() - begun
        figure(f"{how}: parked, and another job done after {back_s:.1f} s")
        assert back_s < BACK_S
    assert await db.value("SELECT hits FROM throttle WHERE key = 'poison'") is None
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 31
    error = await db.value("SELECT error FROM job WHERE state = 'parked'")
    assert error.startswith("MemoryError") if how == "memory" else error == "the worker died"


async def test_f4_long_jobs_survive_beside_one_that_kills_its_worker(a_stand):
    """One worker, and the long jobs run whenever the deadly one is tried: they must not be parked with it."""
    stand = await a_stand()
    stand.also += (DEADLY,)
    await stand.up("relay", "worker")
    for number in range(3):
        await jobs.enqueue("test_slow", Slow(f"long{number}", 6))
    await until_value("SELECT count(*) FROM job WHERE state = 'running'", 3)
    await jobs.enqueue("test_deadly", Deadly("poison", "exit", times=99))
    async with stand.kept_up():
        await until_value("SELECT count(*) FROM job WHERE kind = 'test_slow' AND state = 'done'", 3, 150)
        await until_value("SELECT state FROM job WHERE kind = 'test_deadly'", "parked", 150)
    assert await db.value("SELECT count(*) FROM throttle WHERE hits = 1") == 3


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("ignore cancellation", "state=fenced"),
        ("block the loop", "worker gives up"),
        ("hold the GIL", "state=fenced"),
    ],
)
async def test_f5_a_job_that_cannot_be_stopped_has_its_effect_once(a_stand, how, said):
    stand = await a_stand()
    stand.also += (DEADLY,)
    await stand.up("relay", "worker", "worker-2")
    await jobs.enqueue("test_unruly", Deadly("k", how, seconds=STUBBORN_S))
    async with stand.kept_up():
        await until_value("SELECT count(*) FROM job WHERE state = 'done'", 1)
        await until(lambda: said in stand.processes.logs(), said, STARTS_S)
    assert await db.value("SELECT hits FROM throttle WHERE key = 'k'") == 1
    state, attempt = await db.row("SELECT state, attempt FROM job")
    figure(f"{how}: done in attempt {attempt}, one effect")
    assert (state, attempt > 1) == ("done", True)


@pytest.mark.parametrize(
    ("how", "why"),
    [("stop the loop", "the loop"), ("leak the pool", "no connection comes back"), ("block the log", "")],
)
async def test_f7_a_worker_alive_by_halves_ends_itself(a_stand, how, why):
    stand = await a_stand()
    stand.also += (DEADLY,)
    await stand.up("relay", "worker")
    await jobs.enqueue("test_unruly", Deadly("k", how))
    ended_s = await until(lambda: stand.running["worker"].poll() is not None, "the worker ends", STARTS_S)
    figure(f"{how}: ended after {ended_s:.1f} s, exit code {stand.running['worker'].returncode}")
    assert stand.running["worker"].returncode != 0
    assert not why or "worker gives up" in stand.log_of("worker")
    assert why in stand.log_of("worker")
    await stand.up("worker")
    await until_value("SELECT count(*) FROM job WHERE state = 'done'", 1)
    assert await db.value("SELECT hits FROM throttle WHERE key = 'k'") == 1


async def test_f4_a_hostile_sheet_kills_no_worker_while_work_flows(a_stand, schedule):
    """The small sheet with a cell at the far corner, which aborts the process that reads it."""
    world = await a_world(finished=10)
    stand = await a_stand()
    await stand.up(*EVERYTHING)
    of = world.classes[0]
    before = [process.pid for process in stand.tree("worker")]
    async with Stream(stand, world, schedule.random, ("quizzes", "uploads", "payments")) as work:
        await until(work.has(2), "work flows", STARTS_S)
        path = f"{stand.url}/api/v1/assignments/{of.task.uuid}/grades/import"
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {of.teacher.token}"}) as teacher:
            for _ in range(3):
                answer = await teacher.put(path, files={"file": ("grades.xlsx", far())})
                assert answer.status_code in (202, 422), answer.text
        await until_value("SELECT count(*) FROM job WHERE kind = 'import_grades' AND state IN ('queued', 'running')", 0)
        await until(work.has(4), "work flows on", STARTS_S)
    assert await db.value("SELECT count(*) FROM job WHERE kind = 'import_grades' AND state <> 'failed'") == 0
    await db.statement("DELETE FROM job WHERE kind = 'import_grades'")
    assert [process.pid for process in stand.tree("worker")] == before
    await counted(stand, work, crashed=False)
