"""What can go wrong with certificates."""

from backend.core.errors import Conflict, Forbidden, Gone, Invalid, NotFound, TooMany, Unavailable, Unmet


class CertificateNotFound(NotFound):
    """There is no such certificate."""

    code = "certificates.not_found"


class NotYours(Forbidden):
    """The certificate, or the batch, is none of the actor's."""

    code = "certificates.not_yours"


class NotEnrolled(Forbidden):
    """The person is not in the batch."""

    code = "certificates.not_enrolled"


class ProgressIncomplete(Unmet):
    """Something of the batch is not done (`done` of `total`)."""

    code = "certificates.progress"


class Absent(Unmet):
    """The person was not at every meeting (`attended` of `meetings`)."""

    code = "certificates.absent"


class TooEarly(Unmet):
    """Certificates of the batch are given some `days` after its last day (`date`)."""

    code = "certificates.too_early"


class WasRevoked(Unmet):
    """The person's certificate was revoked, so a new one must be asked for."""

    code = "certificates.was_revoked"


class HasOne(Conflict):
    """The person has a certificate of the batch."""

    code = "certificates.has_one"


class StillGenerating(Conflict):
    """The certificate has a number, but its file is not made yet."""

    code = "certificates.still_generating"


class Revoked(Gone):
    """The certificate was revoked, so its file is no longer given out."""

    code = "certificates.revoked"


class AlreadyRevoked(Conflict):
    """The certificate was revoked before."""

    code = "certificates.already_revoked"


class TooManyChecks(TooMany):
    """Too many certificates were asked for from one address."""

    code = "certificates.too_many_checks"


class PictureUnfit(Invalid):
    """A picture of a template is none of ours, no PNG or JPEG, or too large (`name`, `limit`)."""

    code = "certificates.picture"


class DesignUnfit(Invalid):
    """A template cannot be drawn."""

    code = "certificates.design"


class TemplateNotFound(NotFound):
    """The course has no such version of a template."""

    code = "certificates.template_not_found"


class NoCertificates(NotFound):
    """The batch has no certificate that could be packed."""

    code = "certificates.none"


class TooManyAtOnce(Unavailable):
    """So many papers are looked into at the moment that one more has to wait."""

    code = "certificates.busy"
