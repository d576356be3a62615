"""Certificates: of oneself, of a batch, and for whoever holds one in their hands. Source: contract 2.10 and 2.15."""

from typing import Any

from litestar import Controller, HttpMethod, Request, Response, get, post, route
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import MAX_WHOLE
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, speaks_english, success
from backend.dialects.lms.paging import read_page
from backend.dialects.lms.wire.certificates import (
    REVOKED,
    VALID,
    AcceptedOut,
    CertificateOut,
    EligibilityOut,
    PublicOut,
    ReissueIn,
    RevokeIn,
    Told,
    told,
)
from backend.dialects.lms.wire.jobs import JobAccepted
from backend.domain.accounts import queries as accounts
from backend.domain.batches import queries as batches
from backend.domain.certificates import badge_queries, commands, file_queries, queries, reissuing
from backend.domain.certificates.commands import Issued
from backend.domain.certificates.queries import CertificateView, StoredPaper
from backend.domain.certificates.rules import safe_name
from backend.domain.certificates.terms import CertificateState
from backend.http import shared
from backend.http.archives import Member, archive
from backend.http.badges import Form, badge_response
from backend.http.media import media_response
from backend.http.ranges import Resource
from backend.http.streams import Streamed

AnyRequest = Request[Any, Any, Any]


def issued(found: Issued) -> Response[Told[AcceptedOut] | Told[CertificateOut]]:
    """202 with the job for a new certificate, 200 with the one there was. Source: contract 2.10, decision 2."""
    message = "Certificate generated successfully"
    if found.job is None:
        return Response(told(message, CertificateOut.of(found.certificate)), status_code=200)
    return Response(told(message, AcceptedOut.of(found.job, found.certificate)), status_code=202)


def pdf(request: AnyRequest, paper: StoredPaper) -> Response[None]:
    """The file of a certificate, with ranges and validators."""
    resource = Resource(
        size_bytes=paper.size_bytes,
        etag=paper.sha256,
        modified_at=paper.stored_at,
        content_type="application/pdf",
    )
    return media_response(
        request,
        resource,
        shared.opener(paper.object_key),
        filename=f"{paper.number}.pdf",
    )


def checked(view: CertificateView, message: str) -> Told[PublicOut]:
    """The answer to a stranger: also a revoked certificate is known, and is said to be revoked."""
    return told(REVOKED if view.state is CertificateState.REVOKED else message, PublicOut.of(view))


def address(request: AnyRequest) -> str:
    """Who asks, for the limit on checks."""
    return request.client.host if request.client else ""


class MyCertificates(Controller):
    """The certificate of one's own."""

    path = "/me/batches/{batch_id:str}/certificate"
    tags = ("certificates",)

    @post(
        status_code=202,
        opt={"roles": auth.STUDENT, "failure": "Failed to generate certificate"},
        responses={200: ResponseSpec(Told[CertificateOut], generate_examples=False, description="It was issued.")},
    )
    async def generate(
        self, actor: NamedDependency[Actor], batch_id: FromPath[str]
    ) -> Response[Told[AcceptedOut] | Told[CertificateOut]]:
        """Ask for one's certificate; the number is given at once, the file follows."""
        found = await commands.issue(actor, parse_uuid(batch_id))
        return issued(found)

    @get(opt={"roles": auth.STUDENT})
    async def mine(self, actor: NamedDependency[Actor], batch_id: FromPath[str]) -> Told[CertificateOut]:
        """See one's certificate of a batch."""
        view = await queries.my_certificate(actor, parse_uuid(batch_id))
        return told("Certificate retrieved successfully", CertificateOut.of(view))

    @get("/eligibility", opt={"roles": auth.STUDENT})
    async def eligibility(
        self, request: AnyRequest, actor: NamedDependency[Actor], batch_id: FromPath[str]
    ) -> Envelope[EligibilityOut]:
        """Read what stands between oneself and the certificate. Ours."""
        view = await queries.eligibility(actor, parse_uuid(batch_id))
        return success(
            "Certificate eligibility fetched successfully",
            EligibilityOut.of(view, english=speaks_english(request)),
        )


class BatchCertificates(Controller):
    """The certificates of a batch."""

    path = "/batches/{batch_id:str}/certificates"
    tags = ("certificates",)

    @get(opt={"roles": auth.STAFF})
    async def all_of(
        self, actor: NamedDependency[Actor], batch_id: FromPath[str], page: FromQuery[str] = "1"
    ) -> Told[list[CertificateOut]]:
        """See the certificates of a batch, as the contract has them without `meta`; a page has a thousand."""
        offset = (read_page(page) - 1) * MAX_WHOLE
        views = await queries.certificates_of_batch(actor, parse_uuid(batch_id), offset)
        people = await accounts.people([view.account_id for view in views])
        return told(
            "Certificates retrieved successfully",
            [CertificateOut.of(view, user=people.get(view.account_id)) for view in views],
        )

    @post(status_code=202, opt={"roles": auth.STAFF, "failure": "Failed to generate certificates"})
    async def issue_all(self, actor: NamedDependency[Actor], batch_id: FromPath[str]) -> Envelope[JobAccepted]:
        """Give everybody in a batch who may have one their certificate. Ours."""
        job = await commands.issue_to_batch(actor, parse_uuid(batch_id))
        return success("Certificates are being generated", JobAccepted.of(job.uuid))

    @route(
        "/archive",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        opt={"roles": auth.STAFF, "lane": None, "sends": ("application/zip",)},
    )
    async def pack(self, actor: NamedDependency[Actor], batch_id: FromPath[str]) -> Streamed:
        """Fetch the PDFs of a batch as one ZIP. Ours."""
        files = await file_queries.packed(actor, parse_uuid(batch_id))
        members = [Member(safe_name(one.number, one.holder_name), one.object_key, one.size_bytes) for one in files]
        return archive(members, shared.whole, filename=f"certificates-{batch_id}.zip")


class Certificates(Controller):
    """Single certificates."""

    path = "/certificates"
    tags = ("certificates",)

    @get("/{certificate_id:str}", opt={"roles": auth.EVERYONE})
    async def show(self, actor: NamedDependency[Actor], certificate_id: FromPath[str]) -> Told[CertificateOut]:
        """See a certificate with its batch and its holder."""
        view = await queries.certificate(actor, parse_uuid(certificate_id))
        batch = await batches.batch(view.batch_id)
        people = await accounts.people([view.account_id])
        return told(
            "Certificate detail retrieved successfully", CertificateOut.of(view, batch, people.get(view.account_id))
        )

    @route(
        "/{certificate_id:str}/pdf",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        opt={"roles": auth.EVERYONE, "lane": None},
    )
    async def file(
        self, request: AnyRequest, actor: NamedDependency[Actor], certificate_id: FromPath[str]
    ) -> Response[None]:
        """Fetch the PDF. Ours."""
        paper = await queries.stored_paper(actor, parse_uuid(certificate_id))
        return pdf(request, paper)

    @get("/{certificate_id:str}/badge", opt={"roles": auth.EVERYONE, "sends": ("application/jwt", "image/svg+xml")})
    async def badge(
        self, actor: NamedDependency[Actor], certificate_id: FromPath[str], form: FromQuery[Form] = Form.JWT
    ) -> Response[bytes]:
        """Fetch the Open Badge: the signed credential, or a picture with it inside. Ours."""
        view = await badge_queries.badge(actor, parse_uuid(certificate_id))
        return badge_response(view.number, view.token, view.picture, form)

    @get("/{certificate_id:str}/verify", opt={"public": True})
    async def verify(self, request: AnyRequest, certificate_id: FromPath[str]) -> Told[PublicOut]:
        """Check a certificate by the id in its QR code."""
        view = await commands.verify(parse_uuid(certificate_id), address=address(request))
        return checked(view, VALID)

    @get("/number/{number:str}", opt={"public": True})
    async def by_number(self, request: AnyRequest, number: FromPath[str]) -> Told[PublicOut]:
        """Check a certificate by its number."""
        view = await commands.verify(number, address=address(request))
        return checked(view, "Certificate found")

    @post("/{certificate_id:str}/reissue", status_code=202, opt={"roles": auth.ADMIN})
    async def reissue(
        self, actor: NamedDependency[Actor], certificate_id: FromPath[str], data: JSONBody[ReissueIn]
    ) -> Response[Told[AcceptedOut] | Told[CertificateOut]]:
        """Put the holder's name right: a new certificate in place of this one. Ours."""
        found = await reissuing.reissue(actor, parse_uuid(certificate_id), data.holder_name.strip(), data.reason)
        return issued(found)

    @post("/{certificate_id:str}/revoke", status_code=200, opt={"roles": auth.ADMIN})
    async def revoke(
        self, actor: NamedDependency[Actor], certificate_id: FromPath[str], data: JSONBody[RevokeIn]
    ) -> Told[CertificateOut]:
        """Take a certificate back. Ours."""
        view = await commands.revoke(actor, parse_uuid(certificate_id), data.reason)
        return told("Certificate revoked successfully", CertificateOut.of(view))
