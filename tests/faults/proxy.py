"""A TCP proxy between Lulus and one of its partners that loses, cuts, delays and slows what it is told to.

It runs in the test's own process. What goes through is watched for the rules' words: the first rule whose `asks` is in
what the client says decides what becomes of the partner's reply to it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import msgspec

PIECE = 64 << 10


class Rule(msgspec.Struct):
    """What becomes of the next `times` replies to what has `asks` in it, after the first `after` of them.

    `answer` is said in the partner's stead, which hears nothing. `lose` lets the partner act, and breaks the connection
    off after `let` bytes of its reply. `hold` keeps the reply until `go` is set. `change` replaces bytes of the reply.
    """

    asks: bytes
    answer: bytes | None = None
    lose: bool = False
    let: int = 0
    hold: bool = False
    change: Callable[[bytes], bytes] | None = None
    times: int = 1
    after: int = 0
    met: int = 0
    """How often it has been applied."""
    go: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    reached: asyncio.Event = msgspec.field(default_factory=asyncio.Event)

    def takes(self, said: bytes) -> bool:
        """Whether this rule is for what was said; counts it."""
        if self.asks not in said or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        self.met += 1
        return True


class Proxy:
    """Its port, its rules, and how fast it is (bytes per second each way, None: as fast as can be)."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port_behind = host, port
        self.port = 0
        self.rules: list[Rule] = []
        self.pace: int | None = None
        self.is_deaf = False
        """Takes connections and says nothing."""
        self._serving: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def add(self, asks: bytes, **how: object) -> Rule:
        """Add a rule."""
        rule = Rule(asks, **how)  # type: ignore[arg-type]
        self.rules.append(rule)
        return rule

    def heal(self) -> None:
        """Let everything through again; what is held goes on."""
        for rule in self.rules:
            rule.go.set()
        self.rules.clear()
        self.pace, self.is_deaf = None, False

    def cut(self) -> int:
        """Reset all connections; says how many ends."""
        cut = len(self._writers)
        for writer in list(self._writers):
            writer.transport.abort()
        return cut

    def instead_of(self, url: str) -> str:
        """A partner's URL with this proxy's address in it."""
        parts = urlsplit(url)
        credentials, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self.port}"))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        self._writers.add(writer)
        try:
            await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.is_deaf:
            await asyncio.sleep(0.05)
        up_reader, up_writer = await asyncio.open_connection(self._host, self._port_behind)
        self._writers.add(up_writer)
        applied: list[Rule] = []
        tasks = {
            asyncio.create_task(self._ask(reader, up_writer, writer, applied)),
            asyncio.create_task(self._reply(up_reader, writer, applied)),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writers.discard(up_writer)
            up_writer.transport.abort()  # before anything is waited for: the wait may be broken off
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for task in tasks:
                if not task.cancelled():
                    task.exception()

    async def _ask(
        self,
        reader: asyncio.StreamReader,
        up: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        applied: list[Rule],
    ) -> None:
        while said := await reader.read(PIECE):
            rule = next((rule for rule in self.rules if rule.takes(said)), None)
            if rule is not None and rule.answer is not None:
                rule.reached.set()
                back.write(rule.answer)
                await back.drain()
                return  # and hang up: what follows of the request is nobody's
            if rule is not None:
                applied.append(rule)
            await self._pass(up, said)

    async def _reply(self, up: asyncio.StreamReader, writer: asyncio.StreamWriter, applied: list[Rule]) -> None:
        while said := await up.read(PIECE):
            rule = applied[-1] if applied else None
            if rule is None or said.startswith(b"HTTP/1.1 100 "):
                await self._pass(writer, said)
                continue
            rule.reached.set()
            if rule.hold:
                await rule.go.wait()
                applied.clear()
            elif rule.change is not None:
                said = rule.change(said)
                applied.clear()
            elif rule.lose:
                writer.write(said[: rule.let])
                rule.let -= len(said)
                if rule.let <= 0:
                    await writer.drain()
                    return
                continue
            await self._pass(writer, said)

    async def _pass(self, writer: asyncio.StreamWriter, said: bytes) -> None:
        if self.pace is None:
            writer.write(said)
            await writer.drain()
            return
        step = max(1, self.pace // 10)
        for at in range(0, len(said), step):
            writer.write(said[at : at + step])
            await writer.drain()
            if self.pace is not None:
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        """Break everything off."""
        self.heal()
        for task in list(self._serving):
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        await asyncio.sleep(0)  # lets the transports close


@asynccontextmanager
async def proxy_to(url: str) -> AsyncIterator[Proxy]:
    """A proxy to the address in a URL, as long as the block."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    proxy = Proxy(parts.hostname, parts.port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 5)
