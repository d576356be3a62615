"""Fixtures of the fault suite. `make faults` runs all of it; what has no marker `faults` is part of `make test`, too.

`a_stand(own={"valkey"})` gives a Lulus whose Valkey is its own. `schedule` holds the chances of a test; its seed is
shown when the test fails.
"""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from backend.core.settings import load
from backend.devstack import services
from backend.domain.files import sweeping
from storage import s3
from tests.conftest import _migrate
from tests.faults.figures import figures_in
from tests.faults.schedule import SCHEDULE, Schedule
from tests.faults.stand import Stand, another_database
from tests.processes import Processes
from workers.jobs.files import NAMED

MakeStand = Callable[..., Awaitable[Stand]]
_TOLD = 12_000
_LONGEST = {
    "test_f32_a_soak_of_everything",
    "test_f8_valkey_dies_while_work_flows[120]",
    "test_f1_killed_fifty_times_at_random_while_work_flows",
    "test_f2_stops_at_random_while_work_flows",
}


@pytest.fixture
def schedule(request: pytest.FixtureRequest) -> Schedule:
    """The chances of this test, from `--fault-seed` or a seed of today."""
    given = request.config.getoption("--fault-seed")
    made = Schedule(request.node.name, secrets.randbelow(10**6) if given is None else given)
    request.node.stash[SCHEDULE] = made
    return made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show with a failure what the faults were, and what the processes said last."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed or report.when != "call":
        return
    if SCHEDULE in item.stash:
        report.sections.append(("Faults, in order", str(item.stash[SCHEDULE])))
    processes = getattr(item, "funcargs", {}).get("processes")
    if processes is not None:
        report.sections.append(("What the processes said last", processes.logs()[-_TOLD:]))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that nobody waits for it in the end."""
    items.sort(key=lambda item: item.name not in _LONGEST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was measured."""
    found = [
        f"{report.nodeid.partition('::')[2]}: {text}"
        for report in terminalreporter.stats.get("passed", [])
        for text in figures_in(report.capstdout)
    ]
    if found:
        terminalreporter.section("measured")
        for line in sorted(found):
            terminalreporter.line(line)


@pytest.fixture
async def a_stand(
    database: None, storage: s3.Storage, processes: Processes, tmp_path: Path
) -> AsyncIterator[MakeStand]:
    """Make a Stand: `await a_stand(own={"valkey"}, environment={"WORKER_THREADS": "2"})`. Nothing of it runs yet.

    With a Postgres of its own, `db` and every helper of tests work on that one. Its bucket is empty.
    """
    async with AsyncExitStack() as stack:

        async def make(own: Collection[str] = (), environment: dict[str, str] | None = None) -> Stand:
            env = {"VAR_DIR": str(tmp_path / "var"), "MAIL_DIR": str(tmp_path / "mail")}
            mine = None
            if own:
                (tmp_path / "own").mkdir()
                mine = stack.enter_context(services.start(tmp_path / "own", wanted=own, durable=False))
                env |= mine.environment()
            if "postgres" in own:
                _migrate(env["DATABASE_URL"])
                await stack.enter_async_context(another_database(env["DATABASE_URL"]))
            if "s3" in own:
                store = await stack.enter_async_context(s3.connect(load({**os.environ, **env})))
            else:
                store = storage
            await swept(store)
            return Stand(processes, mine, store, {**env, **(environment or {})})

        yield make


async def swept(store: s3.Storage) -> sweeping.Swept:
    """Delete at once all that nothing refers to; what other tests have left, too."""
    return await sweeping.sweep(store, timedelta(0), NAMED)
