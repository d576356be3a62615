"""One file on its way in: what it must be, told while its bytes stream by. `http.uploads.receive()` drives it."""

import asyncio
from typing import BinaryIO

from backend.core import archives
from backend.core.actor import Actor
from backend.core.settings import settings
from backend.domain.files import commands, rules, sniff, strip
from backend.domain.files.commands import Arrived, Begun, Received
from backend.domain.files.errors import ContentRefused, LocationInvalid, TypeRefused
from backend.domain.files.sniff import ARCHIVES, Format
from backend.domain.files.terms import FileKind
from storage import keys

NAME_MAX = 255
_OBJECTS = {
    FileKind.DOCUMENT: keys.Kind.DOCUMENT,
    FileKind.IMAGE: keys.Kind.IMAGE,
    FileKind.MEDIA: keys.Kind.MEDIA,
    FileKind.SHEET: keys.Kind.SHEET,
}


class Intake:
    """One file of a kind. `address` is the client's, `location` what is used when the form names none."""

    def __init__(self, actor: Actor | None, kind: FileKind, *, address: str = "", location: str | None = None) -> None:
        self._actor = actor
        self._kind = kind
        self._address = address
        self._location = location
        self._begun: Begun | None = None
        self._format: Format | None = None
        self._size: tuple[int, int] | None = None

    @property
    def max_bytes(self) -> int:
        """How large a file of this kind may be."""
        chosen = settings()
        return {
            FileKind.DOCUMENT: chosen.max_document_bytes,
            FileKind.IMAGE: chosen.max_image_bytes,
            FileKind.MEDIA: chosen.max_media_bytes,
            FileKind.SHEET: chosen.max_sheet_bytes,
        }[self._kind]

    @property
    def is_whole(self) -> bool:
        """Whether the file has to lie before us as a whole to be judged; recordings are too long for that."""
        return self._kind is not FileKind.MEDIA

    def take_field(self, name: str, text: str) -> None:
        """Take a text that came with the file. Raises: LocationInvalid."""
        if name == "location":
            if not rules.is_location(text):
                raise LocationInvalid
            self._location = text

    def check_fields(self) -> None:
        """Whether all that has to come with the file has come. Raises: LocationInvalid."""
        if self._location is None:
            raise LocationInvalid

    async def begin(self, name: str) -> None:
        """Write the row. `name` is recorded, and used for nothing else. Raises: TooManyUploads."""
        plain = "".join(character for character in name if character.isprintable())[:NAME_MAX]
        self._begun = await commands.begin(self._actor, self._kind, plain, self._address)

    def recognise(self, head: bytes, tail: bytes) -> tuple[str, str]:
        """What to call the object, and its type; asked again with the true end, the answer must be the same.

        Raises: TypeRefused.
        """
        found = sniff.sniff(head, tail)
        if found not in sniff.ALLOWED[self._kind] or self._format not in (None, found):
            raise TypeRefused(found=found.content_type if found else None)
        self._format = found
        return keys.upload(_OBJECTS[self._kind], self._row.uuid, found.ext), found.content_type

    async def judge(self, file: BinaryIO) -> None:
        """Look into a whole file, without unpacking a picture or an archive into memory; take a picture's metadata out.

        Raises: ContentRefused.
        """
        await asyncio.to_thread(self._judge, file)

    def _judge(self, file: BinaryIO) -> None:
        try:
            if self._kind is FileKind.IMAGE:
                self._size = sniff.image_size(file, max_pixels=sniff.MAX_PIXELS)
                if self._format is not None:
                    strip.strip(file, self._format)
            elif self._format in ARCHIVES:
                archives.scan(
                    file, max_entries=5000, max_total_bytes=300 << 20, max_entry_bytes=200 << 20, max_ratio=200
                )
        except (sniff.ImageRefused, archives.ArchiveRefused) as refused:
            raise ContentRefused(reason=refused.reason) from refused

    async def record(self, object_key: str, size_bytes: int, sha256: str) -> Received:
        """Keep what was stored. Raises: LocationInvalid, FileNotFound."""
        if self._format is None:
            raise TypeRefused(found=None)
        width, height = self._size or (None, None)
        arrived = Arrived(
            object_key=object_key,
            extension=self._format.ext,
            content_type=self._format.content_type,
            size_bytes=size_bytes,
            sha256=sha256,
            width=width,
            height=height,
        )
        return await commands.record(self._row.id, self._location or "", arrived)

    async def abort(self) -> None:
        """Forget the file. Safe to repeat, and before it was begun."""
        if self._begun is not None:
            await commands.abort(self._begun.id)

    @property
    def _row(self) -> Begun:
        if self._begun is None:
            raise RuntimeError("begin() comes first")
        return self._begun
