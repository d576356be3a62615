"""Hear at once that this process shall stop.

A server that was told to stop waits for open responses before it runs the lifespan's end, so streams that would stay
open for ever have to hear of it from the signal itself.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def told(callback: Callable[[], None]) -> Iterator[None]:
    """Call `callback` on the running loop at the first SIGTERM or SIGINT; the server's own handlers still run.

    Outside the main thread, where no signal arrives, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(callback)
        theirs = before[signal.Signals(number)]
        if callable(theirs):
            theirs(number, frame)

    for number in before:
        # the loop reads signals from its wake-up descriptor, so the handlers it has are not lost by this
        signal.signal(number, hear)
        signal.siginterrupt(number, False)  # noqa: FBT003 - takes no keyword
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
