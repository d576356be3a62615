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


class Queue(StrEnum):
    """Classes of work, so that a long video never makes a grade wait."""

    QUICK = "quick"
    HEAVY = "heavy"
    MEDIA = "media"
