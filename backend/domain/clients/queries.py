"""What can be asked about API clients. Nothing here tells a secret: they are not kept."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.domain.clients.errors import ClientNotFound, ClientsKeptByAdmins
from backend.domain.clients.terms import ClientState, Outcome


class ClientView(msgspec.Struct, frozen=True, kw_only=True):
    """A client. `company` is whom it calls for, and shares its rate with."""

    id: int
    uuid: UUID
    code: str
    name: str
    company: str
    scopes: Sequence[str]
    addresses: Sequence[str]
    rate_per_s: int
    state: ClientState
    expires_at: datetime | None
    last_used_at: datetime | None
    rotated_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    updated_at: datetime


class UseView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the activity log: so many calls of a route from an address in one minute."""

    minute: datetime
    address: str
    route: str
    outcome: Outcome
    uses: int


COLUMNS = (
    "c.id, c.uuid, c.code, c.name, c.company, c.scopes, c.addresses, c.rate_per_s,"
    " CASE WHEN c.revoked_at IS NOT NULL THEN 'revoked' WHEN c.expires_at <= now() THEN 'expired'"
    " ELSE 'active' END AS state,"
    " c.expires_at, c.last_used_at, c.rotated_at, c.revoked_at, c.created_at, c.updated_at"
)

_LENS = Lens(
    key="c.id",
    sorts={name: f"c.{name}" for name in ("name", "company", "last_used_at", "expires_at", "created_at", "updated_at")},
    filters={"id": ("c.uuid", UUID), **{name: (f"c.{name}", str) for name in ("code", "name", "company")}},
    search=("c.name", "c.company"),
)


async def clients(actor: Actor, listing: Listing) -> Paged[ClientView]:
    """Every client, revoked ones too, for admins. Two statements.

    Raises: ClientsKeptByAdmins.
    """
    must_keep_clients(actor)
    return await page(ClientView, _LENS, listing, select=COLUMNS, source="api_client c")


async def client(actor: Actor, ref: Ref | str) -> ClientView:
    """A client by id, uuid or code, for admins. One statement.

    Raises: ClientNotFound, ClientsKeptByAdmins.
    """
    must_keep_clients(actor)
    column = "code" if isinstance(ref, str) else db.column_of(ref)
    found = await db.row(f"SELECT {COLUMNS} FROM api_client c WHERE c.{column} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise ClientNotFound(ref=str(ref))
    return db.view(ClientView, found)


async def uses(actor: Actor, client_id: int, *, limit: int = 100) -> list[UseView]:
    """The latest lines of a client's activity log, for admins. One statement.

    Raises: ClientsKeptByAdmins.
    """
    must_keep_clients(actor)
    rows = await db.fetch(
        "SELECT minute, address, route, outcome, uses FROM api_use WHERE client_id = $1"
        " ORDER BY minute DESC, id DESC LIMIT $2",
        client_id,
        limit,
    )
    return db.views(UseView, rows)


def must_keep_clients(actor: Actor) -> None:
    """Let admins pass.

    Raises: ClientsKeptByAdmins.
    """
    if not actor.is_admin:
        raise ClientsKeptByAdmins
