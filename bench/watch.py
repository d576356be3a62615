"""Peaks of memory that end with their processes: a confined child is gone before anybody asks."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from backend.devstack.leash import descendants
from bench.stand import Stand

EVERY_S = 0.02
CONFINED = "backend.core.confined"


class Peaks(dict[str, float]):
    """MiB by name: of each process that was named, and `confined child` for what the workers let read files."""

    def note(self, name: str, pid: int) -> None:
        with contextlib.suppress(OSError, IndexError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found = [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
            self[name] = round(max([self.get(name, 0.0), *found]), 1)


@contextlib.contextmanager
def peaks(stand: Stand, names: tuple[str, ...]) -> Iterator[Peaks]:
    """Look all the time, so that no process comes and goes unseen. It costs CPU time: not while measuring."""
    found, stop = Peaks(), threading.Event()
    watching = threading.Thread(target=_watch, args=(stand, names, found, stop), daemon=True)
    watching.start()
    try:
        yield found
    finally:
        stop.set()
        watching.join()


def _watch(stand: Stand, names: tuple[str, ...], found: Peaks, stop: threading.Event) -> None:
    while not stop.wait(EVERY_S):
        for name in names:
            root = stand.pid(name)
            for pid in (root, *descendants(root)):
                found.note("confined child" if _is_confined(pid) else name, pid)


def _is_confined(pid: int) -> bool:
    try:
        return CONFINED in Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
