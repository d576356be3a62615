"""API clients on the wire. Ours, not the contract's."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.dialects.lms.wire.text import Moment, Name
from backend.domain.clients.commands import Revealed
from backend.domain.clients.queries import ClientView, UseView
from backend.domain.clients.terms import ClientState, NewClient, Outcome, Scope

Company = Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_.-]*$(?!\n)")]
"""How a partner calls itself in its requests; empty stands for the client's own code."""
Address = Annotated[str, Meta(min_length=2, max_length=64, pattern=r"^[0-9A-Fa-f.:/]+$(?!\n)")]
"""An address or a network (CIDR)."""
Rate = Annotated[int, Meta(ge=1, le=10_000)]


class ApiClientIn(msgspec.Struct):
    """What a client begins with. `rate_per_s` counts for all clients of its company together."""

    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=20)]
    company: Company = ""
    addresses: Annotated[list[Address], Meta(max_length=100)] = []
    rate_per_s: Rate = 50
    expires_at: Moment | None = None

    def new(self) -> NewClient:
        """In the domain's terms."""
        return NewClient(
            name=self.name,
            scopes=tuple(self.scopes),
            company=self.company,
            addresses=tuple(self.addresses),
            rate_per_s=self.rate_per_s,
            expires_at=self.expires_at,
        )


class ApiClientOut(msgspec.Struct, kw_only=True):
    """A client, without its secret. Without `addresses` it may call from anywhere."""

    id: UUID
    code: str
    name: str
    company: str
    scopes: list[str]
    addresses: list[str]
    rate_per_s: int
    status: ClientState
    expires_at: datetime | None
    last_used_at: datetime | None
    rotated_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: ClientView) -> "ApiClientOut":
        """As it is shown."""
        return cls(**_shown(view))


class SecretOut(ApiClientOut, kw_only=True):
    """A client with its secret, which is shown this once."""

    secret: str

    @classmethod
    def revealed(cls, made: Revealed) -> "SecretOut":
        """As it is shown once."""
        return cls(**_shown(made.client), secret=made.secret)


class UseOut(msgspec.Struct):
    """How often a route was called from an address in one minute, and what became of it."""

    minute: datetime
    address: str
    route: str
    outcome: Outcome
    count: int

    @classmethod
    def of(cls, view: UseView) -> "UseOut":
        """As it is shown."""
        return cls(view.minute, view.address, view.route, view.outcome, view.uses)


class UsedClientOut(ApiClientOut, kw_only=True):
    """A client with the latest of its activity log."""

    uses: list[UseOut]

    @classmethod
    def used(cls, view: ClientView, uses: list[UseView]) -> "UsedClientOut":
        """As it is shown."""
        return cls(**_shown(view), uses=[UseOut.of(use) for use in uses])


def _shown(view: ClientView) -> dict[str, Any]:
    return {
        "id": view.uuid,
        "code": view.code,
        "name": view.name,
        "company": view.company,
        "scopes": list(view.scopes),
        "addresses": list(view.addresses),
        "rate_per_s": view.rate_per_s,
        "status": view.state,
        "expires_at": view.expires_at,
        "last_used_at": view.last_used_at,
        "rotated_at": view.rotated_at,
        "revoked_at": view.revoked_at,
        "created_at": view.created_at,
        "updated_at": view.updated_at,
    }
