"""`/metrics`: what web and worker processes of this machine count, added up, and what waits in the database."""

import fcntl
import hmac
import ipaddress
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from backend.core.measures import FOLDER, Histogram, note_pool
from backend.core.settings import settings

# after backend.core.measures, which decides how it counts
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest  # isort: skip
from prometheus_client.core import GaugeMetricFamily  # isort: skip
from prometheus_client.mmap_dict import MmapedDict  # isort: skip
from prometheus_client.multiprocess import MultiProcessCollector  # isort: skip
from prometheus_client.registry import Collector  # isort: skip

CONTENT_TYPE = CONTENT_TYPE_LATEST
ENDED = "ended"
_ADDED_UP = ("counter", "histogram")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUEST_SECONDS = Histogram(
    "lulus_http_request_seconds",
    "How long a request took, by dialect, route, method and status.",
    ["dialect", "route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


def watch(dialect: str, method: str, route: str, status: int, seconds: float) -> None:
    """Count a request (for `front.WATCHES`)."""
    _histogram(dialect, route, method if method in _METHODS else "other", status).observe(seconds)
    note_pool("web")


@cache
def _histogram(dialect: str, route: str, method: str, status: int) -> Histogram:
    """One of a few hundred: as many as there are routes and answers (paths of strangers have no route)."""
    return REQUEST_SECONDS.labels(dialect, route, method, str(status))


def may_read(scope: Mapping[str, Any]) -> bool:
    """Whether a request comes from this machine itself, or brings the token.

    A proxy on this machine that nobody declared in TRUSTED_PROXIES is no neighbour: it sends forwarding headers.
    """
    headers = dict(scope["headers"])
    token = settings().metrics_token
    given = headers.get(b"authorization", b"")
    if token and hmac.compare_digest(given, f"Bearer {token}".encode()):
        return True
    if b"x-forwarded-for" in headers or b"forwarded" in headers:
        return False
    address = (scope.get("client") or ("", 0))[0]
    with suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return False


def exposition(gauges: Mapping[str, tuple[str, float]], folder: Path = FOLDER) -> bytes:
    """The text that Prometheus reads. Shape of `gauges`: name -> (help, value). Reads files: call it in a thread."""
    registry = CollectorRegistry()
    registry.register(_Given(gauges))
    with _alone(folder):
        fold_ended(folder)
        MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]  # upstream has no annotation
        return generate_latest(registry)


class _Given(Collector):
    def __init__(self, gauges: Mapping[str, tuple[str, float]]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[GaugeMetricFamily]:
        for name, (text, value) in self._gauges.items():
            yield GaugeMetricFamily(name, text, value=value)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One reader at a time, so that none sees a count both in its process's file and folded."""
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fold_ended(folder: Path) -> None:
    """Add the counts of processes that have ended to one file, and drop their gauges; else files pile up."""
    for path in folder.glob("gauge_live*.db"):
        if _has_ended(path):
            path.unlink(missing_ok=True)
    for kind in _ADDED_UP:
        old = [path for path in folder.glob(f"{kind}_*.db") if _has_ended(path)]
        if old:
            _fold(folder / f"{kind}_{ENDED}.db", old)


def _has_ended(path: Path) -> bool:
    pid = path.stem.rsplit("_", 1)[-1]
    if not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _fold(into: Path, old: list[Path]) -> None:
    sums: defaultdict[str, float] = defaultdict(float)
    for path in [*old, *([into] if into.exists() else [])]:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(path)):  # type: ignore[no-untyped-call]  # as below
            sums[key] += value
    fresh = into.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    kept = MmapedDict(str(fresh))  # type: ignore[no-untyped-call]  # upstream has no annotation
    for key, value in sums.items():
        kept.write_value(key, value, 0.0)  # type: ignore[no-untyped-call]  # as above
    kept.close()  # type: ignore[no-untyped-call]  # as above
    fresh.replace(into)
    for path in old:
        path.unlink(missing_ok=True)
