"""Ends a worker that is alive by halves: a loop that stands still, or a pool from which nothing comes back.

Its leases are over by then or soon will be, and others take its jobs; the supervisor starts it anew. What holds the
interpreter itself (C code that never lets go) this thread cannot see.
"""

import asyncio
import os
import signal
import threading
import time

from backend.core import db
from backend.core.log import logger

LOOK_S = 1.0
STUCK_S = 30.0
"""How long a loop may stand still, and a pool may be empty, before the process is given up."""
SAY_S = 0.5

_log = logger(__name__)


class Watchdog:
    """A thread that looks at the worker's loop and pool every second."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, own_session: bool) -> None:
        self._loop = loop
        self._own_session = own_session
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
        self._beat = self._has_room = time.monotonic()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _on_beat(self) -> None:
        now = self._beat = time.monotonic()
        in_use, most = db.pool_use()
        if in_use < most or most == 0:
            self._has_room = now

    def _run(self) -> None:
        looked = time.monotonic()
        while not self._stop.wait(LOOK_S):
            if time.monotonic() - looked > STUCK_S / 2:  # the whole process slept (a paused machine): begin anew
                self._beat = self._has_room = time.monotonic()
            looked = time.monotonic()
            if not self._loop.is_running():
                self._give_up("the loop has ended")
            self._loop.call_soon_threadsafe(self._on_beat)
            now = time.monotonic()
            if now - self._beat > STUCK_S:
                self._give_up("the loop stands still")
            if now - self._has_room > STUCK_S:
                self._give_up("no connection comes back to the pool")

    def _give_up(self, why: str) -> None:
        if self._stop.is_set():
            return
        # in a thread of its own: what stands still may be the log, when nobody reads it
        threading.Thread(target=_log.error, args=("worker gives up",), kwargs={"why": why}, daemon=True).start()
        time.sleep(SAY_S)  # dramatiq's master passes on what we say, and dies with us
        if self._own_session:
            os.killpg(0, signal.SIGKILL)  # dramatiq's master with us; workers.run tells the supervisor
        os._exit(1)
