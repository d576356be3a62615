"""The link that ends mails of one kind for one person: signed, good without a login, and good for nothing else."""

from datetime import timedelta
from uuid import UUID

from backend.core import tokens
from backend.core.settings import settings
from backend.core.tokens import TokenRefused
from backend.domain.notifications.errors import LinkUnknown
from backend.domain.notifications.terms import NoticeKind

AUDIENCE = "lulus:unsubscribe"
PATH = "/unsubscribe"
LIFETIME = timedelta(days=3650)
"""A mail may be read years later."""


def address(person: UUID, kind: NoticeKind) -> str:
    """The address that mails of a kind carry."""
    token = tokens.sign(
        settings().ticket_secret,
        audience=AUDIENCE,
        subject=str(person),
        lifetime=LIFETIME,
        claims={"kind": str(kind)},
    )
    return f"{settings().public_url}{PATH}/{token}"


def read(token: str) -> tuple[UUID, NoticeKind]:
    """Whose mails of which kind a link ends.

    Raises: LinkUnknown.
    """
    try:
        claims = tokens.read(settings().ticket_secret, token, audience=AUDIENCE)
        return UUID(claims["sub"]), NoticeKind(claims["kind"])
    except (TokenRefused, KeyError, ValueError, TypeError):
        raise LinkUnknown from None
