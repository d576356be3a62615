"""What is signed in a PDF from a stranger. Read it in a child process (`core.confined`): the file may be hostile.

The libraries that read it are imported in the child alone. No address in the file is followed.
"""

import io
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

MEMORY_BYTES = 1 << 30
WALL_S = 20.0
_MOST_SIGNATURES = 8


class Condition(StrEnum):
    """How a signature fares by itself, whoever made it."""

    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"
    BROKEN = "broken"
    """What was signed is not what stands there now."""
    ADDED_TO = "added_to"
    """What was signed is there, and something else was written behind it."""
    INTACT = "intact"


class Seal(msgspec.Struct, frozen=True):
    """A signature: its condition, the SHA-256 of the signer's certificate, what it says it is for, its own time."""

    condition: Condition
    fingerprint: str = ""
    number: str = ""
    signed_at: datetime | None = None


def inspect(pdf: bytes, known: list[str]) -> Seal:
    """Look at the last signature in a PDF by one of the known signers, or else at the last one.

    An unreadable file is a condition, too; what breaks in another way is the child's. A signer's certificate is not
    judged: `known` are the fingerprints of those that are ours.
    """
    from pyhanko.pdf_utils.misc import PdfError  # noqa: PLC0415 - in the child alone
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415
    from pyhanko.sign.general import CMSExtractionError  # noqa: PLC0415

    try:
        signatures = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_regular_signatures
        if not signatures or len(signatures) > _MOST_SIGNATURES:
            return Seal(Condition.UNSIGNED)
        ours = [one for one in signatures if one.signer_cert.sha256.hex() in known]
        return _seal((ours or signatures)[-1])
    except (PdfError, CMSExtractionError, ValueError, TypeError, KeyError, IndexError, RecursionError, AttributeError):
        return Seal(Condition.UNREADABLE)  # a reader of hostile files meets all of these


def _seal(found: "EmbeddedPdfSignature") -> Seal:
    from pyhanko.sign.validation.status import SignatureCoverageLevel  # noqa: PLC0415

    found.compute_integrity_info(skip_diff=True)
    fingerprint = found.signer_cert.sha256.hex()
    number = str(found.sig_object.get("/Reason", ""))[:100]
    if not _is_genuine(found):
        return Seal(Condition.BROKEN, fingerprint, number)
    whole = found.coverage is SignatureCoverageLevel.ENTIRE_FILE
    condition = Condition.INTACT if whole else Condition.ADDED_TO
    return Seal(condition, fingerprint, number, found.self_reported_timestamp)


def _is_genuine(found: "EmbeddedPdfSignature") -> bool:
    """Whether the digest is that of the signed bytes, and the signature that of the signer's key."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity  # noqa: PLC0415

    intact, valid = validate_sig_integrity(
        found.signer_info,
        cert=found.signer_cert,
        expected_content_type="data",
        actual_digest=found.compute_digest(),
    )
    return bool(intact and valid)
