"""A freshly started Lulus: services and secrets of its own, the processes of the Procfile, production settings."""

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg

from backend.devstack.locks import try_lock
from backend.devstack.ports import is_free, random_port
from backend.devstack.processes import Command, StartError, await_end, spawn, tell
from backend.devstack.procfile import read_procfile, shell
from backend.devstack.services import Services, start
from bench import keys
from bench.usage import cpu_s, local_ports, peak_mib

GRACE_S = 6.0
READY_S = 30.0
ALSO = {"worker": "python -m workers.run --also bench.noop", "relay": "python -m bench.noop_relay"}
"""The Procfile's own lines, with one more kind of job and one more subscription: the no-op of `prompt`."""


class Stand:
    """Everything that runs, by name."""

    def __init__(self, services: Services, folder: Path) -> None:
        self.services = services
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.port = random_port(lambda port: (port,))
        self.jwt_secret = secrets.token_hex(32)
        self.env = {
            **services.environment(),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "LULUS_ENV": "production",
            "VAR_DIR": str(folder / "var"),
            "WEB_PORT": str(self.port),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "JWT_SECRET": self.jwt_secret,
            "TICKET_SECRET": secrets.token_hex(32),
            **keys.made(folder),
        }

    @property
    def database_url(self) -> str:
        return self.env["DATABASE_URL"]

    async def connect(self) -> asyncpg.Connection:
        """A connection of the bench's own."""
        return await asyncpg.connect(self.database_url, server_settings={"application_name": "bench", "jit": "off"})

    def start(self, name: str, line: str, env: Mapping[str, str] | None = None) -> None:
        """Start a process; its lines go to a file of its own."""
        with (self.folder / f"{name}.log").open("ab") as output:
            command = Command(shell(line), env={**self.env, **(env or {})}, keep_s=GRACE_S)
            self.processes[name] = spawn(command, output)

    def start_web(self, name: str, app: str) -> int:
        """Start another application exactly as the Procfile starts the web process. Returns its port."""
        port = random_port(lambda first: (first,))
        line = read_procfile(Path("Procfile"))["web"].replace("backend.app:app", app)
        self.start(name, line, {"WEB_PORT": str(port)})
        deadline = time.monotonic() + READY_S
        while is_free(port):
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise StartError(f"{name} does not start: {self.tail(name)}")
            time.sleep(0.05)
        return port

    def tail(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()[-2000:]

    def stop(self, *names: str) -> None:
        for name in names:
            tell(self.processes[name], Command([]).stop_signal)
        for name in names:
            await_end(self.processes.pop(name), GRACE_S + 2)

    def release(self, line: str) -> None:
        self.start("release", line)
        if self.processes.pop("release").wait(120):
            raise StartError(self.tail("release"))

    def pid(self, name: str) -> int:
        """The process id of one of ours, or of a service."""
        return (self.processes | self.services.processes)[name].pid

    def cpu_s(self, names: tuple[str, ...]) -> float:
        return sum(cpu_s(self.pid(name)) for name in names)

    def peaks_mib(self, names: tuple[str, ...]) -> dict[str, float]:
        return {name: peak_mib(self.pid(name)) for name in names}

    def await_answer(self, name: str, url: str) -> None:
        """Wait for a 200. Raises: StartError when the process ends or stays silent."""
        deadline = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
                return
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise StartError(f"{name} does not answer: {self.tail(name)}")
            time.sleep(0.05)

    @contextlib.asynccontextmanager
    async def round_trips(self, name: str) -> contextlib.AbstractAsyncContextManager[list[str]]:
        """Collect what a process says to Postgres in the block, one entry per round trip (a script is one)."""
        said: list[str] = []
        log = self.services.logs / "postgres.log"
        control = await self.connect()
        try:
            await _logging(control, to="all")
            begun = log.stat().st_size
            yield said
            ports = local_ports(self.pid(name))
            await _logging(control, to="none")
            text = log.read_bytes()[begun:].decode(errors="replace")
            said += [found["sql"] for found in _SAID.finditer(text) if int(found["port"]) in ports]
        finally:
            await control.close()


_SAID = re.compile(r"^bench-port=\S*\((?P<port>\d+)\) LOG:  (?:statement|execute [^:]*): (?P<sql>.*)$", re.MULTILINE)


async def _logging(control: asyncpg.Connection, *, to: str) -> None:
    await control.execute(f"ALTER SYSTEM SET log_statement = '{to}'")
    await control.execute("ALTER SYSTEM SET log_line_prefix = 'bench-port=%r '")
    await control.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(0.5)  # every backend reads the new setting before its next statement


async def _prepare_postgres(database_url: str) -> None:
    control = await asyncpg.connect(database_url)
    await control.execute("ALTER SYSTEM SET track_commit_timestamp = on")  # to know when a row was really there
    await control.close()


@contextlib.contextmanager
def services(keep: Path | None) -> Iterator[tuple[Services, Path]]:
    """Durable services (fsync on) on data of their own; thrown away afterwards unless a folder is named."""
    folder = keep or Path(tempfile.mkdtemp(prefix="lulus-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    if try_lock(folder / "bench.lock") is None:
        raise StartError(f"Another bench runs in {folder}.")
    shutil.rmtree(folder / "services", ignore_errors=True)
    try:
        with start(folder.absolute() / "services") as running:
            yield running, folder
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def stand(keep: Path | None = None) -> contextlib.AbstractAsyncContextManager[Stand]:
    """Start everything, and stop it at the end."""
    with services(keep) as (running, folder):
        await _prepare_postgres(running.environment()["DATABASE_URL"])
        running.restart("postgres")
        made = Stand(running, folder)
        lines = read_procfile(Path("Procfile")) | ALSO
        made.release(lines.pop("release"))
        try:
            for name, line in lines.items():
                made.start(name, line)
            made.await_answer("web", f"http://127.0.0.1:{made.port}/readyz")
            yield made
        finally:
            made.stop(*made.processes)
