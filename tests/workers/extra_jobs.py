"""Jobs for tests of real worker processes; loaded with `python -m workers.run --also tests.workers.extra_jobs`."""

import asyncio
from collections.abc import Sequence

import msgspec

from backend.core import db
from backend.domain.jobs import running
from workers.registry import KINDS, Queue, job


class Slow(msgspec.Struct, frozen=True):
    """How long to work (s), and under which key to count."""

    key: str
    seconds: float = 0.0


async def count(key: str) -> None:
    await db.statement(
        "INSERT INTO throttle AS t (key, hits, window_started_at) VALUES ($1, 1, now())"
        " ON CONFLICT (key) DO UPDATE SET hits = t.hits + 1",
        key,
    )


if "test_slow" not in KINDS:

    @job(time_limit_s=60, phases=True)
    async def test_slow(body: Slow) -> None:
        """Work outside any transaction, then count in one."""
        await asyncio.sleep(body.seconds)
        async with db.transaction():
            await count(body.key)

    @job(queue=Queue.MAIL, time_limit_s=60, phases=True)
    async def test_notice(body: Slow) -> None:
        """A mail server that takes its time."""
        await asyncio.sleep(body.seconds)

    @job(time_limit_s=60, phases=True)
    async def test_steps(body: Slow, held: running.Claim) -> str:
        """Ten steps with progress, then count."""
        for step in range(10):
            await asyncio.sleep(body.seconds / 10)
            await running.progress(held, step + 1, 10)
        async with db.transaction():
            await count(body.key)
        return "ten steps"

    @job(time_limit_s=60, together=20)
    async def test_many(bodies: Sequence[Slow]) -> None:
        """Count all in one transaction, then work on as long as the slowest of them says."""
        for body in bodies:
            await count(body.key)
        await asyncio.sleep(max(body.seconds for body in bodies))
