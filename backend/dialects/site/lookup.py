"""Where the certificate page gets its data: the one place that ties it to the domain."""

from collections.abc import Awaitable, Callable
from typing import Literal
from uuid import UUID

from backend.core.clock import school_date
from backend.core.ids import MalformedId, parse_uuid
from backend.dialects.site.pages import Certificate, FileVerdict
from backend.domain.certificates import badge_queries, checking, commands
from backend.domain.certificates.badge_queries import BadgeView
from backend.domain.certificates.errors import CertificateNotFound
from backend.domain.certificates.queries import CertificateView, StoredPaper
from backend.domain.certificates.terms import CertificateState

Lookup = Callable[[str, str], Awaitable[Certificate | None]]
"""(number or uuid, the caller's address) -> what a stranger may see."""


def _read(reference: str) -> UUID | str:
    try:
        return parse_uuid(reference)
    except MalformedId:
        return reference


async def certificate(reference: str, address: str) -> Certificate | None:
    """Find a certificate by its number or uuid. None for anything unknown.

    Raises: TooManyChecks.
    """
    try:
        return _shown(await commands.verify(_read(reference), address=address))
    except CertificateNotFound:
        return None


async def file(reference: str, address: str) -> StoredPaper | None:
    """Find the file of a certificate that holds. None for anything else.

    Raises: TooManyChecks.
    """
    try:
        return await commands.public_file(_read(reference), address=address)
    except CertificateNotFound:
        return None


async def badge(reference: str, address: str) -> BadgeView | None:
    """Find the badge of a certificate that was not revoked. None for anything else.

    Raises: TooManyChecks.
    """
    try:
        return await badge_queries.public_badge(_read(reference), address=address)
    except CertificateNotFound:
        return None


async def dropped(pdf: bytes) -> tuple[FileVerdict, Certificate | None]:
    """What a PDF is, and the certificate that it is or was.

    Raises: TooManyAtOnce.
    """
    checked = await checking.check_file(pdf)
    return checked.verdict.value, _shown(checked.certificate) if checked.certificate else None


def _state(view: CertificateView) -> Literal["valid", "revoked", "expired", "replaced"]:
    if view.state is CertificateState.REVOKED:
        return "replaced" if view.replaced_by else "revoked"
    return "expired" if view.is_expired else "valid"


def _shown(view: CertificateView) -> Certificate:
    is_revoked = view.state is CertificateState.REVOKED
    paper = view.paper
    return Certificate(
        state=_state(view),
        number=view.number,
        holder_name=paper.holder_name,
        course_title=paper.course_title,
        batch_title=paper.batch_title,
        start_on=paper.start_on,
        end_on=paper.end_on,
        issued_on=paper.issued_on,
        school_name=paper.school_name,
        revoked_on=school_date(view.revoked_at) if view.revoked_at else None,
        revoked_reason=view.revoked_reason or "",
        expires_on=paper.expires_on,
        replaced_by=view.replaced_by,
        pdf_url=None if is_revoked else f"/certificates/{view.number}/pdf",
        badge_url=None if is_revoked else f"/certificates/{view.number}/badge",
    )
