"""`jobs list|show|retry`: what waits, what gave up, and how to bring it back."""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core.actor import SYSTEM
from backend.core.clock import now
from backend.core.errors import DomainError
from backend.core.ids import Ref
from backend.domain.jobs import commands, queries
from backend.domain.jobs.queries import JobView
from backend.domain.jobs.terms import JobState

Say = Callable[[str], None]

HEADINGS = ("ID", "KIND", "STATE", "ATTEMPT", "PROGRESS", "AGE", "ERROR")
NOT_DONE = (JobState.RUNNING, JobState.QUEUED, JobState.PARKED, JobState.FAILED)
LONGEST_ERROR = 60


def add(commands_: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add the commands to the operator's."""
    parser = commands_.add_parser(
        "jobs",
        help="look after background work: list, show, retry",
        description="Look after background work. A parked job has used up its attempts; a failed one met a rule that "
        "says no. `retry` brings either back, once its cause is gone.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list them, newest first; without --state all that are not done")
    states = ", ".join(JobState)
    listing.add_argument(
        "--state", action="append", choices=[*map(str, JobState)], metavar="STATE", help=f"{states}; may be repeated"
    )
    listing.add_argument("--limit", type=_count, default=50, help="at most so many (50)")
    listing.set_defaults(run=lambda given: _list(given, say))
    showing = actions.add_parser("show", help="show everything about one job")
    showing.add_argument("id", type=_ref, help="number or uuid")
    showing.set_defaults(run=lambda given: _show(given, say))
    retrying = actions.add_parser("retry", help="bring back parked or failed ones; their attempts are counted anew")
    retrying.add_argument("ids", type=_ref, nargs="+", metavar="ID", help="number or uuid")
    retrying.set_defaults(run=lambda given: _retry(given, say))


def _ref(text: str) -> Ref:
    if text.isdecimal() and len(text) <= 18:
        return int(text)
    try:
        return UUID(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a job's number or uuid is expected, not {text!r}") from None


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= 10_000:
        raise argparse.ArgumentTypeError(f"a number from 1 to 10000 is expected, not {text!r}")
    return int(text)


async def _list(given: argparse.Namespace, say: Say) -> int:
    found = await queries.jobs_in([JobState(text) for text in given.state or NOT_DONE], limit=given.limit)
    for line in table([HEADINGS, *(_row(view) for view in found)]) if found else ["No such jobs."]:
        say(line)
    return 0


async def _show(given: argparse.Namespace, say: Say) -> int:
    try:
        view = await queries.job(SYSTEM, given.id)
    except DomainError:
        say(f"There is no job {given.id}.")
        return 1
    for name in view.__struct_fields__:
        say(f"{name:15} {_shown(getattr(view, name))}")
    return 0


async def _retry(given: argparse.Namespace, say: Say) -> int:
    refused = 0
    for ref in given.ids:
        try:
            view = await commands.retry(SYSTEM, ref)
        except DomainError as error:
            refused += 1
            state = error.data.get("state")
            say(
                f"Job {ref} is {state}: only parked and failed jobs are retried."
                if state
                else f"There is no job {ref}."
            )
        else:
            say(f"Job {view.id} ({view.kind}) is queued again.")
    return 1 if refused else 0


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return str(value) if isinstance(value, str | int | UUID) else msgspec.json.encode(value).decode()


def _row(view: JobView) -> tuple[str, ...]:
    error = " ".join((view.error or "").split())
    return (
        str(view.id),
        view.kind,
        str(view.state),
        f"{view.attempt}/{view.max_attempts}",
        f"{view.progress_done}/{view.progress_total}" if view.progress_total else "-",
        age(view.created_at, now()),
        error if len(error) <= LONGEST_ERROR else f"{error[: LONGEST_ERROR - 1]}…",
    )


def age(since: datetime, at: datetime) -> str:
    """How long ago, in its largest unit: 42s, 7m, 3h, 12d."""
    seconds = max(0, int((at - since).total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines whose columns stand below each other."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
