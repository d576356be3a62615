"""Words and values of this feature, without any import of ours."""

from datetime import datetime
from enum import StrEnum

import msgspec


class ClientState(StrEnum):
    """Whether a client may call."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Scope(StrEnum):
    """What a client may be let in to: those who are called ask for one of these."""

    LEARNING360 = "learning360:read"
    RUANGKERJA = "ruangkerja:read"


class Outcome(StrEnum):
    """What became of a call, as the activity log has it."""

    TAKEN = "taken"
    REVOKED = "revoked"
    EXPIRED = "expired"
    """The client, or the token that it sent."""
    OUT_OF_SCOPE = "out_of_scope"
    ELSEWHERE = "elsewhere"
    """From an address that is not on the client's list."""
    TOO_MANY = "too_many"


class NewClient(msgspec.Struct, frozen=True, kw_only=True):
    """What a client begins with.

    `scopes` are what it is let in to; `addresses` are networks (CIDR) or single addresses, and none
    stands for anywhere. Without a `company` it is the client's own code. `rate_per_s` is for the company as a whole.
    """

    name: str
    scopes: tuple[Scope, ...]
    company: str = ""
    addresses: tuple[str, ...] = ()
    rate_per_s: int = 50
    expires_at: datetime | None = None


class Key(msgspec.Struct, frozen=True):
    """A client's own secret. `client` is what was sent beside it: the company, or the client's code."""

    client: str
    secret: str

    def __repr__(self) -> str:
        """Without the secret, so that no log holds it."""
        return "Key(…)"


class Token(msgspec.Struct, frozen=True):
    """A token that was issued for a secret."""

    text: str

    def __repr__(self) -> str:
        """Without the token, so that no log holds it."""
        return "Token(…)"
