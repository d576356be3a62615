"""One worker process: `python -m workers.run`.

Dramatiq runs in a session of its own and gets exactly one SIGTERM, however many reach us: on a second one it would
take its killing path and then stay alive, because its loop's thread is no daemon. After the grace time the whole
session is killed; leases give its work to others.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from backend.core.settings import SettingsError, settings
from workers.registry import Queue

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.1


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def command(queues: list[str]) -> list[str]:
    """Dramatiq's own command line: one process, its threads, our queues."""
    grace_ms = int(settings().worker_grace_s * 1000)
    return [
        sys.executable,
        "-m",
        "dramatiq",
        "workers.main",
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


def main() -> int:
    """Run until SIGTERM or SIGINT; 0 after a stop that was asked for."""
    try:
        settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    queues = sys.argv[1:] or [str(queue) for queue in Queue]
    worker = subprocess.Popen(  # noqa: S603 - our own command line
        command(queues),
        start_new_session=True,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - no threads run yet
        env={**os.environ, "LULUS_WORKER_PROCESS": "1"},
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
