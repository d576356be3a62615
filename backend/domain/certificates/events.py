"""What has happened to certificates."""

from typing import ClassVar

from backend.core.outbox import Event


class CertificateNumbered(Event, frozen=True):
    """A certificate has its number and its words; the file is still to be made."""

    name: ClassVar[str] = "certificates.certificate.numbered.v1"
    is_activity: ClassVar[bool] = False
    certificate_id: int


class CertificateIssued(Event, frozen=True):
    """A certificate's file is stored; its holder can have it."""

    name: ClassVar[str] = "certificates.certificate.issued.v1"
    certificate_id: int


class CertificateRevoked(Event, frozen=True):
    """A certificate holds no longer."""

    name: ClassVar[str] = "certificates.certificate.revoked.v1"
    certificate_id: int


class CertificateReplaced(Event, frozen=True):
    """A certificate was taken back because another one, with the right name, stands in its place."""

    name: ClassVar[str] = "certificates.certificate.replaced.v1"
    is_activity: ClassVar[bool] = False
    certificate_id: int
    replacement_id: int


class TemplateChosen(Event, frozen=True):
    """Certificates of a course look otherwise from now on."""

    name: ClassVar[str] = "certificates.template.chosen.v1"
    course_id: int
    version: int


class ValidityChosen(Event, frozen=True):
    """Certificates of a batch will hold for as long as somebody chose, or as long as the course says again."""

    name: ClassVar[str] = "certificates.validity.chosen.v1"
    batch_id: int
