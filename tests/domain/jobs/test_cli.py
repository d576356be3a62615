"""The operator's view of background work."""

from datetime import UTC, datetime, timedelta

import pytest

from backend import cli, cli_jobs
from backend.core import db
from backend.core.ids import new_uuid
from backend.domain.jobs import commands


@pytest.fixture
async def run(database):
    """Run a command in the test's own pool and transaction; gives the code and the lines."""

    async def call(*words):
        said = []
        parser = cli.argparse.ArgumentParser()
        cli_jobs.add(parser.add_subparsers(required=True), said.append)
        given = parser.parse_args(["jobs", *words])
        return await given.run(given), said

    return call


async def a_job(kind, state, error=None):
    made = await commands.enqueue(kind, {})
    await db.statement("UPDATE job SET state = $2, error = $3, attempt = 2 WHERE id = $1", made.id, state, error)
    return made


async def test_lists_what_is_not_done(run):
    await a_job("grade_attempt", "done")
    parked = await a_job("probe_media", "parked", "StorageDown: HeadObject\n" + "x" * 100)
    code, lines = await run("list")
    assert code == 0
    assert lines[0].split() == list(cli_jobs.HEADINGS)
    (line,) = lines[1:]
    assert line.split()[:4] == [str(parked.id), "probe_media", "parked", "2/5"]
    assert line.endswith("…")
    assert len(line) < 140


async def test_lists_by_state(run):
    await a_job("grade_attempt", "done")
    await a_job("probe_media", "parked")
    _, lines = await run("list", "--state", "done")
    assert [line.split()[1] for line in lines[1:]] == ["grade_attempt"]
    assert (await run("list", "--state", "cancelled")) == (0, ["No such jobs."])
    with pytest.raises(SystemExit):
        await run("list", "--state", "lost")


async def test_shows_one_by_number_and_uuid(run):
    made = await a_job("probe_media", "parked", "StorageDown: whole text")
    code, lines = await run("show", str(made.id))
    assert (code, lines) == await run("show", str(made.uuid))
    assert any(line.split() == ["error", "StorageDown:", "whole", "text"] for line in lines)
    assert await run("show", str(new_uuid())) != (0, lines)
    assert (await run("show", "999999"))[0] == 1


async def test_retries_what_gave_up(run):
    parked, done = await a_job("probe_media", "parked", "x"), await a_job("grade_attempt", "done")
    code, lines = await run("retry", str(parked.id), str(done.uuid), "999999")
    assert code == 1
    assert lines[0].endswith("is queued again.")
    assert "is done" in lines[1]
    assert lines[2] == "There is no job 999999."
    again = await db.row("SELECT state, attempt, error FROM job WHERE id = $1", parked.id)
    assert tuple(again) == ("queued", 0, None)


@pytest.mark.parametrize(
    ("since", "said"), [(5, "5s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (200_000, "2d"), (-5, "0s")]
)
def test_age(since, said):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert cli_jobs.age(at - timedelta(seconds=since), at) == said
