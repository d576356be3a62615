"""What happens in the background, done at once and in the test's own process and transaction."""

from collections.abc import Collection

import msgspec

from backend.core import db
from backend.core.errors import DomainError
from backend.domain.jobs import running
from workers import broker, jobs
from workers.registry import KINDS
from workers.relay import Relay
from workers.runner import execute


class Ran(msgspec.Struct, frozen=True):
    """A job that ran, and the code of the rule that refused it, if one did."""

    kind: str
    refused: str | None


async def drain(*, most: int = 1000, leaving: Collection[str] = ()) -> list[Ran]:
    """Turn events into jobs and run all that are due, until nothing is left; says what ran, in order.

    Kinds named by `leaving` are left alone.

    It runs in the caller's context, so it works inside the rolled-back transaction of a test, too. A rule that says no
    ends its job as in a worker; any other error is the test's to see.
    """
    jobs.load()
    relay, ran = Relay(), list[Ran]()
    while len(ran) < most:
        await relay.expand()
        due = await db.fetch(
            "SELECT id FROM job WHERE state = 'queued' AND run_at <= now() AND kind <> ALL($1) ORDER BY id",
            list(leaving),
        )
        if not due:
            return ran
        for found in due:
            ran.extend(await _run(found["id"]))
    raise AssertionError(f"still busy after {most} jobs; the last was {ran[-1].kind}")


async def drain_again() -> list[Ran]:
    """Run every job that is done once more, as after a crash before anybody heard of its end."""
    await db.statement("UPDATE job SET state = 'queued', attempt = 0, run_at = now() WHERE state = 'done'")
    return await drain()


async def _run(job_id: int) -> list[Ran]:
    held = await running.claim(job_id, "tests")
    if held is None:
        return []
    try:
        await execute(held, KINDS[held.kind])
    except DomainError as error:
        await running.fail(held, error.code, {"code": error.code, "data": error.data})
        return [Ran(held.kind, error.code)]
    return [Ran(held.kind, None)]


def forget_messages():
    """All messages of this test worker; others use the same Valkey."""
    client = broker.broker.client
    for key in client.scan_iter(f"{broker.broker.namespace}:*"):
        client.delete(key)
