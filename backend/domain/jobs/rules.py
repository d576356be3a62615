"""When a failed job runs again, and who may see one."""

import random

from backend.core.actor import Actor

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 600.0


def retry_delay_s(attempt: int, *, roll: float | None = None) -> float:
    """Seconds until attempt + 1: doubling from one second to ten minutes, of which half is chance.

    `attempt` counts from 1; `roll` (0 to 1) replaces the chance in tests.
    """
    whole = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(attempt - 1, 20))
    share = random.random() if roll is None else roll  # noqa: S311 - jitter, no secret
    return whole / 2 + whole / 2 * share


def may_see(actor: Actor, owner_id: int | None) -> bool:
    """A job is seen by its owner and by admins."""
    return actor.is_admin or (owner_id is not None and owner_id == actor.account_id)
