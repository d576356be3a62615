"""What the workers count for `/metrics`; one file per process in the directory that all share."""

import contextlib
import time
from collections.abc import Iterator

from backend.core.measures import Counter, Histogram, note_pool

JOBS = Counter("lulus_jobs_total", "Jobs that ran, by kind and how that ended.", ["kind", "outcome"])
JOB_SECONDS = Histogram(
    "lulus_job_seconds",
    "How long a run took, of one job or of several together.",
    ["kind"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)


@contextlib.contextmanager
def job_timed(kind: str, jobs: int = 1) -> Iterator[list[str]]:
    """Time a run, which may be one of several jobs; the block appends how it ended."""
    outcome: list[str] = []
    begun = time.perf_counter()
    try:
        yield outcome
    finally:
        JOB_SECONDS.labels(kind).observe(time.perf_counter() - begun)
        JOBS.labels(kind, outcome[0] if outcome else "cancelled").inc(jobs)
        note_pool("worker")
