"""Emits no-op events from a process of its own: `python -m bench.emit MODE NUMBER`.

`paced` commits one at a time with pauses, so that everything is idle in between, and prints when each was committed;
`flood` commits them by the hundred as fast as it can, and prints when it began.
"""

import asyncio
import random
import sys
import time

import msgspec

from backend.core import db
from backend.core.db import transaction
from backend.core.outbox import emit
from bench.noop import Nothing

TOGETHER = 100
PAUSE_S = (0.02, 0.07)


async def _paced(number: int) -> dict[int, float]:
    committed = {}
    for one in range(number):
        await asyncio.sleep(random.uniform(*PAUSE_S))
        async with transaction():
            await emit(Nothing(one))
        committed[one] = time.time()
    await asyncio.sleep(0.2)
    return committed


async def _flood(number: int) -> dict[int, float]:
    begun = time.time()
    for first in range(0, number, TOGETHER):
        async with transaction():
            await emit(*[Nothing(one) for one in range(first, min(first + TOGETHER, number))])
    await asyncio.sleep(0.1)  # the last ring goes out
    return {0: begun}


async def main(mode: str, number: int) -> None:
    await db.open_pool(most=2)
    moments = await (_paced if mode == "paced" else _flood)(number)
    await db.close_pool()
    sys.stdout.buffer.write(msgspec.json.encode(moments))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
