"""The side of `confined` that runs in the child: `python -m backend.core.confined_child`.

It imports as little as can be, because every file that is read pays for it: asyncio alone would double its start.
"""

import importlib
import os
import resource
import sys
import traceback
from typing import Any

import msgspec

from backend.core.processes import die_with_parent

NICENESS = 10
OUT_OF_MEMORY = 77
"""The exit code of a child that could not have the memory it asked for."""


class Call(msgspec.Struct):
    """What to do, and how much of what it may take."""

    function: str
    args: list[Any]
    memory_bytes: int
    cpu_s: int
    parent: int


class Answer(msgspec.Struct, omit_defaults=True):
    """What came of it: a value, or the name of an exception and its arguments."""

    value: msgspec.Raw = msgspec.Raw(b"\xc0")
    raised: str = ""
    args: list[Any] = []


def name_of(kind: type[BaseException]) -> str:
    """How an exception is called on its way to the parent."""
    return f"{kind.__module__}:{kind.__qualname__}"


def _confine(call: Call) -> None:
    die_with_parent(call.parent)
    os.nice(NICENESS)  # whoever waits for an answer comes first
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (call.cpu_s, call.cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (call.memory_bytes, call.memory_bytes))


def _answer(call: Call) -> Answer:
    try:
        module, _, name = call.function.partition(":")
        value = getattr(importlib.import_module(module), name)(*call.args)
        return Answer(value=msgspec.Raw(msgspec.msgpack.encode(value)))
    except MemoryError:
        raise
    except Exception as raised:  # noqa: BLE001 - it is carried to the parent, which decides
        traceback.print_exc()  # the parent keeps the end of it, for what nobody listed
        return Answer(raised=name_of(type(raised)), args=_plain(raised))


def _plain(raised: Exception) -> list[Any]:
    """The exception's arguments, as far as they can travel."""
    try:
        msgspec.msgpack.encode(list(raised.args))
    except (TypeError, ValueError):
        return [str(raised)]
    return list(raised.args)


def _main() -> None:
    call = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Call)
    answer_fd = os.dup(1)
    os.dup2(2, 1)  # a library that prints must not spoil the answer
    _confine(call)
    try:
        encoded = msgspec.msgpack.encode(_answer(call))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    with os.fdopen(answer_fd, "wb") as out:
        out.write(encoded)


if __name__ == "__main__":
    _main()
