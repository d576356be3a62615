"""Jobs about grades."""

from collections.abc import Awaitable, Callable
from functools import partial

from backend.core.settings import settings
from backend.domain.grading import imports
from backend.domain.grading.imports import SheetOrder
from backend.domain.grading.reports import SheetReport
from backend.domain.grading.sheets import ParsedSheet, read_grades
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from workers import resources, scratch
from workers.registry import Queue, job

PHASES = 3


@job(queue=Queue.HEAVY, time_limit_s=240, phases=True)
async def import_grades(order: SheetOrder, held: Claim) -> Callable[[], Awaitable[SheetReport]]:
    """Take the grades of a stored sheet, or look at what they would change.

    Safe to repeat: the history of grades says what this job has written before.
    """
    sheet = await _read(order, held)
    await running.progress(held, 2, PHASES)
    return partial(imports.take_sheet, order, sheet, held.id)


async def _read(order: SheetOrder, held: Claim) -> ParsedSheet:
    async with scratch.folder() as folder:
        path = folder / "sheet.xlsx"
        await resources.storage().download(order.object_key, path, max_bytes=settings().max_sheet_bytes)
        await running.progress(held, 1, PHASES)
        return await read_grades(path, wide=order.is_wide)
