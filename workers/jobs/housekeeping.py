"""Sweeping up: what has been over for a while is deleted."""

from backend.core import db
from backend.domain.assessments import question_files
from backend.domain.clients import commands as clients
from backend.domain.grading import previews, regrade_store
from backend.domain.jobs import running
from backend.domain.notifications import commands as notifications
from backend.domain.purchases import statements
from workers.registry import Queue, job
from workers.schedule import Empty

KEPT_DAYS = 30
CHUNK = 5_000


@job()
async def purge_sessions(_: Empty) -> int:
    """Delete sessions and mailed codes that have been over for thirty days, and counts whose window is long past.

    Safe to repeat: what is gone is gone.
    """
    sessions = await db.statement(
        "DELETE FROM session WHERE least(revoked_at, expires_at) < now() - make_interval(days => $1)", KEPT_DAYS
    )
    codes = await db.statement(
        "DELETE FROM mailed_code WHERE expires_at < now() - make_interval(days => $1)", KEPT_DAYS
    )
    await db.statement("DELETE FROM throttle WHERE window_started_at < now() - interval '2 days'")
    return sessions + codes


@job(queue=Queue.HEAVY, phases=True, time_limit_s=3600)
async def purge_jobs(_: Empty) -> int:
    """Delete done jobs, expanded events, previews, and answers kept for repeated requests, each after its time.

    Chunk by chunk, so that no statement grows with what has piled up. Safe to repeat: what is gone is gone.
    """
    gone = 0
    purges = (
        *(running.purge, previews.purge, regrade_store.purge, statements.purge, notifications.purge),
        question_files.purge,
    )
    while chunk := sum([await purge(CHUNK) for purge in purges]):
        gone += chunk
    return gone


@job(queue=Queue.HEAVY, phases=True, time_limit_s=3600)
async def purge_clients(_: Empty) -> int:
    """Delete tokens of API clients that are over, and what is old of the activity log.

    Chunk by chunk, as above. Safe to repeat: what is gone is gone.
    """
    gone = 0
    while chunk := await clients.purge(CHUNK):
        gone += chunk
    return gone
