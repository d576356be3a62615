"""A supervisor: starts processes, shows what they write, restarts what dies, and stops all of them."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from backend.devstack.console import Console
from backend.devstack.processes import Command, spawn, tell

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
STEADY_S = 30.0  # who has lived so long starts again without having to wait for earlier deaths

_TICK_S = 0.25
_ECHO_S = 1.0
_CHUNK = 65_536
_LONGEST_LINE = 1 << 20
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Start = Callable[[], subprocess.Popen[bytes]]


class Stopped(Exception):
    """Somebody asked us to stop."""


@dataclass
class Child:
    """One supervised process."""

    name: str
    start: Start
    restarts: bool = True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    due: float = 0.0

    @property
    def alive(self) -> bool:
        """Whether it was started and has not been seen to end."""
        return self.process is not None


class Supervisor:
    """Everything happens on one thread, because the kernel ties each child's life to the thread that made it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.requests = 0  # how often we were asked to stop
        self._last_request = 0.0
        self.restarts: dict[str, int] = {}
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._pipes: dict[IO[bytes], tuple[str, bytes]] = {}  # whose it is, and the beginning of a line
        self._waking, self._wake_end = socket.socketpair()

    def listen(self) -> None:
        """Take over the signals of this process, from the main thread."""
        for end in (self._waking, self._wake_end):
            end.settimeout(0)
        self._selector.register(self._waking, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wake_end.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in _STOP_SIGNALS:
            signal.signal(number, self._asked)

    def _asked(self, *_: object) -> None:
        """Count requests; what comes within a second is the same one, passed on by the shell or by make as well."""
        now = time.monotonic()
        if not self.requests or now - self._last_request > _ECHO_S:
            self.requests, self._last_request = self.requests + 1, now

    def check(self) -> None:
        """A point at which a long start may be given up.

        Raises: Stopped when a stop was asked for.
        """
        if self.requests:
            raise Stopped

    def command(self, name: str, command: Command, *, held: tuple[int, ...] = (), restarts: bool = True) -> None:
        """Supervise a command and show its output."""

        def start() -> subprocess.Popen[bytes]:
            process = spawn(command, subprocess.PIPE, held=held)
            assert process.stdout is not None
            os.set_blocking(process.stdout.fileno(), False)
            self._pipes[process.stdout] = (name, b"")
            self._selector.register(process.stdout, selectors.EVENT_READ, process.stdout)
            return process

        self.adopt(name, start, restarts=restarts)

    def adopt(
        self, name: str, start: Start, *, process: subprocess.Popen[bytes] | None = None, restarts: bool = True
    ) -> None:
        """Supervise what `start` starts; `process` is one that runs already."""
        self._children.append(Child(name, start, restarts, process, time.monotonic()))

    def complete(self, name: str, command: Command, *, held: tuple[int, ...] = ()) -> int:
        """Run a command to its end, with everything else kept alive meanwhile, and return its exit code.

        Raises: Stopped when a stop was asked for first.
        """
        self.command(name, command, held=held, restarts=False)
        child = self._children[-1]
        self._start_due()
        process = child.process
        while child.alive:
            self.turn()
            self.check()
        self._children.remove(child)
        return process.returncode if process else 1

    def turn(self) -> None:
        """One round: start what is due, show what was written, notice who ended."""
        self._start_due()
        self._read(_TICK_S)
        self._notice_ended()

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.alive or child.due > now or self.requests:
                continue
            child.started = now
            try:
                child.process = child.start()
            except OSError as error:
                self._plan_restart(child, str(error))

    def _notice_ended(self) -> None:
        for child in self._children:
            if child.process is None or child.process.poll() is None:
                continue
            code, child.process = child.process.returncode, None
            self._read(0)
            if child.restarts and not self.requests:
                self._plan_restart(child, f"ended with {_in_words(code)}")

    def _plan_restart(self, child: Child, reason: str) -> None:
        now = time.monotonic()
        if now - child.started > STEADY_S:
            child.pause_s = FIRST_PAUSE_S
        child.due = now + child.pause_s
        self.restarts[child.name] = self.restarts.get(child.name, 0) + 1
        self.console.of(child.name, f"{reason}; starting again in {child.pause_s:.0f} s")
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)

    def _read(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._waking:
                with contextlib.suppress(BlockingIOError):
                    self._waking.recv(_CHUNK)
            else:
                self._show(key)

    def _show(self, key: selectors.SelectorKey) -> None:
        pipe: IO[bytes] = key.data
        try:
            written = os.read(key.fd, _CHUNK)
        except BlockingIOError:
            return
        name, begun = self._pipes[pipe]
        *lines, rest = (begun + written).split(b"\n")
        if rest and (not written or len(rest) > _LONGEST_LINE):
            lines, rest = [*lines, rest], b""
        for line in lines:
            self.console.of(name, line.decode(errors="replace").rstrip("\r"))
        self._pipes[pipe] = (name, rest)
        if not written:
            self._selector.unregister(pipe)
            del self._pipes[pipe]
            pipe.close()

    def stop(self, names: set[str], grace_s: float) -> None:
        """Stop these: SIGTERM once, and after `grace_s` or at a further request SIGQUIT, which kills keepers' trees.

        What a keeper does not manage to end within two more seconds is killed by us.
        """
        asked = self.requests = max(self.requests, 1)
        leaving = [(child.name, child.process) for child in self._children if child.name in names and child.process]
        for _, process in leaving:
            tell(process, signal.SIGTERM)
        self._await([process for _, process in leaving], grace_s, lambda: self.requests > asked)
        for name, process in leaving:
            if process.poll() is None:
                self.console.of(name, "does not stop; killed")
                tell(process, signal.SIGQUIT)
        self._await([process for _, process in leaving], 2.0, lambda: False)
        for _, process in leaving:
            tell(process, signal.SIGKILL)
            process.wait()

    def _await(self, processes: list[subprocess.Popen[bytes]], seconds: float, impatient: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        while any(process.poll() is None for process in processes):
            if time.monotonic() > deadline or impatient():
                return
            self._read(_TICK_S)


def _in_words(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
