"""`make up`: everything that Lulus needs, in order, and then the Procfile under the supervisor."""

import os
import shlex
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from backend.core.settings import Settings, SettingsError, load
from backend.devstack.console import Console
from backend.devstack.credentials import development_secrets, private_directory, write_private
from backend.devstack.locks import lock_within, try_lock
from backend.devstack.panel import Addresses, Demo, announce, read_logins, read_programs
from backend.devstack.ports import next_free
from backend.devstack.processes import Command, StartError
from backend.devstack.procfile import read_procfile, shell
from backend.devstack.readiness import Readiness
from backend.devstack.services import DEFAULT_PORTS, Services, start
from backend.devstack.supervisor import Stopped, Supervisor

SEED = "python -m backend.cli seed --demo"
GRACE_S = 8.0  # longer than the web's and the worker's own

_ORPHANS_S = 20.0
_URLS = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "s3": "S3_ENDPOINT_URL"}


class Refused(Exception):
    """The start is refused; the text says why, and `code` is the exit code."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class Running(msgspec.Struct):
    """What var/up.lock says about its holder."""

    pid: int
    api: str


@dataclass
class Options:
    """What a caller of `up` may choose; tests bring processes of their own."""

    procfile: Path
    seed: str = SEED


def read_settings() -> Settings:
    """The settings as they stand before anything is started.

    Raises: Refused with code 2 when one is missing or unfit.
    """
    try:
        found = load(os.environ)
    except SettingsError as error:
        raise Refused(str(error), 2) from error
    if found.s3_endpoint_url and not (found.s3_access_key and os.environ.get("S3_SECRET_KEY")):
        raise Refused("S3_ENDPOINT_URL is set, so S3_ACCESS_KEY and S3_SECRET_KEY must be set too.", 2)
    web_port()
    return found


def web_port() -> int:
    """The port that the web is to have if it is free.

    Raises: Refused with code 2 when it is no port.
    """
    told = os.environ.get("WEB_PORT") or "8000"
    if not (told.isdecimal() and 0 < int(told) < 65_536):
        raise Refused(f"WEB_PORT must be a port from 1 to 65535, and is {told!r}.", 2)
    return int(told)


def take_lock(var: Path, console: Console) -> tuple[int, ...]:
    """Make sure that we are alone: no other `up`, and nothing left of one that was killed.

    Returns the open files to pass on to every process we start.
    Raises: Refused with code 1 when another one is running.
    """
    path = var / "up.lock"
    if try_lock(path) is None:
        try:
            other = msgspec.json.decode(path.read_bytes(), type=Running)
        except msgspec.DecodeError:
            raise Refused("Lulus is being started here already.", 1) from None
        raise Refused(
            f"Lulus is running already: {other.api} (process {other.pid}). "
            f"Stop it with Ctrl-C in its terminal, or with: kill {other.pid}",
            1,
        )
    path.write_bytes(b"")
    processes = var / "processes.lock"
    if (held := try_lock(processes)) is None:
        with console.step("Waited for the processes of a start that was killed"):
            held = lock_within(processes, _ORPHANS_S)
    return (held,)


class Up:
    """One `make up`, from the first step to the last."""

    def __init__(self, settings: Settings, options: Options, console: Console, held: tuple[int, ...]) -> None:
        self.settings = settings
        self.options = options
        self.console = console
        self.held = held
        self.var = settings.var_dir
        self.supervisor = Supervisor(console)
        self.services: Services | None = None
        self.processes = read_procfile(options.procfile)
        self.release = self.processes.pop("release", None)
        self.env: dict[str, str] = {}
        self.up_file = self.var / "up.json"

    def run(self) -> int:
        """Start everything, keep it running until somebody asks to stop, then stop everything."""
        begun = time.monotonic()
        self.supervisor.listen()
        try:
            self._start_services()
            addresses = self._choose_addresses()
            (self.var / "up.lock").write_bytes(msgspec.json.encode(Running(os.getpid(), addresses.api)))
            self._release_and_seed()
            for name, line in self.processes.items():
                self.supervisor.command(name, self._command(line), held=self.held)
            self._await_ready(addresses, begun)
            while not self.supervisor.requests:
                self.supervisor.turn()
        except Stopped:
            pass
        finally:
            self._stop()
        return 0

    def _start_services(self) -> None:
        production = self.settings.is_production
        wanted = {kind for kind, name in _URLS.items() if not (production or os.environ.get(name))}
        self.env = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "VAR_DIR": str(self.var),
        }
        if not production:
            made = development_secrets(self.var)
            for name, value in (("JWT_SECRET", made.jwt_secret), ("TICKET_SECRET", made.ticket_secret)):
                self.env[name] = os.environ.get(name) or value
        if not wanted:
            return
        with self.console.step(f"Embedded services: {', '.join(sorted(wanted))}"):
            self.services = start(self.var / "services", wanted=wanted, ports=DEFAULT_PORTS, report=self.console.line)
        self._supervise_services(self.services)
        self.supervisor.check()

    def _supervise_services(self, services: Services) -> None:
        self.env |= services.environment()
        for name, service in services.running.items():
            if service.port != DEFAULT_PORTS[name]:
                self.console.line(f"           {name} listens on port {service.port}")
            self.supervisor.adopt(name, partial(services.launch, name), process=services.processes[name])

    def _choose_addresses(self) -> Addresses:
        host, wanted = os.environ.get("WEB_HOST") or "127.0.0.1", web_port()
        port = next_free(wanted, host)
        if port != wanted:
            self.console.line(f"           port {wanted} is taken; the web listens on {port}")
        reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # where a client on this machine finds it
        addresses = Addresses(f"http://{reachable}:{port}")
        self.env |= {"WEB_HOST": host, "WEB_PORT": str(port)}
        self.env["PUBLIC_URL"] = os.environ.get("PUBLIC_URL") or addresses.api
        return addresses

    def _command(self, line: str) -> Command:
        return Command(shell(line), env=self.env, keep_s=GRACE_S)

    def _release_and_seed(self) -> None:
        if self.release:
            self._complete("release", self.release, "Release: migrations")
        if self._has_demo:
            self._complete("seed", self.options.seed, "Demo school")

    @property
    def _has_demo(self) -> bool:
        """Demo data only ever goes into an embedded database."""
        return self.services is not None and "postgres" in self.services.running

    def _complete(self, name: str, line: str, what: str) -> None:
        with self.console.step(what):
            code = self.supervisor.complete(name, self._command(line), held=self.held)
            if code != 0:
                raise Refused(f"{name} failed with exit code {code}: {shlex.join(shlex.split(line))}", 1)

    def _await_ready(self, addresses: Addresses, begun: float) -> None:
        with self.console.step("Everything answers"):
            readiness = Readiness(addresses.ready)
            while not readiness.reached:
                self.supervisor.turn()
                self.supervisor.check()
                if news := readiness.news():
                    self.console.line(news)
        demo = Demo({}, {})
        if self._has_demo:
            demo = Demo(read_logins(self.var / "demo_logins.json"), read_programs(self.var / "demo_clients.json"))
        mail = self.settings.mail_dir
        announce(self.console, addresses, demo, mail, self.var, time.monotonic() - begun)
        write_private(self.up_file, addresses.as_json(demo, mail))

    def _stop(self) -> None:
        self.up_file.unlink(missing_ok=True)
        with self.console.step("Stopped"):
            self.supervisor.stop({*self.processes, "release", "seed"}, GRACE_S + 1)
            if self.services:
                self.services.stop()


def up(options: Options) -> int:
    """Run Lulus in the foreground and return the exit code."""
    console = Console()
    try:
        settings = read_settings()
        var = private_directory(settings.var_dir)
        held = take_lock(var, console)
        (var / "up.json").unlink(missing_ok=True)
        return Up(settings, options, console, held).run()
    except Refused as error:
        print(error, file=sys.stderr)
        return error.code
    except (StartError, ValueError, OSError) as error:
        print(f"Lulus did not start: {error}", file=sys.stderr)
        return 1
