"""The embedded services of one data directory: start, point Lulus to them, restart, stop."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Self

from backend.devstack.credentials import credentials, private_directory, remember_ports, remembered_ports
from backend.devstack.locks import locked
from backend.devstack.ports import all_free, random_port
from backend.devstack.postgres import Postgres
from backend.devstack.processes import StartError, await_end, spawn, tell, wait_until
from backend.devstack.seaweed import SeaweedFS
from backend.devstack.service import Service
from backend.devstack.valkey import Valkey

KINDS: Mapping[str, type[Service]] = {kind.name: kind for kind in (Postgres, Valkey, SeaweedFS)}
ALL = frozenset(KINDS)
DEFAULT_PORTS = {"postgres": 15432, "valkey": 16379, "s3": 18333}

_START_TIMEOUT_S = 60.0
_ATTEMPTS = 3
_LOG_LIMIT = 10 << 20

Progress = Callable[[str], None]


class Services:
    """The running services of one data directory."""

    def __init__(self, running: dict[str, Service], logs: Path) -> None:
        self.running = running
        self.logs = logs
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self) -> dict[str, str]:
        """DATABASE_URL, REDIS_URL and S3_*, as far as the service was wanted."""
        return {key: value for one in self.running.values() for key, value in one.environment().items()}

    def launch(self, name: str) -> subprocess.Popen[bytes]:
        """Start one service without waiting for it.

        Raises: OSError when its data cannot be prepared.
        """
        service, log = self.running[name], self.logs / f"{name}.log"
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        lock = service.data / f"{name}.lock"  # held by the server itself: never two on the same data
        with locked(lock, service.grace_s) as held, log.open("ab") as output:
            service.prepare()
            self.processes[name] = process = spawn(service.command(), output, held=[held])
        return process

    def await_ready(self, name: str) -> None:
        """Wait until one service answers us.

        Raises: StartError when it ends or stays silent.
        """
        service = self.running[name]
        wait_until(service.check, name, self.processes[name], _START_TIMEOUT_S)
        service.settle()

    def restart(self, name: str) -> None:
        """Start a service that has ended, or end it first; same port, same data."""
        self.stop_one(name)
        self.launch(name)
        self.await_ready(name)

    def stop_one(self, name: str) -> bool:
        """Stop one service cleanly. Returns whether it went by itself. Safe to repeat."""
        service = self.running[name]
        tell(self.processes[name], service.command().stop_signal)
        return await_end(self.processes[name], service.grace_s)

    def stop(self) -> None:
        """Stop all of them: at once where the data is thrown away anyway. Safe to repeat."""
        for name, process in self.processes.items():
            tell(process, self._last_signal(self.running[name]))
        for name, process in self.processes.items():
            await_end(process, self.running[name].grace_s)
            self.running[name].clear_up()

    def _last_signal(self, service: Service) -> signal.Signals:
        if service.durable:
            return service.command().stop_signal
        # PostgreSQL's immediate shutdown still gives its shared memory back, which SIGKILL would not
        return signal.SIGQUIT if isinstance(service, Postgres) else signal.SIGKILL

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _choose_port(kind: type[Service], preferred: int | None) -> int:
    if preferred and all_free(kind.ports(preferred)):
        return preferred
    return random_port(kind.ports)


def _start_once(data: Path, wanted: Collection[str], ports: Mapping[str, int], *, durable: bool) -> Services:
    keys = credentials(data)
    for name in wanted:
        with locked(data / f"{name}.lock", KINDS[name].grace_s):
            pass  # a server of a killed start has ended now, and its port is free again
    chosen = {name: KINDS[name] for name in ("s3", "valkey", "postgres") if name in wanted}  # slowest first
    running = {name: kind(data, _choose_port(kind, ports.get(name)), keys, durable) for name, kind in chosen.items()}
    services = Services(running, private_directory(data / "log"))
    try:
        for name in running:
            services.launch(name)
        for name in running:
            services.await_ready(name)
        remember_ports(data, {name: service.port for name, service in running.items()})
    except BaseException:
        services.stop()
        raise
    return services


def start(
    data: Path,
    *,
    wanted: Collection[str] = ALL,
    ports: Mapping[str, int] | None = None,
    durable: bool = True,
    report: Progress = lambda _: None,
) -> Services:
    """Start the wanted services on data that persists in `data`, and wait until each answers.

    The ports of the last start are preferred, then `ports`; when one is taken a free one is chosen. The services
    end with the thread that calls this, at the latest.

    Raises: StartError when one does not start; its log is in `data`/log.
    """
    private_directory(data)
    preferred = {**(ports or {}), **remembered_ports(data)}
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _start_once(data, wanted, preferred, durable=durable)
        except (StartError, OSError) as error:  # a port may have been taken between choosing and binding
            if attempt == _ATTEMPTS:
                raise StartError(f"{error} The logs are in {data / 'log'}.") from error
            report(f"{error} Trying again on other ports.")
            preferred = {}
    raise AssertionError  # the loop returns or raises


def _sweep(folder: Path) -> None:
    """Remove what a run that was killed left behind more than a day ago."""
    for old in folder.glob("lulus-run-*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > 86_400:
                shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def throw_away(wanted: Collection[str] = ALL) -> Iterator[Services]:
    """Fresh services on free ports, whose data is removed at the end.

    Raises: StartError as `start` does.
    """
    _sweep(Path(tempfile.gettempdir()))
    with (
        tempfile.TemporaryDirectory(prefix="lulus-run-", ignore_cleanup_errors=True) as folder,
        start(Path(folder), wanted=wanted, durable=False) as services,
    ):
        yield services
