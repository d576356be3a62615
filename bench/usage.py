"""What processes have used: CPU seconds and peak memory, of whole trees, from /proc."""

import contextlib
import os
from pathlib import Path

from backend.devstack.leash import descendants

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(root: int) -> float:
    """CPU seconds of a process and all below it, those that have ended and were waited for included."""
    total = 0
    for pid in (root, *descendants(root)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total / _TICKS


def peak_mib(root: int) -> float:
    """The largest peak of resident memory among the processes of a tree."""
    peaks = [0]
    for pid in (root, *descendants(root)):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return round(max(peaks) / 1024, 1)


def local_ports(root: int) -> set[int]:
    """The ports from which the processes of a tree have connected to somebody."""
    inodes = set()
    for pid in (root, *descendants(root)):
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[9] in inodes}
