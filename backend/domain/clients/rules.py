"""What is true of API clients: who may call from where, and what a secret looks like in the database."""

import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from typing import Final

from backend.domain.clients.terms import Outcome

TOKENS_KEPT: Final = 1000
"""Tokens of a client that are good at once; a newer one ends the oldest."""
USES_KEPT_DAYS: Final = 90

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def hashed(secret: str) -> bytes:
    """What is kept of a secret or token. They are made of chance, so a fast hash is enough: nobody can try them all."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_same(one: str | bytes, other: str | bytes) -> bool:
    """Whether two texts or hashes are one, in a time that does not tell where they differ."""
    return hmac.compare_digest(_octets(one), _octets(other))


def _octets(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def network(text: str) -> str | None:
    """A network or an address in its usual form (`192.0.2.0/24`, `2001:db8::1/128`), or None when it is neither."""
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        return None


def is_from(address: str, networks: Sequence[str]) -> bool:
    """Whether an address lies in one of the networks; without networks every address will do."""
    if not networks:
        return True
    found = _address(address)
    return found is not None and any(found in ipaddress.ip_network(text) for text in networks)


def _address(text: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    # a server that listens on both families sees IPv4 callers as ::ffff:192.0.2.1
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def fault(
    *,
    is_revoked: bool,
    is_expired: bool,
    scopes: Sequence[str],
    scope: str,
    networks: Sequence[str],
    address: str,
) -> Outcome | None:
    """Why a client may not call, the first reason in order of how final it is; None when it may."""
    if is_revoked:
        return Outcome.REVOKED
    if is_expired:
        return Outcome.EXPIRED
    if scope not in scopes:
        return Outcome.OUT_OF_SCOPE
    if not is_from(address, networks):
        return Outcome.ELSEWHERE
    return None
