"""The load process: `python -m bench.load SPEC ANSWER`. It sends prepared requests and notes what came back, no more.

Closed loop: each connection sends its next request when the last one is answered. Open loop (`at_s`): each request
has a moment, and its latency counts from that moment, so that a queue in front of a slow server is seen.
"""

import asyncio
import sys
import time
from pathlib import Path

import msgspec
import uvloop


class Spec(msgspec.Struct):
    """What to send: a list of whole requests for each connection; with `at_s` when, in seconds from the start."""

    port: int
    requests: list[list[bytes]]
    at_s: list[list[float]] | None = None


class Answer(msgspec.Struct):
    """What came back: per request its latency, the moment (epoch seconds) of its answer, its status, as sent."""

    seconds: float
    statuses: dict[int, int]
    ms: list[list[float]]
    answered_at: list[list[float]]
    sample: bytes
    began_at: float = 0.0
    codes: list[list[int]] = []  # msgspec copies empty defaults


CHUNKED, LAST_CHUNK = -1, b"\r\n0\r\n\r\n"


def whole_length(buffer: bytearray) -> int | None:
    """How long head and body of an answer are together, CHUNKED when only its end tells; None before its head is in."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    head = bytes(buffer[: head_end + 2]).lower()
    if b"\r\ntransfer-encoding: chunked\r\n" in head:
        return CHUNKED
    length_at = head.find(b"content-length:")
    length_end = head.find(b"\r\n", length_at)
    return head_end + 4 + (int(head[length_at + 15 : length_end]) if length_at >= 0 else 0)


class Connection(asyncio.Protocol):
    """HTTP/1.1 on one kept connection, one request at a time."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.length: int | None = None  # of the answer that is coming: head and body, or CHUNKED
        self.waiting: asyncio.Future[bytes] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's is one by its methods only

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if self.length is None:
            self.length = whole_length(self.buffer)
        if self.length is None or self.waiting is None or self.waiting.done():
            return
        is_whole = self.buffer.endswith(LAST_CHUNK) if self.length == CHUNKED else len(self.buffer) >= self.length
        if is_whole:
            whole, self.buffer, self.length = bytes(self.buffer), bytearray(), None
            self.waiting.set_result(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(exc or ConnectionError("closed by the server"))

    @property
    def is_closed(self) -> bool:
        """Whether the server has hung up, as it does after half a minute of silence."""
        return self.transport is None or self.transport.is_closing()

    async def ask(self, request: bytes) -> bytes:
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.waiting


async def _one(
    connection: Connection, requests: list[bytes], at_s: list[float] | None, begun: float, answer: Answer
) -> None:
    ms: list[float] = []
    answered: list[float] = []
    codes: list[int] = []
    answer.codes.append(codes)
    answer.ms.append(ms)
    answer.answered_at.append(answered)
    for number, request in enumerate(requests):
        meant = time.perf_counter()
        if at_s is not None:
            meant = begun + at_s[number]
            await asyncio.sleep(max(0.0, meant - time.perf_counter()))
        try:
            response = await connection.ask(request)
            status = int(response[9:12])
        except (OSError, ValueError) as error:
            response, status = repr(error).encode(), 0
        ms.append((time.perf_counter() - meant) * 1000)
        answered.append(time.time())
        codes.append(status)
        answer.statuses[status] = answer.statuses.get(status, 0) + 1
        if status >= 400 or status == 0 or not answer.sample:
            answer.sample = response[:1000]


async def run(spec: Spec) -> Answer:
    """Open every connection, then send everything."""
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(Connection, "127.0.0.1", spec.port) for _ in spec.requests]
    answer = Answer(0, {}, [], [], b"")
    answer.began_at = time.time()
    begun = time.perf_counter()
    times = spec.at_s or [None] * len(opened)
    each = zip(opened, spec.requests, times, strict=True)
    await asyncio.gather(*[_one(protocol, mine, at, begun, answer) for (_, protocol), mine, at in each])
    answer.seconds = time.perf_counter() - begun
    return answer


if __name__ == "__main__":
    asked = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=Spec)
    Path(sys.argv[2]).write_bytes(msgspec.msgpack.encode(uvloop.run(run(asked))))
