"""Run one function in a process of its own, with a limit on memory and time.

For readers of files from strangers, which may crash, eat memory or never end. The child is a fresh
interpreter (a fork of a process with threads is not safe), is told nothing of our environment, so no
secrets, and dies with its parent. `confined_child` is the child's side.
"""

import asyncio
import contextlib
import math
import os
import signal
import sys
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from backend.core.confined_child import OUT_OF_MEMORY, Answer, Call, name_of

T = TypeVar("T")

RESULT_MAX = 64 << 20
STDERR_MAX = 4 << 10
_ROOT = Path(__file__).parents[2]


class Died(Exception):
    """The child ended without an answer: out of memory, a crash, an error that nobody listed.

    reason is "memory", "signal N", "exit N" or "raised Name"; detail is the end of what it wrote to stderr.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    @property
    def was_stopped(self) -> bool:
        """Whether somebody else ended it, which is not the fault of what it was given: worth another try."""
        return self.reason in ("signal 9", "signal 15")


class TimedOut(Exception):
    """The child was still running after wall_s seconds, and was killed."""

    def __init__(self, wall_s: float) -> None:
        super().__init__(wall_s)
        self.wall_s = wall_s


class _Child(asyncio.SubprocessProtocol):
    """Collects both pipes, each up to its limit; a child that says more is killed."""

    def __init__(self) -> None:
        self.output = {1: bytearray(), 2: bytearray()}
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.SubprocessTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.SubprocessTransport, transport)  # uvloop's does not derive from it

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        kept = self.output[fd]
        kept += data
        if fd == 2:
            del kept[:-STDERR_MAX]
        elif len(kept) > RESULT_MAX and self.transport:
            _kill(self.transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called when the process is gone and both pipes are closed."""
        if not self.gone.done():
            self.gone.set_result(None)


async def run(
    function: str,
    *args: Any,  # noqa: ANN401 - whatever msgpack can carry
    returns: type[T],
    memory_bytes: int,
    wall_s: float,
    passes: tuple[type[Exception], ...] = (),
) -> T:
    """Call "module:function" with args in a child process and give back what it returns.

    Arguments, result and the args of exceptions travel as msgpack; `returns` is the type the result is
    decoded to and `passes` the exceptions that the function may raise here too (rebuilt as cls(*args)).
    memory_bytes limits the address space: the interpreter itself wants some 100 MB, libraries with threads
    more.
    When the caller is cancelled the child is killed.

    Raises: Died, TimedOut, and what `passes` lists.
    """
    call = Call(function, list(args), memory_bytes, 2 * math.ceil(wall_s) + 1, os.getpid())
    loop = asyncio.get_running_loop()
    transport, child = await loop.subprocess_exec(
        _Child,
        sys.executable,
        *("-P", "-X", "utf8", "-m", "backend.core.confined_child"),
        env={"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2"},
        start_new_session=True,
    )
    try:
        stdin = cast(asyncio.WriteTransport, transport.get_pipe_transport(0))
        stdin.write(msgspec.msgpack.encode(call))
        stdin.write_eof()
        async with asyncio.timeout(wall_s):
            await asyncio.shield(child.gone)
    except TimeoutError:
        raise TimedOut(wall_s) from None
    finally:
        _kill(transport)
        await child.gone
        transport.close()
    return _read(child, transport.get_returncode(), returns, passes)


def _kill(transport: asyncio.SubprocessTransport) -> None:
    """Kill the child and what it started; its session is its own."""
    if transport.get_returncode() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(transport.get_pid(), signal.SIGKILL)


def _read(child: _Child, code: int | None, returns: type[T], passes: tuple[type[Exception], ...]) -> T:
    detail = child.output[2].decode(errors="replace")
    if len(child.output[1]) > RESULT_MAX:
        raise Died("result too large", detail)
    if code:
        raise Died("memory" if code == OUT_OF_MEMORY else _ending(code), detail)
    try:
        answer = msgspec.msgpack.decode(child.output[1], type=Answer)
        if not answer.raised:
            return msgspec.msgpack.decode(answer.value, type=returns)
    except msgspec.MsgspecError as unreadable:
        raise Died("unreadable answer", detail) from unreadable
    for kind in passes:
        if name_of(kind) == answer.raised:
            raise kind(*answer.args)
    raise Died(f"raised {answer.raised}", detail)


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
