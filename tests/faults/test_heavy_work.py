"""X5, X6, X7: work of many steps, archives and backups that are killed in the middle."""

import contextlib
import time
from collections import Counter

import psutil
import pytest

from backend.core import db
from tests.faults.checker import counted
from tests.faults.deadly_kinds import DYING, HOW
from tests.faults.figures import figure
from tests.faults.heavy import Heavy, a_heavy_world, heavy_faults
from tests.faults.stand import EVERYTHING, until
from tests.processes import STARTS_S

pytestmark = [pytest.mark.processes, pytest.mark.faults]

KILLS = 40


async def test_x5_heavy_work_is_killed_forty_times_at_random(a_stand, schedule):
    world, school = await a_heavy_world()
    stand = await a_stand()
    await stand.up(*EVERYTHING, "worker-2")
    kills, begun = Counter(), time.monotonic()
    async with stand.kept_up(), Heavy(stand, world, school, schedule.random) as work:
        for _ in range(KILLS):
            await schedule.sleep(0.5, 2.5)
            name = schedule.random.choice(("worker", "worker", "worker-2", "worker-2", "relay", "web"))
            tree = stand.tree(name)
            chosen = tree if schedule.random.random() < 0.5 else tree[-1:]
            kills[name] += bool(chosen)
            schedule.note(f"kill -9 {len(chosen)} of {len(tree)} processes of {name}")
            for process in chosen:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        figure(f"{kills} in {time.monotonic() - begun:.0f} s")
    await counted(stand, work, explained=("Died",))  # the child that reads a file is killed by itself, too
    assert await heavy_faults(work) == []


@pytest.mark.parametrize("how", ["before commit", "after commit"])
async def test_x5_each_kind_of_work_is_killed_on_either_side_of_its_commit(a_stand, schedule, how):
    world, school = await a_heavy_world()
    done_before = await db.fetch("SELECT kind FROM job WHERE kind = ANY($1)", list(DYING))
    assert done_before == []
    stand = await a_stand(environment={"WORKER_THREADS": "1", HOW: how})  # none dies with another
    stand.also += ("tests.faults.deadly_kinds",)
    await stand.up(*EVERYTHING)
    async with stand.kept_up(), Heavy(stand, world, school, schedule.random) as work:
        await until(work.has(2), "each has been done twice", 4 * STARTS_S)
    await counted(stand, work)
    assert await heavy_faults(work) == []
    rows = await db.fetch(
        "SELECT DISTINCT ON (kind) kind, attempt FROM job WHERE kind = ANY($1) ORDER BY kind, id", list(DYING)
    )
    wanted = 2 if how == "before commit" else 1
    assert {row["kind"]: row["attempt"] for row in rows} == dict.fromkeys(DYING, wanted)
