"""Words of this feature, without any import of ours."""

from datetime import date
from enum import StrEnum
from uuid import UUID

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
    EXPIRED = "expired"
    NOT_FOUND = "not_found"


class Topic(msgspec.Struct, frozen=True):
    """One meeting that was held. Hours of 0 and a missing day are shown as a dash."""

    title: str
    held_on: date | None = None
    hours: float = 0.0


class Field(StrEnum):
    """What may stand on the first page at a place of one's own."""

    SCHOOL = "school"
    TITLE = "title"
    SUBTITLE = "subtitle"
    AWARDED = "awarded"
    HOLDER = "holder"
    COMPLETED = "completed"
    COURSE = "course"
    BATCH = "batch"
    PERIOD = "period"
    NUMBER = "number"
    ISSUED = "issued"
    EXPIRES = "expires"
    SIGNATORIES = "signatories"
    QR = "qr"
    ADDRESS = "address"


class Align(StrEnum):
    """Where text stands within its width."""

    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a field stands: millimetres from the upper left corner of a page of 297 by 210, size in points."""

    x_mm: float
    y_mm: float
    width_mm: float
    size_pt: float = 12.0
    align: Align = Align.LEFT
    color: str = "#14284b"


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of ours: its address for people, where its bytes are, and how large it is in pixels."""

    address: str
    object_key: str
    content_type: str
    width: int
    height: int


class Signatory(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs, as what, and the picture of the signature."""

    name: str
    title: str
    image: Picture | None = None


class Texts(msgspec.Struct, frozen=True, kw_only=True):
    """The words of the first page; empty ones are the house's."""

    title: str = ""
    subtitle: str = ""
    awarded: str = ""
    completed: str = ""


class Design(msgspec.Struct, frozen=True, kw_only=True):
    """How a certificate looks. Nothing chosen is the house's look; with `fields`, the first page has these alone."""

    background: Picture | None = None
    fields: dict[Field, Place] = {}
    texts: Texts = Texts()
    signatories: list[Signatory] = []

    @property
    def pictures(self) -> list[Picture]:
        """All pictures in it, each once."""
        found = [self.background, *(one.image for one in self.signatories)]
        return list({one.object_key: one for one in found if one is not None}.values())


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """Who is to sign; `image` names a file of ours."""

    name: str
    title: str
    image: UUID | None = None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A design as an admin asks for it: pictures are files of ours, by their uuids."""

    background: UUID | None = None
    fields: dict[Field, Place] = {}
    texts: Texts = Texts()
    signatories: list[Signing] = []
    valid_months: int | None = None

    @property
    def pictures(self) -> set[UUID]:
        """All files that are named."""
        return {one for one in (self.background, *(signing.image for signing in self.signatories)) if one is not None}


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
    expires_on: date | None = None
    design: Design = Design()
