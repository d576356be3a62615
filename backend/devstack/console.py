"""What `up` and `test` show: steps with their times, and lines of processes with their names in front."""

import contextlib
import sys
import time
from collections.abc import Iterator

_COLOURS = (36, 33, 32, 35, 34, 96, 93, 92)
_NAME_WIDTH = 8


class Console:
    """Standard output; when nobody reads it any more, the processes go on all the same."""

    def __init__(self) -> None:
        self._colours: dict[str, int] = {}
        self._coloured = sys.stdout.isatty()

    def line(self, text: str = "") -> None:
        """Print a line of our own."""
        with contextlib.suppress(OSError, ValueError):
            print(text, flush=True)

    def of(self, name: str, text: str) -> None:
        """Print a line that a process wrote, or one about it."""
        head = f"{name:<{_NAME_WIDTH}} |"
        if self._coloured:
            number = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
            head = f"\x1b[{number}m{head}\x1b[0m"
        self.line(f"{head} {text}")

    @contextlib.contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Time a step, and print how it ended."""
        begun = time.monotonic()
        try:
            yield
        except BaseException:
            self.took(begun, what, failed=True)
            raise
        self.took(begun, what, failed=False)

    def took(self, begun: float, what: str, *, failed: bool) -> None:
        """Print a step that began at this monotonic time."""
        self.line(f"[{time.monotonic() - begun:6.2f} s] {what}{': FAILED' if failed else ''}")
