"""Processes that must not outlive the one that started them.

As a script it becomes another program that dies with its parent: `python processes.py PARENT PROGRAM [ARGUMENT ...]`.
It imports nothing of ours, so it starts quickly and from anywhere.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Have the kernel send `number` to this process when its parent ends; exit now if that is gone already.

    A fork does not inherit it: every process asks for itself.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os._exit(0)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell wanted: what is run is our caller's own choice
