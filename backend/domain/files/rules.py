"""What is true of files: their addresses, and which of them anybody may see. Pure."""

import re
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from backend.domain.files.terms import FileState, OwnerKind

PUBLIC = frozenset({OwnerKind.AVATAR, OwnerKind.COURSE_IMAGE, OwnerKind.BATCH_THUMBNAIL, OwnerKind.BLOG})
"""What belongs to these is seen by anybody."""

SERVED = frozenset({FileState.STORED, FileState.READY})
ATTACHABLE = SERVED | {FileState.PROCESSING}

_LOCATION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ADDRESS = re.compile(
    r"/uploads/([A-Za-z0-9_-]{1,64})/([0-9]{4})/([0-9]{2})/([0-9]{2})/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([a-z0-9]{1,5})"
)


class Address(msgspec.Struct, frozen=True):
    """An address taken apart."""

    location: str
    day: date
    uuid: UUID
    extension: str


def is_location(text: str) -> bool:
    """Whether a text may be a location: what people call the folder of an upload."""
    return _LOCATION.fullmatch(text) is not None


def address(location: str, created_at: datetime, uuid: UUID, extension: str) -> str:
    """Where a file is found. Shape: /uploads/{location}/YYYY/MM/DD/{uuid}.{extension}, the day in UTC."""
    return f"/uploads/{location}/{created_at.astimezone(UTC):%Y/%m/%d}/{uuid}.{extension}"


def parse_address(text: str) -> Address | None:
    """Take an address apart; None for anything else, such as an address on another host."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    try:
        day = date(int(found[2]), int(found[3]), int(found[4]))
    except ValueError:
        return None
    return Address(found[1], day, UUID(found[5]), found[6])
