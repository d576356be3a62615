"""One worker process: `python -m workers.run [--queue NAME ...] [--also MODULE ...]`.

Without `--queue` it serves all of them; `--also` imports modules with more jobs.

Dramatiq runs in a session of its own and gets exactly one SIGTERM, however many reach us: on a second one it would
take its killing path and then stay alive, because its loop's thread is no daemon. After the grace time the whole
session is killed; leases give its work to others.
"""

import argparse
import functools
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from backend.core.processes import die_with_parent
from backend.core.settings import SettingsError, settings
from workers.registry import Queue

_POLL_S = 0.1


def _parsed(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m workers.run")
    parser.add_argument("--queue", action="append", choices=[str(queue) for queue in Queue], dest="queues")
    parser.add_argument("--also", action="append", default=[], metavar="MODULE", help="import more jobs from here")
    return parser.parse_args(argv)


def command(queues: list[str], also: list[str]) -> list[str]:
    """Dramatiq's own command line: one process, its threads, our queues."""
    grace_ms = int(settings().worker_grace_s * 1000)
    return [
        sys.executable,
        "-m",
        "dramatiq",
        "workers.main",
        *also,
        "--processes",
        "1",
        "--threads",
        str(settings().worker_threads),
        "--worker-shutdown-timeout",
        str(max(500, grace_ms - 500)),
        "--skip-logging",
        "--queues",
        *queues,
    ]


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; 0 after a stop that was asked for."""
    options = _parsed(sys.argv[1:] if argv is None else argv)
    try:
        settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    worker = subprocess.Popen(  # noqa: S603 - our own command line
        command(options.queues or [str(queue) for queue in Queue], options.also),
        start_new_session=True,
        preexec_fn=functools.partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - no threads run yet
        env={**os.environ, "LULUS_WORKER_SESSION": "1"},
    )
    asked_at: float | None = None

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked_at
        if asked_at is None:
            asked_at = time.monotonic()
            worker.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    while True:
        try:
            code = worker.wait(_POLL_S)
            break
        except subprocess.TimeoutExpired:
            if asked_at is not None and time.monotonic() - asked_at > settings().worker_grace_s:
                os.killpg(worker.pid, signal.SIGKILL)
    return 0 if asked_at is not None else max(code, 1)


if __name__ == "__main__":
    raise SystemExit(main())
