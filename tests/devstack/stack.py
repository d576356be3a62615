"""Running `python -m backend.devstack` as a process of its own, and finding what it leaves behind."""

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

from backend.devstack.leash import descendants

ROOT = Path(__file__).resolve().parents[2]
LITTLE_WEB = f"{sys.executable} -I -S {Path(__file__).with_name('little_web.py')}"
MARK = "LULUS_TEST_MARK"
_OURS = (
    *("DATABASE_URL", "DB_POOL_SIZE", "REDIS_", "S3_", "JWT_SECRET", "TICKET_SECRET"),
    *("LULUS_ENV", "VAR_DIR", "MAIL_DIR", "WEB_", "PROMETHEUS_", "SIGNING_", "BADGE_"),
)
ELSEWHERE = {  # services that nobody embeds, nor calls in these tests
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "S3_ENDPOINT_URL": "http://127.0.0.1:9",
    "S3_ACCESS_KEY": "some-access-key",
    "S3_SECRET_KEY": "some-secret-key-that-is-long-enough",
}


def eventually(check, seconds=60.0, what="it"):
    """Wait for `check` to return something true, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        if found := check():
            return found
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


def born(pid):
    """When a process began, in ticks since the machine did; None when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


class Stack:
    """One `python -m backend.devstack ...`, with everything below it marked in its environment."""

    def __init__(self, folder, *arguments, env=None):
        self.mark = secrets.token_hex(8)
        self._known = {}
        self.log = folder / f"{self.mark}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend.devstack", *map(str, arguments)],
                cwd=ROOT,
                env={**clean, "VAR_DIR": str(folder / "var"), **(env or {}), MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self):
        return self.log.read_text()

    def says(self, text, seconds=30.0):
        def check():
            assert text in self.output or self.process.poll() is None, self.output
            return text in self.output

        return eventually(check, seconds, f"{text!r} in the output")

    def signal(self, number):
        self._known |= {pid: born(pid) for pid in descendants(self.process.pid)}
        self.process.send_signal(number)

    def ends(self, seconds=20.0):
        """Wait for the process itself, and return its exit code."""
        return self.process.wait(seconds)

    def alive(self):
        """The command lines, by pid, of all processes started below this one that still run.

        Most carry the mark in their environment; Valkey and PostgreSQL write over it, so those we have seen below
        the process at its last signal are remembered.
        """
        wanted = f"{MARK}={self.mark}".encode()
        found = {pid: "seen before" for pid, birth in self._known.items() if birth and born(pid) == birth}
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdecimal() and wanted in (entry / "environ").read_bytes():
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
        return found

    def all_gone(self, seconds=15.0):
        return eventually(lambda: not self.alive(), seconds, f"the end of {self.alive()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.all_gone()
