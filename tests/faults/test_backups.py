"""X7: backup and restore, killed again and again in the middle."""

import asyncio
import os
import signal
import tempfile
import time
from pathlib import Path

import asyncpg
import pytest

from backend import backup
from backend.core import db
from backend.core.settings import settings
from tests.backups import OTHER, another_place, contents, hashes
from tests.faults.figures import figure
from tests.faults.stand import until
from tests.faults.world import students
from tests.processes import STARTS_S

pytestmark = [pytest.mark.processes, pytest.mark.faults]

KILLS = 5
TRIES = 40
"""How often at most, until so many were killed in the middle."""


@pytest.fixture
async def school(database, storage):
    """Some thousand rows, and some objects."""
    await students(3000)
    for number in range(12):
        key = f"media/0198c0de-0000-7000-8000-{number:012}.webm"
        await storage.put(key, os.urandom(1 << 20), "video/webm")
    return storage


@pytest.fixture
async def elsewhere(storage):
    async with another_place(storage) as made:
        yield made


def cli(processes, at, *words):
    """The command on the other database and bucket, where one is given."""
    environment = {"DATABASE_URL": at.url, "S3_BUCKET": OTHER} if at else {}
    return processes.start("-m", "backend.cli", *words, **environment)


async def ended(process) -> int:
    return await asyncio.to_thread(process.wait, STARTS_S)


async def killed(process, after_s) -> bool:
    """Kill it outright after some time; says whether it was still at work."""
    await asyncio.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    return await ended(process) == -signal.SIGKILL


def scraps() -> set[str]:
    """What is ours in the folder for temporary files."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("lulus-*") if "pg" in path.name or "re" in path.name}


async def test_x7_a_backup_that_was_killed_is_none(school, elsewhere, processes, tmp_path, schedule):
    begun = time.monotonic()
    whole = cli(processes, None, "backup", str(tmp_path / "whole"))
    assert await ended(whole) == 0, processes.log_of(whole)
    took_s, cut, before = time.monotonic() - begun, 0, scraps()
    for number in range(TRIES):
        target = tmp_path / f"cut-{number % 2}"  # the next one finds what the last but one has left
        in_the_middle = await killed(
            cli(processes, None, "backup", str(target)), schedule.random.uniform(0.2, 1) * took_s
        )
        schedule.note(f"killed: {in_the_middle}")
        took_s *= 1 if in_the_middle else 0.8  # it takes less than we thought
        await until(lambda: not processes.left(), "pg_dump has ended, too", STARTS_S)
        if target.exists():
            backup._verify(target, backup._read(target))
            target.rename(tmp_path / f"whole-{number}")
            continue
        cut += in_the_middle
        refused = cli(processes, elsewhere, "restore", str(target))
        assert await ended(refused) == 1
        assert "is no backup" in processes.log_of(refused)
        if cut == KILLS:
            break
    figure(f"{cut} of {number + 1} backups killed in the middle")
    assert cut == KILLS
    assert scraps() <= before
    left = [path for path in tmp_path.glob("*.part") if (path / backup.MANIFEST).exists()]
    assert left == [], "it has its name as soon as it is whole"
    last = cli(processes, None, "backup", str(tmp_path / "cut-0"))
    assert await ended(last) == 0, processes.log_of(last)
    again = cli(processes, elsewhere, "restore", str(tmp_path / "cut-0"))
    assert await ended(again) == 0, processes.log_of(again)
    assert await elsewhere.rows() == await contents(settings().database_url)
    assert await elsewhere.objects() == await hashes(school)


@pytest.mark.parametrize("is_new", [True, False], ids=["into nothing", "over another school"])
async def test_x7_a_restore_that_was_killed_changed_nothing_or_all(
    school, elsewhere, processes, tmp_path, schedule, is_new
):
    await backup.make(tmp_path / "saved")
    wanted, outcomes, scraps_before = await contents(settings().database_url), [], scraps()
    words = ("restore", *(() if is_new else ("--force",)), str(tmp_path / "saved"))
    begun = time.monotonic()
    assert await ended(cli(processes, elsewhere, *words)) == 0
    took_s = time.monotonic() - begun
    for _ in range(TRIES):
        before = await another(elsewhere, is_new=is_new)
        in_the_middle = await killed(cli(processes, elsewhere, *words), schedule.random.uniform(0.3, 1) * took_s)
        await until(lambda: not processes.left(), "psql has ended, too", STARTS_S)
        await at_rest(elsewhere)
        found = await elsewhere.rows()
        schedule.note(f"killed: {in_the_middle}; changed: {found != before}")
        took_s *= 1 if in_the_middle else 0.8  # it takes less than we thought
        assert found in (before, wanted)
        await again(processes, elsewhere, words, is_refused=is_new and found == wanted)
        assert await elsewhere.rows() == wanted
        assert await elsewhere.objects() == await hashes(school)
        outcomes += ["all" if found == wanted else "nothing"] * in_the_middle
        if len(outcomes) == KILLS:
            break
    figure(f"{len(outcomes)} restores killed in the middle; {outcomes.count('nothing')} had changed nothing")
    assert len(outcomes) == KILLS
    assert scraps() <= scraps_before


async def again(processes, at, words, *, is_refused):
    """The same once more; where the database is full by now it says so."""
    process = cli(processes, at, *words)
    code = await ended(process)
    assert (code, "--force replaces it" in processes.log_of(process)) == (int(is_refused), is_refused)


async def another(at, *, is_new: bool) -> dict[str, str]:
    """Make it a database of nothing, or of a school that is not the one in the backup; says what is in it."""
    other = "INSERT INTO outbox (name, body, request_id) VALUES ('other.school.made.v1', '{}', '-')"
    connection = await asyncpg.connect(at.url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public" if is_new else other)
    await connection.close()
    return await at.rows()


async def at_rest(at) -> None:
    """Wait until nobody is connected to that database any more."""

    async def nobody() -> bool:
        return await db.value("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", at.database) == 0

    await until(nobody, "the server has seen that they are gone", STARTS_S)
