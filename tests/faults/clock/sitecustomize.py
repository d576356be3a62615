"""Sets the clock of a whole process back or forth: on PYTHONPATH, Python loads it at each start.

Only what asks `time.time()` is deceived: dramatiq's heartbeats and its queues, redis-py and aiobotocore; not libc.
"""

import os
import time

_OFF_S = float(os.environ.get("LULUS_TEST_CLOCK_S", "0"))
_STEP_AFTER_S = float(os.environ.get("LULUS_TEST_CLOCK_STEP_AFTER_S", "0"))
_true, _begun = time.time, time.monotonic()


def _shifted() -> float:
    is_off = time.monotonic() - _begun >= _STEP_AFTER_S
    return _true() + (_OFF_S if is_off else 0.0)


if _OFF_S:
    time.time = _shifted
