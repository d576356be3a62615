"""How far something is: one line that changes on a terminal, otherwise a line now and then."""

import sys
import time
from typing import TextIO

_WIDTH = 24
_OFTEN_S, _SELDOM_S = 0.1, 10.0


class Progress:
    """Tells how far one task is. `total` 0: not known."""

    def __init__(self, what: str, total: int = 0, *, out: TextIO | None = None) -> None:
        self._what, self._total, self._done = what, total, 0
        self._out = out or sys.stderr
        self._is_live = self._out.isatty()
        self._told_at = time.monotonic()

    def add(self, amount: int = 1) -> None:
        """So much more is done."""
        self._done += amount
        if time.monotonic() - self._told_at >= (_OFTEN_S if self._is_live else _SELDOM_S):
            self._tell("\r" if self._is_live else "", "" if self._is_live else "\n")

    def end(self) -> None:
        """It is done."""
        self._tell("\r" if self._is_live else "", "\n")

    def _tell(self, before: str, after: str) -> None:
        self._told_at = time.monotonic()
        self._out.write(f"{before}{self._line()}{after}")
        self._out.flush()

    def _line(self) -> str:
        if not self._total:
            return f"{self._what}: {self._done}"
        share = min(1.0, self._done / self._total)
        bar = "#" * round(share * _WIDTH) if self._is_live else ""
        shown = f" [{bar:<{_WIDTH}}]" if self._is_live else ":"
        return f"{self._what}{shown} {share:4.0%} ({self._done} of {self._total})"
