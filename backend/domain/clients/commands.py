"""What can be done with API clients. How they are let in stands in `access`."""

import secrets

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.errors import Broken
from backend.core.ids import Ref, new_code
from backend.core.outbox import emit
from backend.domain.clients import events, queries, rules
from backend.domain.clients.errors import AddressUnfit, ClientNotFound, ClientOver
from backend.domain.clients.queries import ClientView
from backend.domain.clients.tables import ApiClient
from backend.domain.clients.terms import NewClient


class Revealed(msgspec.Struct, frozen=True):
    """A client with its secret, which nobody can be shown again."""

    client: ClientView
    secret: str


async def create_client(actor: Actor, new: NewClient) -> Revealed:
    """Let a program call for a partner.

    Raises: AddressUnfit, ClientsKeptByAdmins.
    Emits: ClientCreated.
    """
    queries.must_keep_clients(actor)
    networks = _networks(new.addresses)
    secret, code = _new_secret(), f"CLIENT-{new_code()}"
    async with transaction():
        row = ApiClient(
            code=code,
            name=new.name,
            company=new.company or code,
            secret_hash=rules.hashed(secret),
            scopes=sorted(set(new.scopes)),
            addresses=networks,
            rate_per_s=new.rate_per_s,
            expires_at=new.expires_at,
            created_by=actor.account_id,
        )
        await row.save()
        await emit(events.ClientCreated(client_id=row.id))
        return Revealed(await queries.client(actor, row.id), secret)


async def rotate_client(actor: Actor, ref: Ref) -> Revealed:
    """Give a client another secret. The old one, and every token that was issued for it, end at once.

    Raises: ClientNotFound, ClientOver, ClientsKeptByAdmins.
    Emits: SecretRotated.
    """
    queries.must_keep_clients(actor)
    secret = _new_secret()
    async with transaction():
        client_id = await _lock(ref)
        changed = await db.statement(
            "UPDATE api_client SET secret_hash = $2, rotated_at = now(), updated_at = now()"
            " WHERE id = $1 AND revoked_at IS NULL",
            client_id,
            rules.hashed(secret),
        )
        if not changed:
            raise ClientOver(client=client_id)
        await db.statement("DELETE FROM api_token WHERE client_id = $1", client_id)
        await emit(events.SecretRotated(client_id=client_id))
        return Revealed(await queries.client(actor, client_id), secret)


async def revoke_client(actor: Actor, ref: Ref) -> ClientView:
    """Let a client call no more, from its next call on. It stays, with its activity log. A second call changes nothing.

    Raises: ClientNotFound, ClientsKeptByAdmins.
    Emits: ClientRevoked.
    """
    queries.must_keep_clients(actor)
    async with transaction():
        client_id = await _lock(ref)
        changed = await db.statement(
            "UPDATE api_client SET revoked_at = now(), updated_at = now() WHERE id = $1 AND revoked_at IS NULL",
            client_id,
        )
        if changed:
            await emit(events.ClientRevoked(client_id=client_id))
        return await queries.client(actor, client_id)


async def purge(limit: int) -> int:
    """Delete tokens that have been over for a day, and old lines of the activity log: at most so many of each."""
    tokens = await db.statement(
        "DELETE FROM api_token WHERE id IN"
        " (SELECT id FROM api_token WHERE expires_at < now() - interval '1 day' LIMIT $1)",
        limit,
    )
    uses = await db.statement(
        "DELETE FROM api_use WHERE id IN"
        " (SELECT id FROM api_use WHERE minute < now() - make_interval(days => $2) LIMIT $1)",
        limit,
        rules.USES_KEPT_DAYS,
    )
    return tokens + uses


def _new_secret() -> str:
    """256 bits of chance, with a beginning by which a leaked one is recognised."""
    return f"lulus_{secrets.token_urlsafe(32)}"


def _networks(addresses: tuple[str, ...]) -> list[str]:
    networks = [rules.network(text) for text in addresses]
    wrong = {f"addresses[{at}]": Broken("invalid") for at, found in enumerate(networks) if found is None}
    if wrong:
        raise AddressUnfit(fields=wrong)
    return sorted({found for found in networks if found is not None})


async def _lock(ref: Ref) -> int:
    found = await db.lock("api_client", ref)
    if found is None:
        raise ClientNotFound(ref=str(ref))
    return found
