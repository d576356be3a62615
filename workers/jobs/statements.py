"""Bank statements."""

from collections.abc import Awaitable, Callable
from functools import partial

from backend.core.settings import settings
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from backend.domain.purchases import statements
from backend.domain.purchases.statement_reports import StatementReport
from backend.domain.purchases.statements import StatementOrder
from workers import resources, scratch
from workers.registry import Queue, job

PHASES = 3


@job(queue=Queue.HEAVY, time_limit_s=240, phases=True)
async def match_statement(order: StatementOrder, held: Claim) -> Callable[[], Awaitable[StatementReport]]:
    """Hold a stored bank statement against open purchases, and show what it would confirm.

    Safe to repeat: it confirms nothing, and keeps one preview.
    """
    async with scratch.folder() as folder:
        path = folder / "statement.csv"
        await resources.storage().download(order.object_key, path, max_bytes=settings().max_sheet_bytes)
        await running.progress(held, 1, PHASES)
        statement = await statements.read_statement(path)
    await running.progress(held, 2, PHASES)
    return partial(statements.show_matches, order, statement, held.id)
