"""Dramatiq on Valkey, with the fixes it needs. A message is a wake-up: it carries the id of a job row, nothing else.

Only the row retries, delays and expires; Dramatiq does none of these. What each setting prevents: fast maintenance
brings back the messages of a killed worker within its heartbeat; no retry inside redis-py, because a repeated EVALSHA
delivers twice; no more messages at once than threads, so that a busy worker hoards nothing; a short poll, so that an
idle one starts at once.
"""

import os
import signal
from typing import Any

import dramatiq
import redis
from dramatiq.asyncio import get_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AsyncIO, Middleware, MiddlewareError
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend.core.log import configure, logger
from backend.core.processes import die_with_parent
from backend.core.settings import settings
from workers import jobs, resources
from workers.lease import Leases
from workers.registry import KINDS, Queue
from workers.runner import Runner

HEARTBEAT_MS = 15_000
POLL_MS = 20
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

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Open everything, or stop the process: a worker without a pool would fail every job."""
        configure()
        if os.environ.get(OWN_SESSION):
            die_with_parent(os.getppid())
        try:
            _loop().run_coroutine(resources.open_all(pool_size=settings().worker_threads + 1))
        except Exception as error:
            _log.exception("worker cannot start")
            if os.environ.get(OWN_SESSION):
                os.killpg(0, signal.SIGKILL)  # dramatiq's master would wait for minutes for a child that died
            raise MiddlewareError(str(error)) from error
        self.leases.start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Let what runs go on for most of the grace time, then give it back."""
        patience_s = max(0.0, settings().worker_grace_s - GIVING_BACK_S)
        loop = _loop().loop
        loop.call_soon_threadsafe(loop.call_later, patience_s, self.runner.give_back)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Close in reverse; AsyncIO's loop still runs, because `after_*` hooks run from last to first."""
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


class _Broker(RedisBroker):
    """Hands a worker no more than it can begin with: what it holds without working on it, others wait for.

    Long work never takes all threads, so that a video does not make a grade wait.
    """

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> Any:  # noqa: ANN401 - dramatiq's
        """Consume a queue with our share of the threads, and our poll, in place of dramatiq's."""
        threads = settings().worker_threads
        share = threads if queue_name == Queue.QUICK else max(1, threads // 4)
        return super().consume(queue_name, share, POLL_MS)


def make_broker() -> RedisBroker:
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


def _actor(queue: Queue) -> Any:  # noqa: ANN401 - dramatiq.Actor is not one type for sync and async functions
    @dramatiq.actor(actor_name=f"run_{queue}", queue_name=str(queue))
    async def run_job(job_id: int) -> None:
        await processing.runner.run(job_id)

    return run_job


ACTORS = {queue: _actor(queue) for queue in Queue}


def send(job_id: int, kind: str) -> None:
    """Wake a worker for a job. Blocks on Valkey: call it in a thread. Raises what redis-py raises."""
    known = KINDS.get(kind)
    ACTORS[known.queue if known else Queue.QUICK].send(job_id)


def waiting(queue: Queue) -> int:
    """How many messages lie in a queue, those being worked on included."""
    return int(broker.do_qsize(str(queue)))
