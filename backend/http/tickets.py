"""Tickets in addresses, for what cannot send a header: `<video>`, `<img>` and `EventSource`.

A ticket opens one thing, for ten minutes, on behalf of one session; when that session ends, so does the ticket,
because whoever reads it asks for the session's actor anew.
"""

from datetime import datetime, timedelta
from uuid import UUID

from backend.core import clock, tokens
from backend.core.settings import settings

AUDIENCE = "lulus:ticket"
LIFETIME = timedelta(minutes=10)


def make(session_id: int, kind: str, uuid: UUID) -> tuple[str, datetime]:
    """A ticket for one thing ("file", "job"), and when it ends."""
    ticket = tokens.sign(
        settings().ticket_secret,
        audience=AUDIENCE,
        subject=f"{kind}:{uuid}",
        lifetime=LIFETIME,
        claims={"sid": session_id},
    )
    return ticket, clock.now() + LIFETIME


def read(ticket: str, kind: str, uuid: UUID) -> int:
    """The id of the session that a ticket for this thing was made in.

    Raises: TokenRefused, also for a ticket that was made for something else.
    """
    claims = tokens.read(settings().ticket_secret, ticket, audience=AUDIENCE)
    session_id = claims.get("sid")
    if claims["sub"] != f"{kind}:{uuid}" or not isinstance(session_id, int):
        raise tokens.TokenRefused(reason="another thing")
    return session_id
