"""What is kept about certificates."""

from piccolo.columns import JSONB, BigInt, BigSerial, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.batches.tables import Batch
from backend.domain.certificates.terms import CertificateState
from backend.domain.courses.tables import Course


class Certificate(Table, tablename="certificate"):
    """A certificate; at most one per batch and person that is not revoked. `paper` is what was printed, frozen."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    batch_id = ForeignKey(Batch, on_delete=OnDelete.restrict, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    number = Varchar(length=80, unique=True)
    sequence = Integer()
    state = Varchar(length=16, choices=CertificateState)
    holder_name = Varchar(length=150)
    paper = JSONB()
    template_id = BigInt(null=True, default=None)
    expires_at = Timestamptz(null=True, default=None)
    replaced_by = BigInt(null=True, default=None)
    issued_by_job = BigInt(null=True, default=None)
    issued_at = Timestamptz(default=TimestamptzNow())
    object_key = Varchar(length=200, null=True, default=None)
    sha256 = Varchar(length=64, null=True, default=None)
    size_bytes = BigInt(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = BigInt(null=True, default=None)
    revoked_reason = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class CertificateTemplate(Table, tablename="certificate_template"):
    """How certificates of a course look, one row per version. A version never changes; the highest one counts."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    course_id = ForeignKey(Course, on_delete=OnDelete.cascade, null=False)
    version = Integer()
    design = JSONB()
    valid_months = Integer(null=True, default=None)
    created_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class CertificateValidity(Table, tablename="certificate_validity"):
    """For how long certificates of one batch hold, in place of what the course says; null is for good."""

    batch_id = BigInt(primary_key=True)
    valid_months = Integer(null=True, default=None)


class CertificateSigner(Table, tablename="certificate_signer"):
    """By which certificates (X.509) of ours papers were ever signed; so old papers stay known after a new key."""

    fingerprint = Varchar(length=64, primary_key=True)
    subject = Text()
    pem = Text()
    first_used_at = Timestamptz(default=TimestamptzNow())


class CertificateCounter(Table, tablename="certificate_counter"):
    """The last sequence number used in a scope; raised under a row lock, never set back."""

    scope = Varchar(length=80, primary_key=True)
    last = Integer(default=0)


class CertificateCheck(Table, tablename="certificate_check"):
    """Someone asked whether a certificate is genuine."""

    id = BigSerial(primary_key=True, index=False)
    certificate_id = BigInt(null=True, default=None)
    reference = Varchar(length=100)
    outcome = Varchar(length=16)
    created_at = Timestamptz(default=TimestamptzNow())
