"""What the workers count for `/metrics`; one file per process in the directory that all share."""

import contextlib
import time
from collections.abc import Iterator

from backend.core.measures import Counter, Histogram, note_pool

JOBS = Counter("lulus_jobs_total", "Runs of jobs, by kind and how they ended.", ["kind", "outcome"])
JOB_SECONDS = Histogram(
    "lulus_job_seconds",
    "How long a run took.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)


@contextlib.contextmanager
def job_timed(kind: str) -> Iterator[list[str]]:
    """Time a run; the block appends how it ended."""
    outcome: list[str] = []
    begun = time.perf_counter()
    try:
        yield outcome
    finally:
        JOB_SECONDS.labels(kind).observe(time.perf_counter() - begun)
        JOBS.labels(kind, outcome[0] if outcome else "cancelled").inc()
        note_pool("worker")
