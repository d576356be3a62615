"""`@job`: what a kind of job is called, how it is run, and on which queue."""

import inspect
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, get_type_hints

import msgspec

from backend.domain.jobs.running import Claim


class Queue(StrEnum):
    """Classes of work, so that a long video never makes a grade wait. Three are enough: idle queues cost polling."""

    QUICK = "quick"
    HEAVY = "heavy"
    MEDIA = "media"


class Kind(msgspec.Struct, frozen=True):
    """A kind of job. With `phases` the function commits as it goes; without, all it does is one transaction."""

    name: str
    function: Callable[..., Awaitable[Any]]
    body_type: Any
    takes_claim: bool
    queue: Queue
    time_limit_s: float
    phases: bool

    def arguments(self, held: Claim) -> tuple[Any, ...]:
        """What the function is called with."""
        body = msgspec.json.decode(held.body, type=self.body_type)
        return (body, held) if self.takes_claim else (body,)


KINDS: dict[str, Kind] = {}
"""Every kind of job there is, by name."""

Job = Callable[..., Awaitable[Any]]


def job(*, queue: Queue = Queue.QUICK, time_limit_s: float = 120, phases: bool = False) -> Callable[[Job], Job]:
    """Make an async function a kind of job, named like the function.

    Its first parameter is the event or the body, decoded into the annotated type; a second, if any, is the Claim
    (for progress, the owner, the attempt). What it returns, if anything, is the job's report. A DomainError is
    final; anything else is tried again. Without `phases` the whole run is one transaction, `done` included; with
    them the function commits as it goes, and may return its last step, an async function without parameters, which
    runs in one transaction with `done` and returns the report: so no job is cancelled between its effect and its end.

    Raises: TypeError when two functions have one name.
    """

    def register(function: Job) -> Job:
        name = getattr(function, "__name__", "")
        if name in KINDS:
            raise TypeError(f"two jobs are named {name!r}")
        parameters = list(inspect.signature(function).parameters)
        hints = get_type_hints(function)
        KINDS[name] = Kind(name, function, hints[parameters[0]], len(parameters) > 1, queue, time_limit_s, phases)
        return function

    return register
