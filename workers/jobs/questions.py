"""Jobs about questions."""

import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from backend.core.settings import settings
from backend.domain.assessments import imports
from backend.domain.assessments.formats.findings import ReadFile
from backend.domain.assessments.formats.reading import read_questions
from backend.domain.assessments.imports import ImportReport, QuestionOrder
from backend.domain.jobs import running
from backend.domain.jobs.running import Claim
from workers import resources
from workers.registry import Queue, job

PHASES = 3


@job(queue=Queue.HEAVY, time_limit_s=240, phases=True)
async def import_questions(order: QuestionOrder, held: Claim) -> Callable[[], Awaitable[ImportReport]]:
    """Take the questions of a stored file, or look at what they would be.

    Safe to repeat: the file's row says what this job has written before.
    """
    read = await _read(order, held)
    await running.progress(held, 2, PHASES)
    return partial(imports.take_questions, order, read, held.id)


async def _read(order: QuestionOrder, held: Claim) -> ReadFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "questions"
        await resources.storage().download(order.object_key, path, max_bytes=settings().max_sheet_bytes)
        await running.progress(held, 1, PHASES)
        return await read_questions(path, order.format, order.quiz_type)
