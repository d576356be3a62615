"""What a test leaves to chance, all of it from one seed, and what was then done when: enough to do it again."""

import asyncio
import random
import time

import pytest

SCHEDULE = pytest.StashKey["Schedule"]()


class Schedule:
    """The chances of one test. `note` what is done to the system: it is shown when the test fails."""

    def __init__(self, test: str, seed: int) -> None:
        self.random = random.Random(f"{test} {seed}")
        self._test = test
        self._seed = seed
        self._begun = time.monotonic()
        self._done: list[str] = []

    def note(self, what: str) -> None:
        """Remember a fault."""
        self._done.append(f"{time.monotonic() - self._begun:8.2f} s  {what}")

    async def sleep(self, least: float, most: float) -> None:
        """Let work flow for a while."""
        await asyncio.sleep(self.random.uniform(least, most))

    def __str__(self) -> str:
        again = f"again: make faults SEED={self._seed} K={self._test.partition('[')[0]}"
        return "\n".join([f"seed {self._seed}; {again}", *self._done])
