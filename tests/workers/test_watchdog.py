"""What a watchdog gives up, and what it does not. (A worker that ends itself: tests/faults/test_unruly_jobs.py, F7.)"""

import asyncio
import time

import pytest

from workers import watchdog


def _stand_still(seconds):
    time.sleep(seconds)


@pytest.fixture
def given_up(monkeypatch):
    """A watchdog that looks often, gives up after half a second, and tells why instead of ending the process."""
    monkeypatch.setattr(watchdog, "LOOK_S", 0.01)
    monkeypatch.setattr(watchdog, "STUCK_S", 0.5)
    reasons = []

    async def watched(seconds_of_standing, *, sleeps=None):
        made = watchdog.Watchdog(asyncio.get_running_loop(), own_session=False)
        monkeypatch.setattr(made, "_give_up", reasons.append)
        if sleeps:
            wait = made._stop.wait
            monkeypatch.setattr(made._stop, "wait", lambda seconds: wait(next(sleeps, seconds)))
        made.start()
        await asyncio.sleep(0.1)
        _stand_still(seconds_of_standing)
        await asyncio.sleep(0.1)
        made.stop()
        await asyncio.to_thread(made._thread.join)
        return reasons

    return watched


async def test_a_loop_that_stands_still_is_given_up(given_up):
    assert (await given_up(1.0))[0] == "the loop stands still"


async def test_a_loop_that_works_is_not(given_up):
    assert await given_up(0.0) == []


async def test_nor_is_a_process_that_was_paused_as_a_whole(given_up):
    assert await given_up(1.0, sleeps=iter([0.01] * 5 + [0.95])) == []
