"""Jobs of the clock."""

from typing import Any

from backend.domain.attempts import commands as attempts
from workers.registry import job
from workers.schedule import Empty


@job(phases=True)
async def close_overdue_attempts(body: Empty) -> dict[str, Any] | None:
    """Close the attempts whose time is over, chunk by chunk.

    Safe to repeat: a closed attempt is not open any more.
    """
    closed = chunk = await attempts.close_overdue()
    while chunk == attempts.CHUNK:
        chunk = await attempts.close_overdue()
        closed += chunk
    return {"closed": closed} if closed else None
