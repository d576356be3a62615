"""`clients`: programs that call for a partner. A secret is printed once, and kept nowhere."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from backend.core.actor import SYSTEM
from backend.core.errors import DomainError
from backend.core.ids import Ref
from backend.core.paging import MAX_LIMIT, Listing
from backend.domain.clients import commands, queries, rules
from backend.domain.clients.commands import Revealed
from backend.domain.clients.errors import ClientNotFound
from backend.domain.clients.queries import ClientView
from backend.domain.clients.terms import NewClient, Scope

Say = Callable[[str], None]

HEADINGS = ("CODE", "STATE", "COMPANY", "SCOPES", "LAST USED", "EXPIRES", "NAME")


def add(commands_: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add the commands to the operator's."""
    parser = commands_.add_parser(
        "clients",
        help="look after API clients: create, list, rotate, revoke",
        description="Look after API clients: programs that call for partners, each with a secret of its own.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_create(actions, say)
    actions.add_parser("list", help="list all of them").set_defaults(run=lambda _: _list(say))
    rotating = actions.add_parser(
        "rotate", help="give one another secret, printed now and never again; the old one ends at once"
    )
    rotating.add_argument("id", help="code, uuid or number")
    rotating.set_defaults(run=lambda given: _rotate(given, say))
    revoking = actions.add_parser("revoke", help="let one call no more")
    revoking.add_argument("id", help="code, uuid or number")
    revoking.set_defaults(run=lambda given: _revoke(given, say))


def _add_create(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    creating = actions.add_parser("create", help="make one; its secret is printed now and never again")
    creating.add_argument("--name", required=True, help="as admins see it")
    creating.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[*map(str, Scope)],
        metavar="SCOPE",
        help=f"what it may read: {', '.join(Scope)}; may be repeated",
    )
    creating.add_argument("--company", default="", help="the id it calls with; without it, the code it is given")
    creating.add_argument(
        "--address",
        action="append",
        default=[],
        type=_network,
        help="an address or network it must call from (10.1.0.0/16); may be repeated; without it, from anywhere",
    )
    creating.add_argument(
        "--expires-at",
        type=_moment,
        help="until when it may call, such as 2027-01-31T00:00:00+07:00; without it, for ever",
    )
    creating.add_argument("--rate", type=_rate, default=50, help="calls a second, of the company as a whole (50)")
    creating.set_defaults(run=lambda given: _create(given, say))


def _network(text: str) -> str:
    found = rules.network(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"an address or a network is expected, not {text!r}")
    return found


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a time is expected, not {text!r}") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rate(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) <= 10_000:
        raise argparse.ArgumentTypeError(f"a number from 1 to 10000 is expected, not {text!r}")
    return int(text)


def _ref(text: str) -> Ref | str:
    if text.isdecimal() and len(text) <= 18:
        return int(text)
    try:
        return UUID(text)
    except ValueError:
        return text.upper()


async def _create(given: argparse.Namespace, say: Say) -> int:
    new = NewClient(
        name=given.name,
        scopes=tuple(Scope(text) for text in given.scope),
        company=given.company,
        addresses=tuple(given.address),
        rate_per_s=given.rate,
        expires_at=given.expires_at,
    )
    _reveal(await commands.create_client(SYSTEM, new), say)
    return 0


async def _list(say: Say) -> int:
    found: list[ClientView] = []
    while True:
        paged = await queries.clients(SYSTEM, Listing(offset=len(found), limit=MAX_LIMIT))
        found += paged.items
        if len(found) >= paged.total or not paged.items:
            break
    rows = [HEADINGS, *(_row(view) for view in found)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADINGS))]
    for row in rows if found else ():
        say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    if not found:
        say("No API clients.")
    return 0


async def _rotate(given: argparse.Namespace, say: Say) -> int:
    try:
        known = await queries.client(SYSTEM, _ref(given.id))
        _reveal(await commands.rotate_client(SYSTEM, known.id), say)
    except ClientNotFound:
        say(f"There is no API client {given.id}.")
        return 1
    except DomainError:
        say(f"{given.id} was revoked: make another one.")
        return 1
    return 0


async def _revoke(given: argparse.Namespace, say: Say) -> int:
    try:
        known = await queries.client(SYSTEM, _ref(given.id))
    except ClientNotFound:
        say(f"There is no API client {given.id}.")
        return 1
    view = await commands.revoke_client(SYSTEM, known.id)
    say(f"{view.code} ({view.name}) may call no more.")
    return 0


def _reveal(made: Revealed, say: Say) -> None:
    say(f"{made.client.code} ({made.client.name}), company {made.client.company}")
    say(f"Secret, shown this once: {made.secret}")


def _row(view: ClientView) -> tuple[str, ...]:
    return (
        view.code,
        str(view.state),
        view.company,
        ",".join(view.scopes),
        _shown(view.last_used_at),
        _shown(view.expires_at),
        view.name,
    )


def _shown(at: datetime | None) -> str:
    return at.isoformat(timespec="minutes") if at else "-"
