"""Whose credentials are these: `Authorization: Bearer <access token>` -> Actor.

Nothing is open by accident: a handler says `opt={"public": True}` or `opt={"roles": ...}`, and a test sees that each
one says one of them.
"""

from typing import Any

from litestar import Request
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from backend.core.actor import Actor, Role, acting_as
from backend.core.errors import Forbidden, Unauthenticated
from backend.domain.accounts import queries as accounts

EVERYONE = frozenset(Role)
STAFF = frozenset({Role.ADMIN, Role.TEACHER})
ADMIN = frozenset({Role.ADMIN})
STUDENT = frozenset({Role.STUDENT})
TEACHER = frozenset({Role.TEACHER})


class HeaderMissing(Unauthenticated):
    """No bearer token was sent."""

    code = "lms.header_missing"


class HeaderEmpty(Unauthenticated):
    """The bearer token is empty, or the text "undefined"."""

    code = "lms.header_empty"


class RoleInsufficient(Forbidden):
    """The endpoint is for other roles."""

    code = "lms.role"


class Authentication(ASGIMiddleware):
    """Finds the Actor before the handler runs, and refuses roles that the handler does not name."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let a request through with its Actor, or raise. Raises: Unauthenticated, RoleInsufficient."""
        opt = scope["route_handler"].opt
        header = _header(scope)
        scope["user"] = None
        if not opt.get("public") or (header and opt.get("optional")):
            actor = await authenticate(header)
            if actor.role not in opt.get("roles", ()) and not opt.get("public"):
                raise RoleInsufficient
            scope["user"] = actor
        with acting_as(scope["user"]):
            await next_app(scope, receive, send)


def _header(scope: Scope) -> str | None:
    """The Authorization header. Raises: HeaderMissing when there are two: who reads which, nobody knows."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) > 1:
        raise HeaderMissing
    return given[0].decode("latin-1") if given else None


async def authenticate(header: str | None) -> Actor:
    """The actor of an Authorization header. Raises: HeaderMissing, HeaderEmpty, and what `actor_of_token` raises."""
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        raise HeaderMissing
    token = token.strip()
    if token in ("", "undefined", "null"):
        raise HeaderEmpty
    return await accounts.actor_of_token(token)


def actor(request: Request[Any, Any, Any]) -> Actor:
    """The actor of a request that must have one. Raises: HeaderMissing."""
    found = request.scope.get("user")
    if not isinstance(found, Actor):
        raise HeaderMissing
    return found


def principal(scope: Scope) -> str | None:
    """Who a request's `Idempotency-Key` belongs to; None for a stranger."""
    found = scope.get("user")
    return f"account:{found.account_id}" if isinstance(found, Actor) else None


def optional_actor(request: Request[Any, Any, Any]) -> Actor | None:
    """The actor of a request that need not have one (`opt={"public": True, "optional": True}`)."""
    found = request.scope.get("user")
    return found if isinstance(found, Actor) else None


def client_address(request: Request[Any, Any, Any]) -> str:
    """Where a request comes from, as the front door found it."""
    return request.client.host if request.client else ""
