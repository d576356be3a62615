"""Dramatiq on Valkey, with the fixes it needs. A message is a wake-up, no more.

It carries the id of a job's row, or the kind of jobs that are run together.

Only the row retries, delays and expires; Dramatiq does none of these. What each setting prevents: fast maintenance
brings back the messages of a killed worker within its heartbeat; no retry inside redis-py, because a repeated EVALSHA
delivers twice; no more messages at once than threads, so that a busy worker hoards nothing; a bell, so that an idle
one starts at once and polls hardly ever.
"""

import os
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import dramatiq
import redis
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import AsyncIO, Middleware, MiddlewareError
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend.core.log import configure, logger
from backend.core.processes import die_with_parent
from backend.core.settings import settings
from backend.domain.jobs.waking import Due
from workers import jobs, resources
from workers.lease import Leases
from workers.registry import KINDS, Queue
from workers.runner import Runner
from workers.watchdog import Watchdog

HEARTBEAT_MS = 15_000
POLL_S = 0.5
"""How long a worker waits for the bell; a bell that was lost costs as much."""
GIVING_BACK_S = 2.5
"""How long before the end of the grace time unfinished work is given back; dramatiq takes up to 1 s to see a stop."""
OWN_SESSION = "LULUS_WORKER_SESSION"
"""Set by workers.run: the process group is all ours."""

_log = logger(__name__)


class Processing(Middleware):
    """Opens pool, storage and leases on the worker's loop; must stand after AsyncIO, whose loop it uses."""

    def __init__(self) -> None:
        self.leases = Leases()
        self.runner = Runner(self.leases)
        self.watchdog: Watchdog | None = None

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Open everything, or stop the process: a worker without a pool would fail every job."""
        configure()
        if os.environ.get(OWN_SESSION):
            die_with_parent(os.getsid(0))  # dramatiq's master, which may have died while we were starting
        try:
            _loop().run_coroutine(resources.open_all(pool_size=settings().worker_threads + 1))
        except Exception as error:
            _log.exception("worker cannot start")
            if os.environ.get(OWN_SESSION):
                os.killpg(0, signal.SIGKILL)  # dramatiq's master would wait for minutes for a child that died
            raise MiddlewareError(str(error)) from error
        self.leases.start()
        self.watchdog = Watchdog(_loop().loop, own_session=bool(os.environ.get(OWN_SESSION)))
        self.watchdog.start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Let what runs go on for most of the grace time, then give it back."""
        patience_s = max(0.0, settings().worker_grace_s - GIVING_BACK_S)
        loop = _loop().loop
        loop.call_soon_threadsafe(loop.call_later, patience_s, self.runner.give_back)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Close in reverse; AsyncIO's loop still runs, because `after_*` hooks run from last to first."""
        if self.watchdog is not None:
            self.watchdog.stop()
        self.leases.stop()
        _loop().run_coroutine(resources.close_all())


def _loop() -> Any:  # noqa: ANN401 - dramatiq's EventLoopThread has no public type
    thread = get_event_loop_thread()
    if thread is None:
        raise RuntimeError("the AsyncIO middleware is not running")
    return thread


def client() -> "redis.Redis":
    """A Redis client that never repeats a command by itself."""
    return redis.Redis.from_url(
        settings().redis_url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=5,
        socket_connect_timeout=2,
        health_check_interval=15,
    )


class _Consumer(_RedisConsumer):
    """Waits for a bell, not for the clock: who sends rings it, over Valkey's own publish and subscribe.

    An idle worker so begins at once and asks for nothing meanwhile; a bell that is lost costs `POLL_S`.
    """

    def __init__(self, broker: "_Broker", queue_name: str, prefetch: int) -> None:
        super().__init__(broker, queue_name, prefetch, 1)  # type: ignore[no-untyped-call]  # here and below: upstream
        self._freed = threading.Event()
        self._bell = broker.client.pubsub(ignore_subscribe_messages=True)
        self._bell.subscribe(broker.bell(queue_name))

    def __next__(self) -> Any:  # noqa: ANN401 - dramatiq's
        """The next message, or None after a while."""
        if not self.message_cache and self.outstanding_message_count >= self.prefetch:
            self._freed.wait(POLL_S)
        self._freed.clear()
        message = super().__next__()  # type: ignore[no-untyped-call]
        try:
            if message is None and self.outstanding_message_count < self.prefetch:
                self._bell.get_message(timeout=POLL_S)
            while message is None and self._bell.get_message() is not None:
                pass  # one look at the queue answers all rings so far
        except redis.ConnectionError as error:
            raise ConnectionClosed(error) from None  # type: ignore[no-untyped-call]
        return message

    def ack(self, message: Any) -> None:  # noqa: ANN401 - dramatiq's
        """Acknowledge, and let the next one be fetched."""
        super().ack(message)  # type: ignore[no-untyped-call]
        self._freed.set()

    def nack(self, message: Any) -> None:  # noqa: ANN401 - dramatiq's
        """Reject, and let the next one be fetched."""
        super().nack(message)  # type: ignore[no-untyped-call]
        self._freed.set()

    def close(self) -> None:
        """Give the bell's connection back."""
        self._bell.close()


class _Broker(RedisBroker):
    """Hands a worker no more than it can begin with: what it holds without working on it, others wait for.

    Long work and mails never take all threads, so that neither a video nor a slow mail server makes a grade wait.
    """

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue without its twin for delays, which nobody uses and every worker would poll."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Any:  # noqa: ANN401 - dramatiq's
        """Consume a queue with our share of the threads, and our bell, in place of dramatiq's poll."""
        threads = settings().worker_threads
        share = threads if queue_name == Queue.QUICK else max(1, threads // 4)
        return _Consumer(self, queue_name, share)

    def bell(self, queue_name: str) -> str:
        """The channel that says that a queue has something."""
        return f"{self.namespace}:{queue_name}:bell"

    def send(self, messages: Sequence["dramatiq.Message[Any]"]) -> None:
        """Enqueue messages of one queue in one round trip, as dramatiq's `dispatch.lua` lays them, and ring."""
        queue_name = messages[0].queue_name
        named: dict[Any, Any] = {}
        for one in messages:
            name = str(uuid4())
            named[name] = one.copy(options={"redis_message_id": name}).encode()
        key = f"{self.namespace}:{queue_name}"
        with self.client.pipeline() as pipe:
            pipe.hset(f"{key}.msgs", mapping=named)
            pipe.rpush(key, *named)
            pipe.publish(self.bell(queue_name), "")
            pipe.execute()


def make_broker() -> _Broker:
    """The broker; its keys carry the prefix of this installation."""
    connected = client()
    return _Broker(  # type: ignore[no-untyped-call]  # upstream has no annotation
        client=connected,
        middleware=[],
        namespace=f"{settings().redis_prefix}:dramatiq",
        maintenance_chance=1_000_000,
        heartbeat_timeout=HEARTBEAT_MS,
    )


processing = Processing()
broker = make_broker()
broker.add_middleware(AsyncIO())
broker.add_middleware(processing)
dramatiq.set_broker(broker)
jobs.load()


def _alone(queue: Queue) -> Any:  # noqa: ANN401 - dramatiq.Actor is not one type for sync and async functions
    @dramatiq.actor(actor_name=f"run_{queue}", queue_name=str(queue))
    async def run_job(job_id: int) -> None:
        await processing.runner.run(job_id)

    return run_job


def _together(queue: Queue) -> Any:  # noqa: ANN401 - as above
    @dramatiq.actor(actor_name=f"run_{queue}_together", queue_name=str(queue))
    async def run_jobs(kind: str) -> None:
        await processing.runner.run_together(kind)

    return run_jobs


ACTORS = {queue: _alone(queue) for queue in Queue}
TOGETHER = {queue: _together(queue) for queue in Queue}


def send(due: Sequence[Due]) -> None:
    """Wake workers for jobs: one message for each, or one for as many as are run together.

    Blocks on Valkey: call it in a thread. Raises what redis-py raises.
    """
    by_queue = defaultdict[Queue, list[Any]](list)
    fresh = Counter[str]()
    for one in due:
        kind = KINDS.get(one.kind)
        if kind is not None and kind.together and one.is_fresh:
            fresh[one.kind] += 1
        else:
            queue = kind.queue if kind else Queue.QUICK
            by_queue[queue].append(ACTORS[queue].message(one.id))
    for name, number in fresh.items():
        kind = KINDS[name]
        chunks = -(-number // kind.together)
        by_queue[kind.queue] += [TOGETHER[kind.queue].message(name) for _ in range(chunks)]
    for messages in by_queue.values():
        broker.send(messages)


def waiting(queue: Queue) -> int:
    """How many messages lie in a queue that no worker has fetched.

    Dramatiq's own count has those in it that a killed worker had fetched; the sweep would take them for a backlog.
    """
    return int(broker.client.llen(f"{broker.namespace}:{queue}"))
