"""What storage is used for, by the rows that name its objects."""

import msgspec

from backend.core import db
from backend.core.actor import Actor


class Usage(msgspec.Struct, frozen=True):
    """So many files of a kind, and their bytes. `kind`: a FileKind, or "discarded", objects that wait to be deleted."""

    kind: str
    count: int
    size_bytes: int


async def usage(actor: Actor) -> list[Usage]:
    """Files by kind, the largest first; nothing for who is no admin. One statement.

    A poster and the parts of an upload under way are not counted: no row knows their size.
    """
    if not actor.is_admin:
        return []
    rows = await db.fetch(
        "SELECT kind, count(*) AS count, coalesce(sum(size_bytes), 0)::bigint AS size_bytes FROM file"
        " WHERE state NOT IN ('begun', 'removed') GROUP BY kind"
        " UNION ALL SELECT 'discarded', count(*), 0 FROM discarded_object ORDER BY size_bytes DESC, kind"
    )
    return db.views(Usage, rows)
