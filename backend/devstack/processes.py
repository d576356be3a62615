"""Starting processes that die with us, and telling when a thing is ready."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Literal

LEASH = Path(__file__).with_name("leash.py")
POLL_S = 0.02

Identity = Literal["same", "namespace", "nobody"]


class StartError(Exception):
    """Something did not start; the text says what and where to look."""


@dataclass(frozen=True)
class Command:
    """A program, its surroundings, and the signal that stops it cleanly."""

    argv: Sequence[str]
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    identity: Identity = "same"
    keep_s: float | None = None


def leashed(command: Command) -> list[str]:
    """The argument list that runs `command` bound to this process (see leash.py)."""
    grace = "-" if command.keep_s is None else str(command.keep_s)
    head = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(command.stop_signal))]
    return [*head, command.identity, grace, "--", *command.argv]


def spawn(command: Command, output: int | IO[bytes], *, held: Collection[int] = ()) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, so that a Ctrl-C in the terminal reaches only us.

    It inherits the open files `held`, and with them their locks.

    Call it from a thread that lives as long as the process should: the kernel watches the thread.
    """
    return subprocess.Popen(
        leashed(command),
        cwd=command.cwd,
        env={**os.environ, **command.env},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=tuple(held),
    )


@cache
def unprivileged(probe: str) -> Identity:
    """How to run a program that refuses root; `probe` is the program, called with --version to find out."""
    if os.geteuid() != 0:
        return "same"
    trial = Command([probe, "--version"], identity="namespace")
    done = subprocess.run(leashed(trial), capture_output=True, check=False)
    return "namespace" if done.returncode == 0 else "nobody"


def wait_until(check: Callable[[], None], what: str, process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Call `check` until it no longer raises.

    Raises: StartError when the process ends or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            check()
        except (OSError, EOFError, ValueError) as error:
            if process.poll() is not None:
                raise StartError(f"{what} ended with code {process.returncode} while starting.") from error
            if time.monotonic() > deadline:
                raise StartError(f"{what} did not answer within {timeout_s:.0f} s: {error}") from error
            time.sleep(POLL_S)
        else:
            return


def tell(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a process unless it has ended."""
    if process.poll() is None:
        process.send_signal(number)


def await_end(process: subprocess.Popen[bytes], grace_s: float) -> bool:
    """Wait for a process that was told to stop; kill it after `grace_s`. Returns whether it went by itself."""
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return True
