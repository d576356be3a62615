"""What storage is used for by certificates."""

from backend.core import db
from backend.core.actor import Actor


async def papers(actor: Actor) -> tuple[int, int]:
    """How many certificates have a file, and their bytes; nothing for who is no admin. One statement."""
    if not actor.is_admin:
        return 0, 0
    found = await db.row(
        "SELECT count(*) AS count, coalesce(sum(size_bytes), 0)::bigint AS size_bytes FROM certificate"
        " WHERE object_key IS NOT NULL"
    )
    return (found["count"], found["size_bytes"]) if found else (0, 0)
