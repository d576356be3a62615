"""Whose credentials are these: query, headers or a bearer token -> the client. Cookies are not looked at.

Source: contract/partners.md 3.2. HTTP Basic is not among the methods. Of several ways in one request the first counts:
token, headers, query.
"""

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.core.errors import Forbidden, Invalid, Unauthenticated
from backend.domain.clients import access
from backend.domain.clients import terms as clients
from backend.domain.clients.access import IssuedToken
from backend.domain.clients.terms import Key
from backend.domain.clients.terms import Token as Proof

SCOPE = clients.Scope.LEARNING360
TOKEN_LIFETIME_S = 3600
MOST_PARAMETERS = 100


class CredentialsMissing(Unauthenticated):
    """There are no credentials, or one of a kind twice: who reads which, nobody knows."""

    code = "learning360.credentials_missing"


class ClientRefused(Unauthenticated):
    """Nobody gets a token for this id and secret."""

    code = "learning360.invalid_client"


class GrantMissing(Invalid):
    """The request for a token is no JSON object with three texts."""

    code = "learning360.grant_missing"


class GrantUnsupported(Invalid):
    """Tokens are given for a client's own credentials only."""

    code = "learning360.unsupported_grant_type"


class Grant(msgspec.Struct):
    """What is sent for a token. Source: contract/partners.md 3.2."""

    client_id: str
    client_secret: str
    grant_type: str

    def __repr__(self) -> str:
        """Without the secret, so that no log holds it."""
        return "Grant(…)"


class Authentication(ASGIMiddleware):
    """Lets known clients through; routes that say `public`, and the question what a route allows, are for everybody."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request through, or raise. Raises: CredentialsMissing, and what `access.authenticate` raises."""
        if not scope["route_handler"].opt.get("public") and scope.get("method") != "OPTIONS":
            await access.authenticate(proof(scope), **_where(scope))
        await next_app(scope, receive, send)


def proof(scope: Scope) -> Key | Proof:
    """What a request shows of itself. Raises: CredentialsMissing."""
    given = [text.partition(" ") for text in _headers(scope, b"authorization")]
    if bearer := [token.strip() for scheme, _, token in given if scheme.lower() == "bearer"]:
        return Proof(_only(bearer))
    company, secret = _headers(scope, b"x-company-id"), _headers(scope, b"x-apikey")
    if company or secret:
        return Key(_only(company), _only(secret))
    asked = _query(scope)
    return Key(_only(asked.get("company", [])), _only(asked.get("apiKey", [])))


async def grant(request: Request[Any, Any, Any]) -> IssuedToken:
    """Give a token for what a request asks with.

    Raises: CallsTooOften, ClientRefused, GrantMissing, GrantUnsupported.
    """
    asked = _asked(await request.body())
    if not (asked.client_id and asked.client_secret and asked.grant_type):
        raise GrantMissing
    if asked.grant_type != "client_credentials":
        raise GrantUnsupported
    key = Key(asked.client_id, asked.client_secret)
    try:
        return await access.issue_token(key, lifetime_s=TOKEN_LIFETIME_S, **_where(request.scope))
    except (Unauthenticated, Forbidden):
        raise ClientRefused from None


def _asked(body: bytes) -> Grant:
    try:
        return msgspec.json.decode(body, type=Grant)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise GrantMissing from None


def _where(scope: Scope) -> dict[str, str]:
    """What the activity log notes of a call, and the scope that it needs."""
    client = scope.get("client")
    route = str(scope.get("path_template") or "-")
    return {"scope": SCOPE, "address": client[0] if client else "", "route": route}


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _query(scope: Scope) -> dict[str, list[str]]:
    text = scope.get("query_string", b"").decode("latin-1")
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        return {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _only(given: list[str]) -> str:
    """The one that was sent. Raises: CredentialsMissing when there is none, an empty one, or several."""
    if len(given) != 1 or not given[0]:
        raise CredentialsMissing
    return given[0]
