"""What the three embedded services have in common."""

import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from backend.devstack.credentials import Credentials
from backend.devstack.processes import Command


@dataclass
class Service(ABC):
    """One embedded server: where it keeps its data and on which ports of 127.0.0.1 it listens.

    `durable` is off for throw-away data: the same behaviour, but the disk is not waited for.
    """

    data: Path
    port: int
    credentials: Credentials
    durable: bool = True

    name: ClassVar[str]
    grace_s: ClassVar[float] = 10.0

    @property
    def home(self) -> Path:
        """The directory of this service's data."""
        return self.data / self.name

    @classmethod
    def ports(cls, first: int) -> tuple[int, ...]:
        """The ports it takes when its own is `first`."""
        return (first,)

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Bring the data directory into a state the server can start from. Safe to repeat."""

    @abstractmethod
    def command(self) -> Command:
        """How to start it in the foreground."""

    @abstractmethod
    def check(self) -> None:
        """Talk to it with our credentials.

        Raises: OSError, EOFError or ValueError while it does not answer.
        """

    def settle(self) -> None:  # noqa: B027 - most need nothing
        """Configure what can only be configured while it runs. Safe to repeat."""

    def clear_up(self) -> None:  # noqa: B027 - most need nothing
        """Remove what a killed server leaves outside its data directory. Safe to repeat."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The settings that point Lulus to it."""


def run_quietly(argv: list[str], *, text: str = "", what: str) -> str:
    """Run a helper program to its end and return what it printed.

    Raises: OSError with the program's last words when it fails.
    """
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise OSError(f"{what} failed: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout
