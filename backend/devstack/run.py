"""`run`: throw-away or named services around one command."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from backend.devstack.processes import Command, StartError, leashed
from backend.devstack.services import start, throw_away

_GRACE_S = 10.0


def terminate(_number: int, _frame: object) -> None:
    """A signal handler that ends the program by way of its `finally` blocks."""
    raise SystemExit(128 + signal.SIGTERM)


def run_command(argv: list[str], env: dict[str, str]) -> int:
    """Run a command in the foreground, in our session and on our terminal, and return its exit code.

    A Ctrl-C reaches it directly; we wait for it to end.
    """
    process = subprocess.Popen(leashed(Command(argv, keep_s=_GRACE_S)), env={**os.environ, **env})
    try:
        while True:
            try:
                code = process.wait()
                return 128 - code if code < 0 else code
            except KeyboardInterrupt:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S + 2)
            process.kill()
            process.wait()


def run(argv: list[str], data: Path | None, *, fresh: bool) -> int:
    """Start services, run the command with the environment that points to them, stop them.

    Without `data` everything is thrown away afterwards; `fresh` empties `data` first.
    """
    signal.signal(signal.SIGTERM, terminate)
    if data and fresh:
        shutil.rmtree(data, ignore_errors=True)
    begun = time.monotonic()
    try:
        with throw_away() if data is None else start(data.absolute()) as services:
            took = time.monotonic() - begun
            print(f"[devstack] {', '.join(services.running)} ready in {took:.2f} s", file=sys.stderr, flush=True)
            env = services.environment()
            if data is None:
                env["LULUS_ENV"] = "test"
            return run_command(argv, env)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
