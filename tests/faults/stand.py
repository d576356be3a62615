"""A Lulus to be broken: processes of the Procfile, and services of its own where those are to be broken too."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import psutil

from backend.core import db
from backend.devstack.services import Services
from storage import s3
from tests.processes import STARTS_S, Processes, answers, free_port, web

EVERYTHING = ("web", "worker", "relay", "schedule")
EXTRA_JOBS = "tests.workers.extra_jobs"
RESTART_S = 0.5


class Stand:
    """Processes by name: web, worker, relay, schedule, or "worker-2" for one more worker.

    `services` are those of its own, which a test may kill, stop and restart; all others are the test run's.
    """

    def __init__(
        self, processes: Processes, services: Services | None, storage: s3.Storage, environment: dict[str, str]
    ) -> None:
        self.processes = processes
        self.services = services
        self.storage = storage
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**environment, "PUBLIC_URL": self.url}
        self.also: tuple[str, ...] = (EXTRA_JOBS,)
        """Modules with more jobs, for workers."""
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    # Processes.

    def start(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process, again if it was running before."""
        what, env = name.partition("-")[0], {**self.environment, **environment}
        if what == "web":
            self.running[name] = web(self.processes, self.port, **env)
        else:
            module = {"worker": "workers.run"}.get(what, f"workers.{what}")
            more = [word for one in self.also for word in ("--also", one)] if what == "worker" else []
            self.running[name] = self.processes.start("-m", module, *more, **env)
        return self.running[name]

    async def up(self, *names: str, seconds: float = STARTS_S) -> None:
        """Start processes and wait until each is ready."""
        for name in names:
            self.start(name)
        await self.ready(*names, seconds=seconds)

    async def ready(self, *names: str, seconds: float = STARTS_S) -> None:
        """Wait until processes that were started are ready for work."""
        says = {"worker": "ready for action", "relay": "relay runs", "schedule": "schedule runs"}
        for name in names:
            what = name.partition("-")[0]
            if what == "web":
                await answers(self.url, self.processes, seconds)
            else:
                await until(lambda name=name, what=what: says[what] in self.log_of(name), f"{name} is ready", seconds)

    def log_of(self, name: str) -> str:
        """What the process of that name has written since it was last started."""
        return self.processes.log_of(self.running[name])

    def tree(self, name: str) -> list[psutil.Process]:
        """A process and all below it, itself first."""
        with contextlib.suppress(psutil.NoSuchProcess):
            whole = psutil.Process(self.running[name].pid)
            return [whole, *whole.children(recursive=True)]
        return []

    def kill(self, name: str) -> None:
        """SIGKILL for a process and all below it."""
        for process in self.tree(name):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.running[name].wait()

    async def stop(self, name: str, seconds: float = 15.0) -> int:
        """SIGTERM; the exit code."""
        self.running[name].terminate()
        return await asyncio.to_thread(self.running[name].wait, seconds)

    @contextlib.contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """SIGSTOP for a process and all below it, and SIGCONT in the end."""
        with _suspended(self.tree(name)):
            yield

    @contextlib.asynccontextmanager
    async def kept_up(self) -> AsyncIterator[None]:
        """Start again what ends, as the supervisor does."""
        task = asyncio.create_task(self._keep_up())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for name, process in self.running.items():
            if process.poll() is not None:
                self.start(name)

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(RESTART_S)
            for name, process in list(self.running.items()):
                if process.poll() is not None:
                    self.start(name)

    # Services of its own.

    def kill_service(self, name: str) -> None:
        """kill -9 for "postgres", "valkey" or "s3"; `restart_service` brings it back."""
        for process in self._service_tree(name):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._own.processes[name].wait()

    async def restart_service(self, name: str) -> None:
        """Bring a service back, whether it was killed or still runs: same port, same data."""
        self._own.stop_one(name)
        self._own.launch(name)  # from the main thread: the kernel ends a service with the thread that started it
        await asyncio.to_thread(self._own.await_ready, name)

    @contextlib.contextmanager
    def paused_service(self, name: str) -> Iterator[None]:
        """SIGSTOP for a service, and SIGCONT in the end."""
        with _suspended(self._service_tree(name)):
            yield

    @property
    def _own(self) -> Services:
        assert self.services is not None, "this stand has no service of its own"
        return self.services

    def _service_tree(self, name: str) -> list[psutil.Process]:
        whole = psutil.Process(self._own.processes[name].pid)
        return [whole, *whole.children(recursive=True)]


Check = Callable[[], bool | Awaitable[bool]]


async def until(check: Check, what: str, seconds: float, *, told: Callable[[], str] = str) -> float:
    """Wait until something holds; says how long that took (s)."""
    begun = time.monotonic()
    while True:
        held = check()
        if held if isinstance(held, bool) else await held:
            return time.monotonic() - begun
        assert time.monotonic() - begun < seconds, f"not within {seconds:.0f} s: {what}\n{told()}"
        await asyncio.sleep(0.02)


async def until_value(sql: str, expected: object, seconds: float = STARTS_S) -> float:
    """Wait until a statement gives a value; says how long that took (s)."""

    async def holds() -> bool:
        return await db.value(sql) == expected

    return await until(holds, f"{sql} gives {expected!r}", seconds)


@contextlib.asynccontextmanager
async def another_database(url: str) -> AsyncIterator[None]:
    """Point this process's own doors to a database at another one, so that all helpers of tests work on it."""
    pool, dsn = db.ENGINE.pool, db.ENGINE.config["dsn"]
    db.ENGINE.pool, db.ENGINE.config["dsn"] = None, url
    try:
        await db.open_pool(most=8)
        try:
            yield
        finally:
            await db.close_pool()
    finally:
        db.ENGINE.pool, db.ENGINE.config["dsn"] = pool, dsn


@contextlib.contextmanager
def _suspended(processes: list[psutil.Process]) -> Iterator[None]:
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
