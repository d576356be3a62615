"""Words of this feature, without any import of ours."""

from datetime import date
from enum import StrEnum

import msgspec


class CertificateState(StrEnum):
    """Where a certificate stands. Generating has a number but no file yet."""

    GENERATING = "generating"
    ISSUED = "issued"
    REVOKED = "revoked"


class Fact(StrEnum):
    """Why somebody gets no certificate, in the order in which it is told."""

    NOT_ENROLLED = "not_enrolled"
    PROGRESS = "progress"
    ABSENT = "absent"
    TOO_EARLY = "too_early"
    WAS_REVOKED = "was_revoked"
    HAS_ONE = "has_one"


class Outcome(StrEnum):
    """What somebody who checked a certificate was told."""

    VALID = "valid"
    REVOKED = "revoked"
    NOT_FOUND = "not_found"


class Topic(msgspec.Struct, frozen=True):
    """One meeting that was held. Hours of 0 and a missing day are shown as a dash."""

    title: str
    held_on: date | None = None
    hours: float = 0.0


class CertificatePaper(msgspec.Struct, frozen=True, kw_only=True):
    """All that is printed. Topics come in the order in which they are to be read."""

    number: str
    holder_name: str
    course_title: str
    batch_title: str
    start_on: date
    end_on: date
    issued_on: date
    place: str
    school_name: str
    signatory_name: str
    signatory_title: str
    verify_url: str
    topics: list[Topic] = []
