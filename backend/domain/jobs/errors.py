"""What can go wrong with jobs."""

from backend.core.errors import Conflict, NotFound


class JobNotFound(NotFound):
    """No such job of yours."""

    code = "jobs.not_found"


class JobOver(Conflict):
    """The job has ended (`state` says how), so it can be neither cancelled nor retried."""

    code = "jobs.over"


class Fenced(Exception):
    """The job was taken over, cancelled or parked while it ran; nothing of this run may be kept."""
