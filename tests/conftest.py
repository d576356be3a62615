"""Real services for every test: one database, one Valkey prefix and one bucket per xdist worker.

`make test` starts throw-away services and says where they are; `python -m backend.devstack run -- pytest ...` does the
same for a part of the suite.
"""

import asyncio
import atexit
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from urllib.parse import urlsplit, urlunsplit

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
SERVER_URL = os.environ.get("LULUS_TEST_SERVER_URL") or os.environ.get("DATABASE_URL", "")
TEMPLATE = "lulus_template"

if not SERVER_URL:
    raise pytest.UsageError("No services: run `make test`, or `python -m backend.devstack run -- pytest ...`.")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--golden`, and what the fault suite asks for."""
    parser.addoption("--golden", action="store_true", default=False, help="write the schemas of new events")
    parser.addoption("--fault-seed", type=int, default=None, help="repeat the faults that this seed gave")
    parser.addoption("--soak", type=float, default=10, metavar="MINUTES", help="how long the soak of `faults` takes")


def on_database(name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(SERVER_URL)._replace(path=f"/{name}"))


DATABASE = f"lulus_{WORKER}"
os.environ.update(
    LULUS_TEST_SERVER_URL=SERVER_URL,
    LULUS_ENV="test",
    DATABASE_URL=on_database(DATABASE),
    REDIS_PREFIX=f"test-{WORKER}",
    S3_BUCKET=f"lulus-test-{WORKER}",
    DB_POOL_SIZE="12",
    VAR_DIR=tempfile.mkdtemp(prefix="lulus-test-"),
)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = f"{os.environ['VAR_DIR']}/prometheus"
atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)

from collections.abc import AsyncIterator, Iterator  # noqa: E402 - settings are read when backend is imported
from typing import Any, NoReturn, cast  # noqa: E402

import asyncpg  # noqa: E402
import httpx  # noqa: E402

from backend.app import app  # noqa: E402
from backend.core import db, wake  # noqa: E402
from backend.core.log import configure  # noqa: E402
from backend.core.settings import settings  # noqa: E402
from backend.http import shared  # noqa: E402
from storage import s3  # noqa: E402
from workers import resources  # noqa: E402

pytest_plugins = ["tests.people", "tests.processes", "tests.mailbox"]
configure()


def _migrate(url: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "backend.cli", "migrate"],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "DATABASE_URL": url},
    )


async def _make_database() -> None:
    connection = await asyncpg.connect(SERVER_URL)
    try:
        await connection.execute("SELECT pg_advisory_lock(7)")
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE)
        if not known:
            await connection.execute(f"CREATE DATABASE {TEMPLATE}")
            await asyncio.to_thread(_migrate, on_database(TEMPLATE))
        await connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def database() -> AsyncIterator[None]:
    """The worker's own database, and the pool on the tests' loop."""
    await _make_database()
    await db.open_pool()
    yield
    await db.close_pool()


@pytest.fixture(scope="session")
async def storage() -> AsyncIterator[s3.Storage]:
    """The worker's own bucket."""
    async with s3.connect(settings()) as client:
        await client.ensure_bucket()
        shared.offer(client)
        resources.offer(client)
        yield client


async def _empty() -> None:
    names = await db.value(
        "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'migration'"
    )
    # without the append-only triggers: TRUNCATE fires none of them
    await db.statement(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


class _NoPool:
    """In the pool's place during a test that did not ask for it: what it wrote would stay, for others to find."""

    def __init__(self, test: str) -> None:
        self.used = ""
        self._why = f"{test} reaches the database, and what it writes there stays: ask for the fixture `database`"

    def get_size(self) -> int:
        """None is open: who only counts connections does no harm."""
        return 0

    get_idle_size = get_max_size = get_size

    def __getattr__(self, name: str) -> NoReturn:
        self.used = f"{self._why} (ENGINE.pool.{name})"
        pytest.fail(self.used)


@contextlib.contextmanager
def _no_database(test: str) -> Iterator[None]:
    """Have every way to the database fail; and the test, too, where its own code has caught that."""
    pool, guard = db.ENGINE.pool, _NoPool(test)
    db.ENGINE.pool = cast(Any, guard)
    try:
        yield
    finally:
        db.ENGINE.pool = pool
    if guard.used:
        pytest.fail(guard.used)


@pytest.fixture(autouse=True)
async def _isolation(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Roll back what a test wrote; with the marker `commits` it really commits, and the tables are emptied after it.

    Tests that ask for no database fixture (rules, wire) are left alone, and kept out of it.
    """
    if "database" not in request.fixturenames:
        await wake.over()  # what the test before rang
        with _no_database(request.node.nodeid):
            yield
        return
    if request.node.get_closest_marker("commits") or request.node.get_closest_marker("processes"):
        try:
            yield
        finally:
            await _empty()
        return
    held = db.ENGINE.current_transaction.get()
    if held is not None:  # a fixture of the module's holds it, with what the module's tests share
        part = held.connection.transaction()
        await part.start()
        yield
        await part.rollback()
        return
    transaction = db.ENGINE.transaction()
    await transaction.__aenter__()
    await db.statement("SET LOCAL idle_in_transaction_session_timeout = 0")  # a test may think for long
    try:
        yield
    finally:
        await transaction.__aexit__(Exception, Exception("what a test did is rolled back"), None)


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The SQL statements that the test has run since it asked for this."""
    record: list[str] = []
    token = db.statements_run.set(record)
    yield record
    db.statements_run.reset(token)


@pytest.fixture
async def client(database: None, storage: s3.Storage) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger's HTTP client, through the front door, on the test's own loop."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://lulus.test") as http:
        yield http
