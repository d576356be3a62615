"""The relay of the Procfile, which also knows the subscription of the no-op."""

import asyncio

from bench.noop import Nothing, do_nothing
from workers import relay
from workers.subscriptions import SUBSCRIPTIONS

if __name__ == "__main__":
    assert isinstance(SUBSCRIPTIONS, dict)
    SUBSCRIPTIONS[Nothing] = (do_nothing.__name__,)
    asyncio.run(relay.main())
