"""Words of this feature, without any import of ours."""

from enum import StrEnum


class JobState(StrEnum):
    """Where a unit of work stands. Done, failed, parked and cancelled are ends; `jobs retry` re-opens parked."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    PARKED = "parked"
    CANCELLED = "cancelled"


OVER = frozenset({JobState.DONE, JobState.FAILED, JobState.PARKED, JobState.CANCELLED})
"""The ends; a parked job may be brought back by hand."""
