"""Badges of certificates, and the lists of revoked ones, as they are now."""

from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.certificates import badges, commands, queries
from backend.domain.certificates.badges import Facts
from backend.domain.certificates.errors import CertificateNotFound, Revoked, StillGenerating
from backend.domain.certificates.queries import CertificateView
from backend.domain.certificates.terms import CertificateState


class BadgeView(msgspec.Struct, frozen=True):
    """The credential of a certificate."""

    number: str
    token: str
    title: str

    @property
    def picture(self) -> str:
        """The badge as a picture (SVG) with the credential in it."""
        return badges.baked(self.token, self.title)


async def badge(actor: Actor, ref: Ref) -> BadgeView:
    """The badge of a certificate that the actor may see.

    Raises: CertificateNotFound, NotYours, StillGenerating, Revoked.
    """
    view = await queries.certificate(actor, ref)
    if view.state is CertificateState.REVOKED:
        raise Revoked
    if view.state is CertificateState.GENERATING:
        raise StillGenerating
    return await _badge(view)


async def public_badge(reference: UUID | str, *, address: str) -> BadgeView:
    """The badge of a certificate that was not revoked, for a stranger.

    Raises: TooManyChecks, CertificateNotFound.
    """
    return await _badge(await commands.public_certificate(reference, address=address))


async def status_list(number: int) -> str:
    """The signed list of that number. The first is there before any certificate.

    Raises: CertificateNotFound.
    """
    last = await db.value("SELECT coalesce(max(id), 0) FROM certificate")
    if number > badges.list_of(last):
        raise CertificateNotFound(ref=str(number))
    first = number * badges.BITS
    found = await db.fetch(
        "SELECT id FROM certificate WHERE state = 'revoked' AND id >= $1 AND id < $2", first, first + badges.BITS
    )
    at = await db.value("SELECT now()")
    return badges.status_list(number, [row["id"] for row in found], at)


async def _badge(view: CertificateView) -> BadgeView:
    found = await db.row(
        "SELECT o.uuid AS course_uuid, CASE WHEN a.removed_at IS NULL THEN a.email END AS email FROM certificate c"
        " JOIN account a ON a.id = c.account_id JOIN batch b ON b.id = c.batch_id JOIN course o ON o.id = b.course_id"
        " WHERE c.id = $1",
        view.id,
    )
    if found is None:
        raise CertificateNotFound(ref=view.number)
    token = badges.badge(view, Facts(found["course_uuid"], found["email"]))
    return BadgeView(view.number, token, f"{view.paper.course_title}, {view.paper.school_name}")
