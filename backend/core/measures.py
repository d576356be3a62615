"""The door to prometheus_client: what all processes of this machine count, in one directory.

Take Counter, Gauge and Histogram from here, never from prometheus_client itself: it decides when it is imported
whether it counts for one process or for many.
"""

import os
import time
from functools import cache

from backend.core import db
from backend.core.settings import settings

FOLDER = settings().prometheus_dir
FOLDER.mkdir(parents=True, exist_ok=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)  # noqa: TID251 - the only way to tell prometheus_client

from prometheus_client import Counter, Gauge, Histogram  # noqa: E402 - reads the line above

__all__ = ["FOLDER", "Counter", "Gauge", "Histogram", "note_pool"]

_CONNECTIONS = Gauge(
    "lulus_db_connections",
    "Connections to the database, of all processes that live: in use, and at most.",
    ["process", "state"],
    multiprocess_mode="livesum",
)


_NOTE_S = 0.1


class _Noted:
    at = 0.0


def note_pool(process: str) -> None:
    """Note how many connections are out, a few times a second. `process` is "web" or "worker"."""
    at = time.monotonic()
    if at - _Noted.at < _NOTE_S:
        return
    _Noted.at = at
    used, most = db.pool_use()
    _connections(process, "used").set(used)
    _connections(process, "most").set(most)


@cache
def _connections(process: str, state: str) -> Gauge:
    return _CONNECTIONS.labels(process, state)
