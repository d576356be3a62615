"""Signed tokens: HS256, one key per purpose, every claim required that a forger might leave out."""

import hashlib
from datetime import timedelta
from typing import Any

import jwt

from backend.core.clock import now
from backend.core.errors import Unauthenticated
from backend.core.ids import new_uuid

ISSUER = "lulus"
_ALGORITHM = "HS256"
_REQUIRED = ["exp", "iat", "nbf", "sub", "jti", "aud", "iss"]
_MAX_CHARACTERS = 4096
_LEEWAY_S = 5
_REMEMBERED = 4096


class TokenRefused(Unauthenticated):
    """A token that is malformed, forged, expired, or made for something else."""

    code = "core.token_refused"


def sign(key: str, *, audience: str, subject: str, lifetime: timedelta, claims: dict[str, Any]) -> str:
    """A token for one audience. `claims` are added to the registered ones and may not replace them."""
    at = now()
    registered = {
        "iss": ISSUER,
        "aud": audience,
        "sub": subject,
        "jti": str(new_uuid()),
        "iat": at,
        "nbf": at,
        "exp": at + lifetime,
    }
    return jwt.encode({**claims, **registered}, key, algorithm=_ALGORITHM)


class _Verified:
    """The claims of tokens whose signature and claims were found good, by a hash of everything that decides it.

    A signature that was good stays good, and so do issuer, audience and `nbf`; only `exp` can become untrue, and it is
    compared at every reading. Nothing else is saved by this: whether the session was revoked, or the account removed,
    is asked in SQL at every request (`accounts.queries.actor_of_token`). The hash covers key and audience, so that a
    token remembered for one purpose is never found for another, and a changed key forgets all. No token is held.
    """

    claims: dict[bytes, dict[str, Any]] = {}  # noqa: RUF012 - one for the process

    @classmethod
    def name(cls, key: str, token: str, audience: str) -> bytes:
        return hashlib.sha256(f"{key}\0{audience}\0{token}".encode()).digest()

    @classmethod
    def remember(cls, name: bytes, claims: dict[str, Any]) -> None:
        while len(cls.claims) >= _REMEMBERED:
            del cls.claims[next(iter(cls.claims))]
        cls.claims[name] = claims

    @classmethod
    def recall(cls, name: bytes) -> dict[str, Any] | None:
        found = cls.claims.get(name)
        if found is not None and found["exp"] <= now().timestamp() - _LEEWAY_S:
            del cls.claims[name]
            return None
        return found


def read(key: str, token: str, *, audience: str, verify_exp: bool = True) -> dict[str, Any]:
    """The claims of a token that we signed for this audience; a token seen before is not verified anew.

    Raises: TokenRefused.
    """
    if len(token) > _MAX_CHARACTERS:
        raise TokenRefused(reason="too long")
    try:
        name = _Verified.name(key, token, audience)
        known = _Verified.recall(name) if verify_exp else None
        if known is not None:
            return dict(known)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            leeway=_LEEWAY_S,
            options={"require": _REQUIRED, "verify_exp": verify_exp},
        )
    except (jwt.PyJWTError, ValueError, UnicodeError) as error:
        raise TokenRefused(reason=type(error).__name__) from None
    if verify_exp:
        _Verified.remember(name, claims)
    return dict(claims)
