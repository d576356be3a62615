"""Whose credentials are these: the token in `Authorization`, bare or after `Bearer`. Nothing else lets anybody in.

A handler is closed unless it says `opt={"public": True}`. Source: contract/partners.md 4.2.
"""

import re
from typing import Any

from litestar import Request
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.core.errors import Unauthenticated
from backend.domain.clients import access
from backend.domain.clients import terms as clients
from backend.domain.clients.terms import Token

SCOPE = clients.Scope.RUANGKERJA
"""The scope that an API client needs for this contract."""

TOKEN_LIFE_S = 43_199
"""Twelve hours less a second, as the contract shows."""

_TOKEN = re.compile(r"(?:bearer +)?([A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43})", re.IGNORECASE)


class TokenMissing(Unauthenticated):
    """There is no token, or nothing that could be one, or more than one."""

    code = "ruangkerja.token_missing"


class Authentication(ASGIMiddleware):
    """Lets API clients in, before the handler runs."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request through, or raise. Raises: TokenMissing, and what `authenticate` raises."""
        if not scope["route_handler"].opt.get("public"):
            await access.authenticate(_token(scope), scope=SCOPE, address=address(scope), route=route(scope))
        await next_app(scope, receive, send)


def _token(scope: Scope) -> Token:
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    found = _TOKEN.fullmatch(given[0].decode("latin-1").strip()) if len(given) == 1 else None
    if found is None:
        raise TokenMissing
    return Token(found[1])


def address(scope: Scope) -> str:
    """Where a request comes from, as the front door found it."""
    client = scope.get("client")
    return client[0] if client else ""


def route(scope: Scope) -> str:
    """The template of the path, for the activity log."""
    return str(scope.get("path_template") or "")


class Caller:
    """Where a request comes from and what it asks for, as the activity log wants it."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self.address = address(request.scope)
        self.route = route(request.scope)
