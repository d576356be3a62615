"""Words of this feature, without any import of ours."""

from enum import StrEnum


class CertificateState(StrEnum):
    """Where a certificate stands. Generating has a number but no file yet."""

    GENERATING = "generating"
    ISSUED = "issued"
    REVOKED = "revoked"
