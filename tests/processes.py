"""Real processes of the Procfile for tests, and what they leave behind."""

import asyncio
import contextlib
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest

ROOT = Path(__file__).parents[1]
STARTS_S = 90.0
"""Within this a process has started, also on a machine that does much else; no promise of Lulus is about it."""


class Processes:
    """Processes of the Procfile, in sessions of their own, with a mark in their environment to find what is left."""

    def __init__(self, folder: Path) -> None:
        self.mark = secrets.token_hex(8)
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, "LULUS_TEST_MARK": self.mark, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def left(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("LULUS_TEST_MARK") == self.mark and process.status() != "zombie":
                    found.append(process)
        return found

    def log_of(self, process: subprocess.Popen[bytes]) -> str:
        """What a process that was started here has written."""
        return (self._folder / f"{self._started.index(process)}.log").read_text(errors="replace")

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def kill(self) -> None:
        for process in self.left():
            with contextlib.suppress(psutil.Error):
                process.kill()
        for process in self._started:
            process.wait()

    def peaks(self) -> dict[str, int]:
        """Peak resident memory (MiB) of each living process, by what it runs and its pid."""
        found = {}
        for process in self.left():
            with contextlib.suppress(psutil.Error, OSError):
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
                found[f"{_what(process.cmdline())} {process.pid}"] = peak // 1024
        return found


def _what(words: list[str]) -> str:
    known = ("workers.relay", "workers.schedule", "workers.run", "dramatiq", "granian", "confined")
    return next((name for name in known if any(name in word for word in words)), " ".join(words)[:60])


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Start processes; all are killed in the end."""
    made = Processes(tmp_path)
    yield made
    made.kill()


class Lulus(msgspec.Struct):
    """A running Lulus: where its web process answers, and its processes."""

    url: str
    processes: Processes
    mail_dir: Path


def web(made: Processes, port: int, **environment: str) -> subprocess.Popen[bytes]:
    """Start a web process."""
    granian = str(Path(sys.executable).with_name("granian"))
    options = ("--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers-kill-timeout", "3")
    return made.start(granian, *options, "--loop", "uvloop", "--no-ws", "backend.app:app", **environment)


async def answers(url: str, made: Processes, seconds: float = STARTS_S) -> None:
    """Wait until a web process answers."""
    async with httpx.AsyncClient() as http, asyncio.timeout(seconds):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(f"{url}/hello")).status_code == 200:
                    return
            if not made.left():
                raise AssertionError(made.logs())
            await asyncio.sleep(0.05)


@pytest.fixture
def surroundings() -> dict[str, str]:
    """Settings a module's own fixture of this name hands to `lulus`."""
    return {}


@pytest.fixture
async def lulus(
    database: None, storage: object, processes: Processes, tmp_path: Path, surroundings: dict[str, str]
) -> Lulus:
    """Web, worker, relay and schedule as the Procfile starts them, on this test worker's own database and bucket."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"PUBLIC_URL": url, "VAR_DIR": str(tmp_path / "var"), "MAIL_DIR": str(tmp_path / "mail")}
    environment |= surroundings
    web(processes, port, **environment)
    for module in ("workers.run", "workers.relay", "workers.schedule"):
        processes.start("-m", module, **environment)
    await answers(url, processes)
    return Lulus(url, processes, tmp_path / "mail")
