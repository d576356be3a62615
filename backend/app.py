"""The web process: the only list of dialects, and what they share."""

import gc

gc.disable()  # starting allocates much and drops nothing: collecting would take a third of the start

import importlib
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.core import db, wake
from backend.core.log import configure
from backend.core.processes import die_with_parent
from backend.core.settings import settings
from backend.domain.assignments.readers import reads_assignment, reads_submission
from backend.domain.attempts.readers import reads_answer, reads_question
from backend.domain.certificates import badge_keys
from backend.domain.enrolments.readers import reads_material
from backend.domain.files import access
from backend.domain.files.terms import OwnerKind
from backend.domain.jobs import queries as jobs
from backend.domain.purchases.readers import reads_purchase
from backend.http import ending, metrics, shared
from backend.http.front import WATCHES, Dialect, FrontDoor
from backend.http.lanes import directory
from backend.http.watch import Hub
from storage import s3

DIALECTS = (
    "backend.dialects.ruangkerja",
    "backend.dialects.learning360",
    "backend.dialects.lms",
    "backend.dialects.site",
)
"""Modules of dialects, the most particular first; `site` is last and takes what nobody claims."""

READERS: dict[OwnerKind, access.Reader] = {
    OwnerKind.MATERIAL: reads_material,
    OwnerKind.ASSIGNMENT: reads_assignment,
    OwnerKind.SUBMISSION: reads_submission,
    OwnerKind.PURCHASE: reads_purchase,
    OwnerKind.QUESTION: reads_question,
    OwnerKind.ANSWER: reads_answer,
}
"""Who says whether a file may be read, by what the file belongs to; the rest is public, or the owner's."""


@asynccontextmanager
async def resources() -> AsyncIterator[None]:
    """Pool and storage of this process, opened on the loop that uses them.

    A worker of a server ends with the server: an orphan would go on answering, with the code of yesterday.
    """
    server = multiprocessing.parent_process()
    if server is not None and server.pid is not None:
        die_with_parent(server.pid)
    configure()
    await db.open_pool()
    try:
        async with s3.connect(settings()) as storage:
            shared.offer(storage)
            with ending.told(job_hub.close):
                yield
    finally:
        await db.close_pool()


def load(name: str) -> Dialect:
    """A dialect by its module's name."""
    module = importlib.import_module(f"{name}.app")
    app = module.build()
    lane = directory(app, getattr(module, "LANE", ""))
    return Dialect(module.NAME, module.claims, app, getattr(module, "DOCS", ""), lane)


if settings().is_production:
    badge_keys.keys()  # keys that cannot be used stop the start, and not the first badge
job_hub = Hub(jobs.jobs_watched, wake.JOB_CHANNEL)
shared.offer_job_hub(job_hub)
WATCHES.append(metrics.watch)
access.READERS.update(READERS)
app = FrontDoor([load(name) for name in DIALECTS], resources)
shared.offer_docs(tuple((dialect.name, dialect.docs) for dialect in app.dialects if dialect.docs))
gc.freeze()  # what is there now stays: no collection walks it again
gc.enable()
