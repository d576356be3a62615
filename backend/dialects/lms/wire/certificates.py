"""Certificates on the wire. Source: contract section 3, Certificate, and 2.15; what strangers see is ours alone."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.dialects.lms.envelope import WORDS, tell
from backend.dialects.lms.wire.batches import BatchOut
from backend.dialects.lms.wire.jobs import JobAccepted
from backend.dialects.lms.wire.users import UserOut
from backend.domain.accounts.queries import PersonView
from backend.domain.batches.queries import BatchView
from backend.domain.certificates.queries import CertificateView, EligibilityView
from backend.domain.certificates.terms import CertificateState
from backend.domain.enrolments.queries import Missing
from backend.domain.enrolments.terms import ActivityKind

T = TypeVar("T")

VALID = "Certificate is valid"
REVOKED = "Certificate has been revoked"


class Told(msgspec.Struct, Generic[T]):
    """A yes about certificates: it always has a `meta`, and that is always null. Source: contract section 1."""

    success: bool
    message: str
    data: T
    meta: None = None


def told(message: str, data: T) -> Told[T]:
    """Say yes."""
    return Told(success=True, message=message, data=data)


class Status(StrEnum):
    """How a certificate stands."""

    GENERATING = "generating"
    VALID = "valid"
    REVOKED = "revoked"
    EXPIRED = "expired"

    @classmethod
    def of(cls, view: CertificateView) -> "Status":
        """The word for a certificate as it is now."""
        if view.state is CertificateState.ISSUED and view.is_expired:
            return cls.EXPIRED
        return _WORD_OF_STATE[view.state]


_WORD_OF_STATE = {
    CertificateState.GENERATING: Status.GENERATING,
    CertificateState.ISSUED: Status.VALID,
    CertificateState.REVOKED: Status.REVOKED,
}


def pdf_url(view: CertificateView) -> str | None:
    """Where anybody with the number gets the PDF; null while it is made, and once it is revoked."""
    return f"/certificates/{view.number}/pdf" if view.state is CertificateState.ISSUED else None


def badge_url(view: CertificateView) -> str | None:
    """Where anybody with the number gets the Open Badge; null where there is no PDF."""
    return f"/certificates/{view.number}/badge" if view.state is CertificateState.ISSUED else None


class CertificateOut(msgspec.Struct, kw_only=True):
    """A certificate for its holder and for staff. `qr_code` is the path of the public page.

    Shape: `batch` and `user` are null but where the contract shows them.
    """

    id: UUID
    batch_id: UUID
    user_id: UUID
    number: str
    status: Status
    holder_name: str
    issued_at: datetime
    expires_at: datetime | None
    url: str | None
    qr_code: str
    revoked_at: datetime | None
    revoked_reason: str | None
    batch: BatchOut | None = None
    user: UserOut | None = None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(
        cls, view: CertificateView, batch: BatchView | None = None, user: PersonView | None = None
    ) -> "CertificateOut":
        """As the contract shows it, and what it forgot: number, status, times."""
        return cls(
            id=view.uuid,
            batch_id=view.batch_uuid,
            user_id=view.account_uuid,
            number=view.number,
            status=Status.of(view),
            holder_name=view.holder_name,
            issued_at=view.issued_at,
            expires_at=view.expires_at,
            url=pdf_url(view),
            qr_code=f"/certificates/{view.uuid}",
            revoked_at=view.revoked_at,
            revoked_reason=view.revoked_reason,
            batch=BatchOut.of(batch) if batch else None,
            user=UserOut.of(user) if user else None,
            created_at=view.created_at,
            updated_at=view.updated_at,
        )


class AcceptedOut(msgspec.Struct):
    """A certificate that is being made, and the job that makes it."""

    job_id: str
    url: str
    certificate: CertificateOut

    @classmethod
    def of(cls, job: UUID, view: CertificateView) -> "AcceptedOut":
        """For a certificate that was just numbered."""
        accepted = JobAccepted.of(job)
        return cls(accepted.job_id, accepted.url, CertificateOut.of(view))


class PeriodOut(msgspec.Struct):
    """First and last day."""

    start: date
    end: date


class PublicOut(msgspec.Struct, kw_only=True):
    """All that a stranger learns: what is printed on the certificate, and whether it holds.

    `replaced_by` is the number of the certificate that stands in its place, with the name put right.
    """

    status: Status
    number: str
    holder_name: str
    course: str
    batch: str
    period: PeriodOut
    school: str
    issued_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_reason: str | None
    replaced_by: str | None
    pdf_url: str | None
    badge_url: str | None

    @classmethod
    def of(cls, view: CertificateView) -> "PublicOut":
        """Nothing about the holder but the name as printed."""
        paper = view.paper
        return cls(
            status=Status.of(view),
            number=view.number,
            holder_name=paper.holder_name,
            course=paper.course_title,
            batch=paper.batch_title,
            period=PeriodOut(paper.start_on, paper.end_on),
            school=paper.school_name,
            issued_at=view.issued_at,
            expires_at=view.expires_at,
            revoked_at=view.revoked_at,
            revoked_reason=view.revoked_reason,
            replaced_by=view.replaced_by,
            pdf_url=pdf_url(view),
            badge_url=badge_url(view),
        )


class ReasonOut(msgspec.Struct):
    """One thing that stands in the way of a certificate."""

    code: str
    message: str


class MissingOut(msgspec.Struct):
    """Something that is still to be done."""

    kind: ActivityKind
    title: str

    @classmethod
    def of(cls, missing: Missing) -> "MissingOut":
        """As it is shown."""
        return cls(missing.kind, missing.title)


class EligibilityOut(msgspec.Struct):
    """Whether one may have a certificate, why not, what is to be done, and from when it is given."""

    eligible: bool
    reasons: Sequence[ReasonOut]
    missing: Sequence[MissingOut]
    available_at: datetime

    @classmethod
    def of(cls, view: EligibilityView, *, english: bool) -> "EligibilityOut":
        """With the words that the refusal would have."""
        reasons = [
            ReasonOut(reason.code, tell(WORDS[reason.code], dict(reason.data), english=english))
            for reason in view.reasons
        ]
        return cls(not reasons, reasons, [MissingOut.of(missing) for missing in view.missing], view.opens_at)


class RevokeIn(msgspec.Struct):
    """Why a certificate is taken back; whoever checks it reads this."""

    reason: Annotated[str, Meta(min_length=3, max_length=500, pattern=r"\S")]


class ReissueIn(msgspec.Struct):
    """The holder's right name, and why the certificate is made anew; whoever checks the old one reads this."""

    holder_name: Annotated[str, Meta(min_length=2, max_length=150, pattern=r"\S")]
    reason: Annotated[str, Meta(min_length=3, max_length=500, pattern=r"\S")]
