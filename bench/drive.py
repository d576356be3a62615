"""Calling the load process, and other helpers of ours that must not share a process with what they measure."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from bench.load import Answer, Spec

T = TypeVar("T")


class LoadError(Exception):
    """A request failed, or a helper did: the run is void."""


async def python(*arguments: str, env: Mapping[str, str] | None = None, interpreter: str = sys.executable) -> bytes:
    """Run `python arguments` to its end and give what it printed. Raises: LoadError."""
    process = await asyncio.create_subprocess_exec(
        interpreter,
        *arguments,
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise LoadError(f"{' '.join(arguments)} ended with {process.returncode}")
    return output


async def ask(module: str, spec: msgspec.Struct, type_: type[T]) -> T:
    """Have `python -m module SPEC ANSWER` do what a spec says. Raises: LoadError."""
    with tempfile.TemporaryDirectory(prefix="lulus-load-") as folder:
        asked, given = Path(folder) / "spec", Path(folder) / "answer"
        asked.write_bytes(msgspec.msgpack.encode(spec))
        await python("-m", module, str(asked), str(given))
        return msgspec.msgpack.decode(given.read_bytes(), type=type_)


async def load(spec: Spec, *, expected: int = 200) -> Answer:
    """Have the load process send it all. Raises: LoadError when one answer is not the expected one."""
    answer = await ask("bench.load", spec, Answer)
    if set(answer.statuses) - {expected}:
        raise LoadError(f"statuses {answer.statuses}, for example {answer.sample!r}")
    return answer


def request(method: str, path: str, *, token: str, body: object = None) -> bytes:
    """One HTTP/1.1 request, whole."""
    content = b"" if body is None else msgspec.json.encode(body)
    kind = "" if body is None else "Content-Type: application/json\r\n"
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{kind}"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def deal(requests: Sequence[bytes], connections: int) -> list[list[bytes]]:
    """Requests in turn to so many connections."""
    return [list(requests[number::connections]) for number in range(connections)]
