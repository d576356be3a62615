"""What a person, and a program, is told once Lulus is up."""

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from backend.devstack.console import Console

DOCS_PATH = "/docs"
CERTIFICATE_PATH = "/certificates"
OPERATIONS_PATH = "/ops"


class Login(msgspec.Struct):
    """How to sign in as one of the demo people."""

    email: str
    password: str


Logins = dict[str, Login]


class Program(msgspec.Struct):
    """How a partner's program calls the demo school."""

    client: str
    secret: str


Programs = dict[str, Program]


def read_logins(path: Path) -> Logins:
    """The demo people that the seed has written down: admin, guru, siswa.

    Raises: OSError when there are none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Logins)
    except msgspec.DecodeError as error:
        raise OSError(f"{path} is not what the seed writes: {error}") from error


def read_programs(path: Path) -> Programs:
    """The partners' programs that the seed has written down, by dialect; none where it wrote none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Programs)
    except (OSError, msgspec.DecodeError):
        return {}


def _short(path: Path) -> str:
    """The path as seen from here, when it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


@dataclass(frozen=True)
class Demo:
    """Whom the demo school knows."""

    logins: Logins
    programs: Programs


@dataclass(frozen=True)
class Addresses:
    """Where things are, given where the web is."""

    api: str

    @property
    def docs(self) -> str:
        """The API's documentation."""
        return self.api + DOCS_PATH

    @property
    def ready(self) -> str:
        """Health of everything the web needs."""
        return self.api + "/readyz"

    @property
    def certificates(self) -> str:
        """The page on which strangers verify a certificate."""
        return self.api + CERTIFICATE_PATH

    @property
    def operations(self) -> str:
        """The page on which admins see what runs."""
        return self.api + OPERATIONS_PATH

    def as_json(self, demo: Demo, mail: Path) -> bytes:
        """The content of up.json.

        Shape: {api, docs, mail_dir, logins: {role: {email, password}}, clients: {dialect: {client, secret}}}; no
        clients where there are none.
        """
        told = {"api": self.api, "docs": self.docs, "mail_dir": _short(mail), "logins": demo.logins}
        told |= {"clients": demo.programs} if demo.programs else {}
        return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def announce(console: Console, where: Addresses, demo: Demo, mail: Path, var: Path, took_s: float) -> None:
    """Print the panel."""
    rows = [
        ("API", f"{where.api}/api/v1"),
        ("Documentation", where.docs),
        ("Health", where.ready),
        ("Certificates", where.certificates),
        ("Operations", where.operations),
        *((f"Login {role}", f"{login.email}  {login.password}") for role, login in demo.logins.items()),
        *((name.title(), f"{program.client}  {program.secret}") for name, program in demo.programs.items()),
        ("Mail", _short(mail)),
        ("Data", f"{_short(var)} (logs of the services: {_short(var / 'services' / 'log')})"),
        ("Stop", f"Ctrl-C here, or: kill {os.getpid()}"),
    ]
    rule = "-" * 78
    console.line(rule)
    console.line(f"  Lulus is up after {took_s:.1f} s.")
    for name, value in rows:
        console.line(f"  {name:<15}{value}")
    console.line(rule)
