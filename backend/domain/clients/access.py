"""Letting API clients in: by their secret, or by a token that was issued for it. Two statements for each call.

The first finds whose secret or token it is; the second counts the call for its company, and writes the activity log.
That second one is committed without waiting for the disk: a crash of the database may lose the last calls of a
moment from the log, and the count of a second.
"""

import secrets

import msgspec
from asyncpg import Record

from backend.core import db, throttle
from backend.core.errors import DomainError
from backend.domain.clients import rules
from backend.domain.clients.errors import (
    AddressRefused,
    CallsTooOften,
    ClientExpired,
    ClientRevoked,
    ClientUnknown,
    ScopeMissing,
)
from backend.domain.clients.queries import COLUMNS, ClientView
from backend.domain.clients.terms import ClientState, Key, Outcome, Token

WINDOW_S = 1

_BY_KEY = f"""
SELECT {COLUMNS}, c.secret_hash AS kept_hash, NULL AS token_scope, false AS is_token_over
FROM api_client c WHERE c.secret_hash = $1
"""  # noqa: S608 - our names

_BY_TOKEN = f"""
SELECT {COLUMNS}, t.token_hash AS kept_hash, t.scope AS token_scope, t.expires_at <= now() AS is_token_over
FROM api_token t JOIN api_client c ON c.id = t.client_id WHERE t.token_hash = $1
"""  # noqa: S608 - our names

_LOG = """
INSERT INTO api_use AS u (client_id, minute, address, route, outcome, uses)
SELECT $1, date_trunc('minute', now()), $2, $3, {outcome}, 1 FROM {source}
ON CONFLICT (client_id, minute, address, route, outcome) DO UPDATE SET uses = u.uses + 1
"""

_UNHURRIED = (
    "SELECT set_config('synchronous_commit', CASE WHEN {alone} THEN 'off'"
    " ELSE current_setting('synchronous_commit') END, true)"
)

_NOTE_REFUSAL = (
    f"WITH unhurried AS ({_UNHURRIED.format(alone='$5::boolean')}) {_LOG.format(outcome='$4', source='unhurried')}"
)

_NOTE = f"""
WITH unhurried AS ({_UNHURRIED.format(alone="$7::boolean")}),
hit AS ({throttle.COUNT.format(key="$4", window="$5")}, window_started_at),
used AS (
    {_LOG.format(outcome="CASE WHEN hit.hits > $6 THEN 'too_many' ELSE 'taken' END", source="hit, unhurried")}
),
touched AS (
    UPDATE api_client SET last_used_at = now()
    WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
)
SELECT hits > $6 AS is_too_many,
       greatest(1, ceil(extract(epoch FROM window_started_at + make_interval(secs => $5) - now())))::int AS wait_s
FROM hit
"""  # noqa: S608 - our own text

_REFUSALS: dict[Outcome, type[DomainError]] = {
    Outcome.REVOKED: ClientRevoked,
    Outcome.EXPIRED: ClientExpired,
    Outcome.OUT_OF_SCOPE: ScopeMissing,
    Outcome.ELSEWHERE: AddressRefused,
}


class IssuedToken(msgspec.Struct, frozen=True):
    """A token, which nobody can be shown again, and for how long it is good (seconds)."""

    token: str
    lifetime_s: int

    def __repr__(self) -> str:
        """Without the token, so that no log holds it."""
        return "IssuedToken(…)"


async def authenticate(proof: Key | Token, *, scope: str, address: str, route: str) -> ClientView:
    """Which client calls, if it may. `route` is the template of the path, for the activity log.

    Calls of a known client are noted, refused ones too. A token is good for the scope it was issued for, as long as
    its client has that scope. Never call this inside a transaction that may be taken back.

    Raises: AddressRefused, CallsTooOften, ClientExpired, ClientRevoked, ClientUnknown, ScopeMissing.
    """
    found = await _find(proof)
    if found is None:
        raise ClientUnknown
    view = db.view(ClientView, found)
    scopes = [one for one in view.scopes if found["token_scope"] in (None, one)]
    refused = rules.fault(
        is_revoked=view.state is ClientState.REVOKED,
        is_expired=view.state is ClientState.EXPIRED or found["is_token_over"],
        scopes=scopes,
        scope=scope,
        networks=view.addresses,
        address=address,
    )
    place, alone = (view.id, address[:64], route[:200]), not db.in_transaction()
    if refused is not None:
        await db.statement(_NOTE_REFUSAL, *place, str(refused), alone)
        raise _REFUSALS[refused](scope=scope)
    noted = await db.row(_NOTE, *place, f"api:{view.company}", float(WINDOW_S), view.rate_per_s, alone)
    if noted is not None and noted["is_too_many"]:
        raise CallsTooOften(retry_after_s=noted["wait_s"])
    return view


async def issue_token(key: Key, *, scope: str, address: str, route: str, lifetime_s: int) -> IssuedToken:
    """Give a client a token for one scope. It has two parts of 43 characters each, and only its hash is kept.

    Raises: AddressRefused, CallsTooOften, ClientExpired, ClientRevoked, ClientUnknown, ScopeMissing.
    """
    client = await authenticate(key, scope=scope, address=address, route=route)
    token = f"{secrets.token_urlsafe(32)}.{secrets.token_urlsafe(32)}"
    async with db.transaction():
        # the secret is asked for again, under the lock that rotating takes: it may have changed since
        made = await db.statement(
            "INSERT INTO api_token (client_id, token_hash, scope, expires_at)"
            " SELECT id, $3, $4, now() + make_interval(secs => $5) FROM"
            " (SELECT id FROM api_client WHERE id = $1 AND secret_hash = $2 AND revoked_at IS NULL FOR SHARE) AS held",
            client.id,
            rules.hashed(key.secret),
            rules.hashed(token),
            scope,
            float(lifetime_s),
        )
        if not made:
            raise ClientUnknown
        await db.statement(
            "DELETE FROM api_token WHERE client_id = $1 AND id <="
            " (SELECT id FROM api_token WHERE client_id = $1 ORDER BY id DESC OFFSET $2 LIMIT 1)",
            client.id,
            rules.TOKENS_KEPT,
        )
    return IssuedToken(token, lifetime_s)


async def _find(proof: Key | Token) -> Record | None:
    digest = rules.hashed(proof.secret if isinstance(proof, Key) else proof.text)
    found = await db.row(_BY_KEY if isinstance(proof, Key) else _BY_TOKEN, digest)
    if found is None or not rules.is_same(found["kept_hash"], digest):
        return None
    if isinstance(proof, Key):
        company, code = rules.is_same(found["company"], proof.client), rules.is_same(found["code"], proof.client)
        return found if company or code else None
    return found
