"""What many ask in the same moment is asked once for all of them.

While a few calls are on their way, those that come meanwhile gather, and go together in the next. So a lone call waits
for nobody, and a herd costs a statement for each handful. Nobody joins a call that has left already: what they are
told was looked up after they asked.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from backend.core import db

A = TypeVar("A")
B = TypeVar("B")

UNDER_WAY = 2
"""Calls of one kind that may be on their way at once: one that is held up does not hold up all others."""

_Waiting = tuple[A, asyncio.Future[B]]


class Together(Generic[A, B]):
    """Asks `run` for several at once; it gives the answers in the order of what was asked.

    It is called outside any transaction; who asks inside one is asked for alone, there. What it raises, all get. One
    object belongs to one loop at a time.
    """

    def __init__(self, run: Callable[[Sequence[A]], Awaitable[Sequence[B]]], *, most: int) -> None:
        self._run = run
        self._most = most
        self._waiting: list[_Waiting[A, B]] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, what: A) -> B:
        """The answer to one. Raises whatever `run` does."""
        if db.holds_connection():
            return (await self._run([what]))[0]
        answer: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._waiting.append((what, answer))
        self._go()
        return await answer

    def _go(self) -> None:
        if self._waiting and len(self._under_way) < UNDER_WAY:
            # an empty context: the task must not inherit what belongs to the one who came first
            task = asyncio.get_running_loop().create_task(self._some(), context=contextvars.Context())
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            self._go()

    async def _some(self) -> None:
        asked, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        asked = [(what, answer) for what, answer in asked if not answer.done()]  # the others were cancelled
        if not asked:
            return
        try:
            told = await self._run([what for what, _ in asked])
            for (_, answer), one in zip(asked, told, strict=True):
                if not answer.done():
                    answer.set_result(one)
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
        finally:
            for _, answer in asked:
                answer.cancel()  # only when the process ends: all others are done
