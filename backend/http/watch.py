"""Who watches what: one hub per web process tells every open stream what has changed.

It listens to Postgres on a connection of its own while somebody watches, and looks once a second without being told,
so a lost notification costs a second. However many watch, one look is one call for all of them.
"""

import asyncio
import contextlib
import contextvars
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import asyncpg

from backend.core.errors import TooMany
from backend.core.log import logger
from backend.core.settings import settings

POLL_S = 1.0
GAP_S = 0.02
CONNECT_S = 2.0
MOST_EACH = 50
"""Streams that one person may have open in a process: more than a browser opens, and no way to hold it up."""
RETRY_S = 10

_log = logger(__name__)


class Watchable(Protocol):
    """A thing whose `version` rises with every change that a watcher should see."""

    @property
    def uuid(self) -> UUID:
        """Its name."""

    @property
    def version(self) -> int:
        """How often it has changed."""


class TooManyStreams(TooMany):
    """One person has too many streams open."""

    code = "http.too_many_streams"


V = TypeVar("V", bound=Watchable)
Look = Callable[[Sequence[UUID]], Awaitable[Sequence[V]]]
"""Reads the present state of all things of these names; those that are gone are left out."""


class Watch(Generic[V]):
    """One stream's view of a thing. It keeps the latest state only, so a slow reader costs nothing."""

    def __init__(self, seen: int) -> None:
        self.is_over = False
        self._seen = seen
        self._latest: V | None = None
        self._bell = asyncio.Event()

    def tell(self, state: V) -> None:
        """Replace what was not fetched yet; what was seen already is left out."""
        if state.version > self._seen:
            self._seen = state.version
            self._latest = state
            self._bell.set()

    def end(self) -> None:
        """Nothing will come any more."""
        self.is_over = True
        self._bell.set()

    async def next(self, timeout_s: float) -> V | None:
        """The latest state that was not fetched yet; None after the time, or at the end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), timeout_s)
        latest, self._latest = self._latest, None
        if not self.is_over:
            self._bell.clear()
        return latest


class Hub(Generic[V]):
    """All watches of a process on one kind of thing. It works while somebody watches, and not otherwise."""

    def __init__(self, look: Look[V], channel: str) -> None:
        self._look = look
        self._channel = channel
        self._watches: dict[UUID, set[Watch[V]]] = {}
        self._people: Counter[int] = Counter()
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._listener: asyncpg.Connection | None = None
        self._is_closed = False

    @contextlib.contextmanager
    def watching(self, uuid: UUID, *, seen: int, who: int = 0) -> Iterator[Watch[V]]:
        """Watch a thing whose version `seen` is known already; `who` is counted by `room_for`."""
        watch = Watch[V](seen)
        self._people[who] += 1
        self._watches.setdefault(uuid, set()).add(watch)
        if self._is_closed:
            watch.end()
        else:
            self._work()
        try:
            yield watch
        finally:
            self._people[who] -= 1
            if not self._people[who]:
                del self._people[who]
            self._watches[uuid].discard(watch)
            if not self._watches[uuid]:
                del self._watches[uuid]

    def room_for(self, who: int) -> None:
        """Whether somebody may open one more stream in this process. Raises: TooManyStreams."""
        if self._people[who] >= MOST_EACH:
            raise TooManyStreams(limit=MOST_EACH, retry_after_s=RETRY_S)

    @property
    def watchers(self) -> int:
        """How many streams are open."""
        return sum(len(watches) for watches in self._watches.values())

    def close(self) -> None:
        """End all watches, and those that come after this: the process stops."""
        self._is_closed = True
        for watches in self._watches.values():
            for watch in watches:
                watch.end()
        self._bell.set()

    def _work(self) -> None:
        self._bell.set()
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            # an empty context: the hub outlives the request that it was woken by
            self._task = loop.create_task(self._serve(), context=contextvars.Context())

    async def _serve(self) -> None:
        try:
            while self._watches and not self._is_closed:
                try:
                    await self._listen()
                    self._bell.clear()
                    await self._tell()
                except Exception as error:  # noqa: BLE001 - whatever broke: watchers wait, and the next look is near
                    _log.warning("watchers wait for the database", error=type(error).__name__)
                    self._bell.clear()
                await asyncio.sleep(GAP_S)  # changes that come in swarms are one look
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._bell.wait(), POLL_S)
        finally:
            if self._listener is not None:
                self._listener.terminate()
                self._listener = None

    async def _tell(self) -> None:
        wanted = list(self._watches)
        found = {state.uuid: state for state in await self._look(wanted)}
        for uuid in wanted:
            for watch in self._watches.get(uuid, ()):
                if uuid in found:
                    watch.tell(found[uuid])
                else:
                    watch.end()

    async def _listen(self) -> None:
        if self._listener is not None and not self._listener.is_closed():
            return
        self._listener = await asyncpg.connect(settings().database_url, timeout=CONNECT_S, command_timeout=CONNECT_S)
        await self._listener.add_listener(self._channel, self._heard)

    def _heard(self, _connection: object, _pid: int, _channel: str, text: object) -> None:
        with contextlib.suppress(ValueError):
            if UUID(str(text)) in self._watches:
                self._bell.set()
