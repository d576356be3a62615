"""The ceiling of `prompt`: a Dramatiq actor that does nothing, on the same Valkey, with Dramatiq's own middleware.

`dramatiq bench.bare_queue` serves it; `python -m bench.bare_queue NUMBER` sends and waits for the end. It prints the
seconds from the first message sent to the last one done, and the CPU seconds of the sender.
"""

import os
import sys
import time

import dramatiq
import msgspec
from dramatiq.brokers.redis import RedisBroker

POLL_S = 0.01
broker = RedisBroker(url=os.environ["REDIS_URL"], namespace="bench-bare")
dramatiq.set_broker(broker)


@dramatiq.actor(queue_name="bare")
def nothing(number: int) -> None:
    """Do nothing."""


def main(number: int) -> None:
    begun = time.perf_counter()
    for one in range(number):
        nothing.send(one)
    while broker.do_qsize("bare"):
        time.sleep(POLL_S)
    answer = {"seconds": time.perf_counter() - begun, "cpu_s": time.process_time()}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main(int(sys.argv[1]))
