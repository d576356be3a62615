"""How certificates look and how long they hold, on the wire. Ours."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from backend.core.errors import Broken, Invalid
from backend.core.ids import MalformedId, parse_uuid
from backend.domain.certificates import rules, terms
from backend.domain.certificates.template_queries import TemplateView, ValidityView
from backend.domain.certificates.terms import Align, Design, Field, Look, Picture

Line = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Meta(min_length=1, max_length=150, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Address = Annotated[str, Meta(min_length=1, max_length=500)]
Months = Annotated[int, Meta(ge=1, le=rules.LONGEST_VALIDITY_MONTHS)]


class PlaceWire(msgspec.Struct, kw_only=True):
    """Where a field stands on the first page: millimetres from the upper left corner of 297 by 210."""

    x_mm: Annotated[float, Meta(ge=0, le=297)]
    y_mm: Annotated[float, Meta(ge=0, le=210)]
    width_mm: Annotated[float, Meta(ge=5, le=297)]
    size_pt: Annotated[float, Meta(ge=5, le=96)] = 12.0
    align: Align = Align.LEFT
    color: Annotated[str, Meta(pattern="^#[0-9a-fA-F]{6}$")] = "#14284b"


class TextsWire(msgspec.Struct, kw_only=True):
    """The words of the first page; empty ones are the house's."""

    title: Line = ""
    subtitle: Line = ""
    awarded: Line = ""
    completed: Line = ""


class SignatoryWire(msgspec.Struct, kw_only=True):
    """Who signs. `image` is an upload of ours, a PNG or JPEG."""

    name: Name
    title: Name
    image: Address | None = None


class TemplateIn(msgspec.Struct, kw_only=True):
    """How certificates are to look. An empty body is the look of the house, for good.

    Shape: pictures are addresses of `/upload/images` or the ids in them; with `fields` the first page has these alone.
    """

    background: Address | None = None
    fields: dict[Field, PlaceWire] = {}
    texts: TextsWire = msgspec.field(default_factory=TextsWire)
    signatories: Annotated[list[SignatoryWire], Meta(max_length=rules.MOST_SIGNATORIES)] = []
    valid_months: Months | None = None

    def look(self) -> Look:
        """As the domain has it. Raises: Invalid."""
        return Look(
            background=_file(self.background, "background"),
            fields={name: msgspec.convert(msgspec.to_builtins(at), terms.Place) for name, at in self.fields.items()},
            texts=msgspec.convert(msgspec.to_builtins(self.texts), terms.Texts),
            signatories=[
                terms.Signing(name=one.name, title=one.title, image=_file(one.image, "signatories"))
                for one in self.signatories
            ],
            valid_months=self.valid_months,
        )


class TemplateOut(msgspec.Struct, kw_only=True):
    """How certificates look now. Version 0: nothing was ever chosen."""

    version: int
    background: str | None
    fields: dict[Field, PlaceWire]
    texts: TextsWire
    signatories: list[SignatoryWire]
    valid_months: int | None
    created_at: datetime | None

    @classmethod
    def of(cls, view: TemplateView) -> "TemplateOut":
        """In the form in which it can be sent again."""
        design: Design = view.design
        return cls(
            version=view.version,
            background=_address(design.background),
            fields={name: msgspec.convert(msgspec.to_builtins(at), PlaceWire) for name, at in design.fields.items()},
            texts=msgspec.convert(msgspec.to_builtins(design.texts), TextsWire),
            signatories=[
                SignatoryWire(name=one.name, title=one.title, image=_address(one.image)) for one in design.signatories
            ],
            valid_months=view.valid_months,
            created_at=view.created_at,
        )


class ValidityIn(msgspec.Struct):
    """For how many months certificates of a batch hold; null is for good."""

    valid_months: Months | None


class ValidityOut(msgspec.Struct):
    """For how long certificates of a batch will hold, and whether that is the batch's own rule or the course's."""

    batch_id: UUID
    valid_months: int | None
    is_own: bool

    @classmethod
    def of(cls, view: ValidityView) -> "ValidityOut":
        """As it is shown."""
        return cls(view.batch_uuid, view.valid_months, view.is_own)


def _file(address: str | None, field: str) -> UUID | None:
    """The file that an address of ours, or an id, means."""
    if address is None:
        return None
    try:
        return parse_uuid(address.rsplit("/", 1)[-1].partition(".")[0])
    except MalformedId:
        raise Invalid(fields={field: Broken("invalid")}) from None


def _address(picture: Picture | None) -> str | None:
    return picture.address if picture else None
