"""Signed tokens: HS256, one key per purpose, every claim required that a forger might leave out."""

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


def read(key: str, token: str, *, audience: str, verify_exp: bool = True) -> dict[str, Any]:
    """The claims of a token that we signed for this audience.

    Raises: TokenRefused.
    """
    if len(token) > _MAX_CHARACTERS:
        raise TokenRefused(reason="too long")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            leeway=5,
            options={"require": _REQUIRED, "verify_exp": verify_exp},
        )
    except (jwt.PyJWTError, ValueError, UnicodeError) as error:
        raise TokenRefused(reason=type(error).__name__) from None
    return claims
