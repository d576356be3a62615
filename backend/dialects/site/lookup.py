"""Where the certificate page gets its data: the one place that ties it to the domain."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from backend.core.clock import school_date
from backend.core.ids import MalformedId, parse_uuid
from backend.dialects.site.pages import Certificate
from backend.domain.certificates import commands
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


def _shown(view: CertificateView) -> Certificate:
    is_revoked = view.state is CertificateState.REVOKED
    paper = view.paper
    return Certificate(
        state="revoked" if is_revoked else "valid",
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
        pdf_url=None if is_revoked else f"/certificates/{view.number}/pdf",
    )
