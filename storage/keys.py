"""The name of every object we store: `kind/uuid.ext`, made of enums and uuids only, never of a person's text.

Pure. A row in Postgres points to each object; `parse` tells the sweep which row that would be.
"""

import re
from enum import StrEnum
from uuid import UUID

import msgspec


class Kind(StrEnum):
    """What an object is; the first part of its name."""

    DOCUMENT = "documents"
    IMAGE = "images"
    MEDIA = "media"
    POSTER = "posters"
    REMUX = "remuxes"
    CERTIFICATE = "certificates"
    SHEET = "sheets"
    EXPORT = "exports"
    QUESTIONS = "questions"
    RECEIPT = "receipts"


UPLOADS = (Kind.DOCUMENT, Kind.IMAGE, Kind.MEDIA, Kind.SHEET)
"""The kinds that people send us."""

_KINDS = frozenset(kind.value for kind in Kind)
_EXTENSION = re.compile(r"[a-z0-9]{1,5}")
_KEY = re.compile(r"([a-z]+)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([a-z0-9]{1,5})")


class Name(msgspec.Struct, frozen=True):
    """A key taken apart. `uuid` is the file's, the drawing's (certificates) or the job's, as the kind says."""

    kind: Kind
    uuid: UUID
    ext: str


def upload(kind: Kind, file_uuid: UUID, ext: str) -> str:
    """What a person sent, as it was sent. `ext` is that of the recognised type, without a dot."""
    if kind not in UPLOADS:
        raise ValueError(f"{kind} is not sent by people")
    return _key(kind, file_uuid, ext)


def poster(file_uuid: UUID) -> str:
    """The still picture of a video."""
    return _key(Kind.POSTER, file_uuid, "jpg")


def remux(file_uuid: UUID, ext: str) -> str:
    """The same video with an index, so that it seeks."""
    return _key(Kind.REMUX, file_uuid, ext)


def certificate(attempt_uuid: UUID) -> str:
    """A certificate as one attempt drew it: a name of its own, so that a late worker replaces nothing.

    The row of the certificate says which attempt counts.
    """
    return _key(Kind.CERTIFICATE, attempt_uuid, "pdf")


def receipt(attempt_uuid: UUID) -> str:
    """A receipt as one attempt drew it, with a name of its own, as certificates have it."""
    return _key(Kind.RECEIPT, attempt_uuid, "pdf")


def sheet(job_uuid: UUID, ext: str = "xlsx") -> str:
    """The spreadsheet, or the table as text, that an import job reads."""
    return _key(Kind.SHEET, job_uuid, ext)


def questions(file_uuid: UUID, ext: str) -> str:
    """A file of questions as it was sent."""
    return _key(Kind.QUESTIONS, file_uuid, ext)


def export(job_uuid: UUID, ext: str = "xlsx") -> str:
    """The file that an export job made."""
    return _key(Kind.EXPORT, job_uuid, ext)


def parse(key: str) -> Name | None:
    """Take one of our keys apart; None for anything that we did not name."""
    match = _KEY.fullmatch(key)
    if match is None or match[1] not in _KINDS:
        return None
    return Name(Kind(match[1]), UUID(match[2]), match[3])


def _key(kind: Kind, uuid: UUID, ext: str) -> str:
    if not _EXTENSION.fullmatch(ext):
        raise ValueError(f"not an extension: {ext!r}")
    return f"{kind.value}/{uuid}.{ext}"
