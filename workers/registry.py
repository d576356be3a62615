"""`@job`: what a kind of job is called, how it is run, and on which queue."""

import inspect
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import msgspec

from backend.domain.jobs.running import Claim


class Queue(StrEnum):
    """Classes of work, so that neither a long video nor ten thousand notices make a grade wait. Each costs a thread.

    Mail that somebody waits for (a code) is quick; `MAIL` is for what is told.
    """

    QUICK = "quick"
    MAIL = "mail"
    HEAVY = "heavy"
    MEDIA = "media"


class Kind(msgspec.Struct, frozen=True):
    """A kind of job. With `phases` the function commits as it goes; without, all it does is one transaction.

    `together`: how many jobs the function takes at once; 0: it takes one.
    """

    name: str
    function: Callable[..., Awaitable[Any]]
    body_type: Any
    takes_claim: bool
    queue: Queue
    time_limit_s: float
    phases: bool
    together: int

    def body(self, held: Claim) -> Any:  # noqa: ANN401 - of the type that the function asks for
        """The body of a job."""
        return msgspec.json.decode(held.body, type=self.body_type)

    def arguments(self, held: Claim) -> tuple[Any, ...]:
        """What the function is called with for one job."""
        if self.together:
            return ([self.body(held)],)
        return (self.body(held), held) if self.takes_claim else (self.body(held),)


KINDS: dict[str, Kind] = {}
"""Every kind of job there is, by name."""

Job = Callable[..., Awaitable[Any]]


def job(
    *, queue: Queue = Queue.QUICK, time_limit_s: float = 120, phases: bool = False, together: int = 0
) -> Callable[[Job], Job]:
    """Make an async function a kind of job, named like the function.

    Its first parameter is the event or the body, decoded into the annotated type; a second, if any, is the Claim
    (for progress, the owner, the attempt). What it returns, if anything, is the job's report. A DomainError is
    final; anything else is tried again. Without `phases` the whole run is one transaction, `done` included; with
    them the function commits as it goes, and may return its last step, an async function without parameters, which
    runs in one transaction with `done` and returns the report: so no job is cancelled between its effect and its end.

    With `together` the one parameter is a sequence of bodies, up to so many, done in one transaction; what it returns,
    if anything, is a sequence of their reports. Whatever it raises, each of the jobs is then run by itself.

    Raises: TypeError when two functions have one name, or when one with `together` has phases or a second parameter.
    """

    def register(function: Job) -> Job:
        name = getattr(function, "__name__", "")
        if name in KINDS:
            raise TypeError(f"two jobs are named {name!r}")
        parameters = list(inspect.signature(function).parameters)
        if together and (phases or len(parameters) > 1):
            raise TypeError(f"{name!r} runs together: in one transaction, and for no claim of its own")
        body_type = get_type_hints(function)[parameters[0]]
        KINDS[name] = Kind(
            name,
            function,
            get_args(body_type)[0] if together else body_type,
            len(parameters) > 1,
            queue,
            time_limit_s,
            phases,
            together,
        )
        return function

    return register
