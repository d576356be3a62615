"""What can be asked about people."""

from uuid import UUID

from backend.core import db, tokens
from backend.core.actor import Actor, Role
from backend.core.errors import Unauthenticated
from backend.core.settings import settings

ACCESS_AUDIENCE = "lulus:access"


class SessionOver(Unauthenticated):
    """The session of the token was ended, or its account is gone."""

    code = "accounts.session_over"


async def actor_of_token(token: str) -> Actor:
    """Who an access token speaks for; its session is looked up, so that logging out works at once. One statement.

    The role is the account's present one, not the token's.

    Raises: TokenRefused, SessionOver.
    """
    claims = tokens.read(settings().jwt_secret, token, audience=ACCESS_AUDIENCE)
    try:
        session = UUID(str(claims.get("sid", "")))
    except ValueError:
        raise tokens.TokenRefused(reason="no session") from None
    found = await db.row(
        "SELECT s.id, s.account_id, a.role FROM session s JOIN account a ON a.id = s.account_id"
        " WHERE s.uuid = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.removed_at IS NULL",
        session,
    )
    if found is None:
        raise SessionOver
    return Actor(account_id=found["account_id"], role=Role(found["role"]), session_id=found["id"])


async def actor_of_session(session_id: int) -> Actor:
    """Who speaks in a session, as it is now (behind a ticket, and while an event stream is open). One statement.

    Raises: SessionOver.
    """
    found = await db.row(
        "SELECT s.account_id, a.role FROM session s JOIN account a ON a.id = s.account_id"
        " WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > now() AND a.removed_at IS NULL",
        session_id,
    )
    if found is None:
        raise SessionOver
    return Actor(account_id=found["account_id"], role=Role(found["role"]), session_id=session_id)
