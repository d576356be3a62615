"""Leases are kept up whatever happens to one of them, or to the thread's connection."""

import asyncio

import asyncpg
import pytest

from backend.core import db
from backend.core.settings import settings
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import running
from workers import lease
from workers.lease import Leases

pytestmark = [pytest.mark.commits, pytest.mark.usefixtures("database")]


async def held(key: str) -> running.Claim:
    queued = await jobs.enqueue("made_tomorrow", {"key": key})
    claim = await running.claim(queued.id, "tests")
    assert claim is not None
    await db.statement("UPDATE job SET lease_until = now() + interval '5 seconds' WHERE id = $1", claim.id)
    return claim


async def renewed(claim: running.Claim) -> None:
    """Wait until the lease is about whole again."""
    async with asyncio.timeout(8):
        while not await db.value("SELECT lease_until > now() + interval '6 seconds' FROM job WHERE id = $1", claim.id):
            await asyncio.sleep(0.05)


@pytest.fixture
def leases(monkeypatch):
    monkeypatch.setattr(lease, "RENEW_S", 0.3)
    made = Leases()
    made.start()
    yield made
    made.stop()


async def test_a_locked_row_keeps_no_other_from_its_lease(leases):
    first, second = await held("a"), await held("b")
    other = await asyncpg.connect(settings().database_url)
    try:
        async with other.transaction():
            await other.execute("SELECT 1 FROM job WHERE id = $1 FOR UPDATE", first.id)
            with leases.hold(first, time_limit_s=60), leases.hold(second, time_limit_s=60):
                await renewed(second)
    finally:
        await other.close()


async def test_an_error_that_nobody_thought_of_ends_no_lease(leases, monkeypatch):
    connect, failures = asyncpg.connect, iter([asyncpg.InternalClientError("odd"), RuntimeError("odd")])

    async def odd(*args, **options):
        for error in failures:
            raise error
        return await connect(*args, **options)

    monkeypatch.setattr(lease.asyncpg, "connect", odd)
    claim = await held("a")
    with leases.hold(claim, time_limit_s=60):
        await renewed(claim)
