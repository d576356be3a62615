"""X5, X6: work of many steps, and archives on their way, that are killed in the middle."""

import contextlib
import io
import os
import time
import zipfile
from collections import Counter

import httpx
import psutil
import pytest

from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.domain.certificates import commands as certificates
from tests.background import drain
from tests.domain.certificates.classes import a_finished_batch, a_graduate
from tests.faults.checker import counted
from tests.faults.deadly_kinds import DYING, HOW
from tests.faults.figures import figure
from tests.faults.heavy import Heavy, a_heavy_world, heavy_faults
from tests.faults.stand import EVERYTHING, until
from tests.faults.world import someone
from tests.processes import STARTS_S

pytestmark = [pytest.mark.processes, pytest.mark.faults]

KILLS = 40
LARGE = 8 << 20
"""More than lies between a sender and a reader who are both at work."""


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


async def test_x6_an_archive_that_breaks_off_is_not_taken_for_whole(a_stand):
    batch, meetings = await a_finished_batch(meetings=1)
    for _ in range(3):
        await a_graduate(batch, meetings)
    await certificates.issue_to_batch(SYSTEM, batch.id)
    await drain()
    stand = await a_stand()
    for row in await db.fetch("SELECT object_key FROM certificate"):
        await stand.storage.put(row["object_key"], os.urandom(LARGE), "application/pdf")
    await db.statement("UPDATE certificate SET size_bytes = $1", LARGE)
    admin = await someone(Role.ADMIN)
    path = f"{stand.url}/api/v1/batches/{batch.uuid}/certificates/archive"
    await stand.up("web")
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {admin.token}"}, timeout=30) as http:
        async with http.stream("GET", path) as answer:
            promised, came = int(answer.headers["content-length"]), 0
            with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
                async for piece in answer.aiter_raw():
                    if not came:
                        stand.kill("web")
                    came += len(piece)
        figure(f"killed on its way: {came} of {promised} bytes, and the reader is told")
        assert came < promised
        await stand.up("web")
        whole = await http.get(path)
    assert (whole.status_code, len(whole.content)) == (200, promised)
    with zipfile.ZipFile(io.BytesIO(whole.content)) as packed:
        assert packed.testzip() is None
        assert [one.file_size for one in packed.infolist()] == [LARGE] * 3
