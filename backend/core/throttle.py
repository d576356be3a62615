"""Counting what must not happen too often, exactly, over all processes: one row per key and window in Postgres."""

from piccolo.columns import Integer, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core import db


class Throttle(Table, tablename="throttle"):
    """How often something happened since `window_started_at`. Unlogged: a crash forgets it, which is safe."""

    key = Varchar(length=200, primary_key=True)
    hits = Integer(default=0)
    window_started_at = Timestamptz(default=TimestamptzNow())


COUNT = (
    "INSERT INTO throttle AS t (key, hits, window_started_at) VALUES ({key}, 1, now())"
    " ON CONFLICT (key) DO UPDATE SET"
    "  hits = CASE WHEN t.window_started_at < now() - make_interval(secs => {window}) THEN 1 ELSE t.hits + 1 END,"
    "  window_started_at = CASE WHEN t.window_started_at < now() - make_interval(secs => {window})"
    "   THEN now() ELSE t.window_started_at END"
    " RETURNING hits"
)
"""Counts one more, for a statement that does more than that. Shape: parameters `{key}` and `{window}` (seconds)."""


async def hit(key: str, *, window_s: int) -> int:
    """Count one more, and say how many there are in the running window."""
    count: int = await db.value(COUNT.format(key="$1", window="$2"), key, float(window_s))
    return count


async def wait_s(key: str, *, limit: int, window_s: int) -> int:
    """Seconds until `key` may happen again; 0 when it may now. Counts nothing."""
    seconds: float | None = await db.value(
        "SELECT extract(epoch FROM window_started_at + make_interval(secs => $3) - now())::float8"
        " FROM throttle WHERE key = $1 AND hits >= $2",
        key,
        limit,
        float(window_s),
    )
    return max(0, round(seconds + 0.5)) if seconds is not None and seconds > 0 else 0


async def forget(key: str) -> None:
    """Start counting anew (a login succeeded)."""
    await db.statement("DELETE FROM throttle WHERE key = $1", key)
