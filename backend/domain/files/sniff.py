"""What a file is, by its content alone; never by its name or by what the client says of it. Pure but for images.

The first and last bytes suffice: HEAD_BYTES and TAIL_BYTES of them, which may overlap. That a file is whole
and can be decoded is found out later (media by probing, archives by core.archives).
"""

import re
import struct
from collections.abc import Callable
from typing import BinaryIO

import msgspec
from PIL import Image

from backend.domain.files.terms import FileKind

HEAD_BYTES = 64 << 10
TAIL_BYTES = 64 << 10
MAX_PIXELS = 50_000_000
"""Of a picture; a larger one would eat the memory of who shows it."""


class Format(msgspec.Struct, frozen=True):
    """A recognised type. `ext` has no dot and is fit for an object's name."""

    ext: str
    content_type: str


class ImageRefused(Exception):
    """A picture that must not be shown or decoded; reason is "damaged" or "too_many_pixels"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_OFFICE = "application/vnd.openxmlformats-officedocument."
PDF = Format("pdf", "application/pdf")
DOC = Format("doc", "application/msword")
PPT = Format("ppt", "application/vnd.ms-powerpoint")
XLS = Format("xls", "application/vnd.ms-excel")
DOCX = Format("docx", _OFFICE + "wordprocessingml.document")
PPTX = Format("pptx", _OFFICE + "presentationml.presentation")
XLSX = Format("xlsx", _OFFICE + "spreadsheetml.sheet")
TXT = Format("txt", "text/plain; charset=utf-8")
JPG = Format("jpg", "image/jpeg")
PNG = Format("png", "image/png")
GIF = Format("gif", "image/gif")
BMP = Format("bmp", "image/bmp")
WEBP = Format("webp", "image/webp")
MP4 = Format("mp4", "video/mp4")
M4A = Format("m4a", "audio/mp4")
MOV = Format("mov", "video/quicktime")
WEBM = Format("webm", "video/webm")
MP3 = Format("mp3", "audio/mpeg")
OGG = Format("ogg", "audio/ogg")
WAV = Format("wav", "audio/wav")

ALLOWED: dict[FileKind, frozenset[Format]] = {
    FileKind.DOCUMENT: frozenset({PDF, DOC, DOCX, PPT, PPTX, XLS, XLSX, TXT}),
    FileKind.IMAGE: frozenset({JPG, PNG, GIF, BMP, WEBP}),
    FileKind.MEDIA: frozenset({MP4, M4A, MOV, WEBM, MP3, OGG, WAV}),
    FileKind.SHEET: frozenset({XLSX}),
}
ARCHIVES = frozenset({DOCX, PPTX, XLSX})
"""Formats that are ZIP files: core.archives must pass them, too."""

_MARKUP = re.compile(rb"<!doctype|<script|<iframe|<\?php|<(?:html|svg|body|head)[\s>/]", re.IGNORECASE)
_TEXT_CONTROLS = frozenset(b"\t\n\r\f")
_TEXT_MARKUP = 1024
_ZIP_END = 22
_PNG = b"\x89PNG\r\n\x1a\n"
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_OOXML = {"word/document.xml": DOCX, "ppt/presentation.xml": PPTX, "xl/workbook.xml": XLSX}
_OLE2 = {"WordDocument": DOC, "PowerPoint Document": PPT, "Workbook": XLS, "Book": XLS}
_BRANDS = {b"qt  ": MOV, b"M4A ": M4A, b"M4B ": M4A}
_MP4_BRANDS = frozenset(
    (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV")
)
_BITRATES = (
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1, layer III
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # MPEG 2 and 2.5
)
_RATES = (44100, 48000, 32000)


def sniff(head: bytes, tail: bytes) -> Format | None:
    """The type of a file by its first and last bytes; None when it is none of ours, empty, or two things at once."""
    if not head:
        return None
    for recognise, may_hold_zip in _RECOGNISERS:
        found = recognise(head, tail)
        if found is not None:
            return None if _is_double(head, tail, may_hold_zip=may_hold_zip) else found
    return _text(head, tail)


def image_size(file: BinaryIO, *, max_pixels: int) -> tuple[int, int]:
    """Width and height by the header alone; nothing is decoded. It reads a file: call it in a thread.

    Raises: ImageRefused.
    """
    try:
        with Image.open(file, formats=("JPEG", "PNG", "GIF", "BMP", "WEBP")) as image:
            width, height = image.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageRefused("too_many_pixels") from None
    except (OSError, ValueError, SyntaxError, struct.error, EOFError) as broken:
        raise ImageRefused("damaged") from broken
    if width * height > max_pixels:
        raise ImageRefused("too_many_pixels")
    return width, height


def _is_double(head: bytes, tail: bytes, *, may_hold_zip: bool) -> bool:
    """Whether a browser or an archiver could take the file for something else as well."""
    if may_hold_zip:
        return False  # packed text does not show, and core.archives looks inside
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and len(tail) - at >= _ZIP_END:
        (comment,) = struct.unpack_from("<H", tail, at + 20)
        if at + _ZIP_END + comment == len(tail):
            return True
    is_pdf = head.startswith(b"%PDF-")
    if not is_pdf and b"%PDF-" in head[:1024]:
        return True
    return not is_pdf and bool(_MARKUP.search(head) or _MARKUP.search(tail))


def _pdf(head: bytes, tail: bytes) -> Format | None:
    return PDF if re.match(rb"%PDF-[12]\.\d", head) and b"%%EOF" in tail[-2048:] else None


def _ole2(head: bytes, tail: bytes) -> Format | None:
    """The old office formats; their directory lies near the beginning or the end."""
    if not head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return None
    found = {kind for name, kind in _OLE2.items() if _has_ole2_entry(name, head) or _has_ole2_entry(name, tail)}
    return found.pop() if len(found) == 1 else None


def _has_ole2_entry(name: str, part: bytes) -> bool:
    """A directory entry begins with its name, padded with zeros to 64 bytes, then the name's length."""
    wide = name.encode("utf-16-le")
    return wide.ljust(64, b"\0") + struct.pack("<H", len(wide) + 2) in part


def _ooxml(head: bytes, tail: bytes) -> Format | None:
    if not head.startswith(b"PK\x03\x04"):
        return None
    names = _names(head, b"PK\x03\x04", 26, 30) | _names(tail, b"PK\x01\x02", 28, 46)
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    found = {kind for name, kind in _OOXML.items() if name in names}
    return found.pop() if len(found) == 1 else None


def _names(part: bytes, magic: bytes, length_at: int, name_at: int) -> set[str]:
    """The members whose headers lie in these bytes."""
    names: set[str] = set()
    at = part.find(magic)
    while at >= 0 and at + name_at <= len(part):
        (length,) = struct.unpack_from("<H", part, at + length_at)
        names.add(part[at + name_at : at + name_at + length].decode("utf-8", "replace"))
        at = part.find(magic, at + 4)
    return names


def _picture(head: bytes, tail: bytes) -> Format | None:
    if head.startswith(b"\xff\xd8\xff"):
        return JPG if b"\xff\xd9" in tail else None
    if head.startswith(_PNG):
        return PNG if head[12:16] == b"IHDR" and b"IEND\xaeB`\x82" in tail else None
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF if tail.rstrip(b"\0").endswith(b";") else None
    if head.startswith(b"BM") and len(head) > 18:
        return BMP if struct.unpack_from("<L", head, 14)[0] in _BMP_HEADERS else None
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP if head[12:16] in (b"VP8 ", b"VP8L", b"VP8X") else None
    return None


def _iso_media(head: bytes, tail: bytes) -> Format | None:
    """MP4 and its relatives, told apart by the brands of the first box."""
    if head[4:8] != b"ftyp":
        return None
    (size,) = struct.unpack_from(">L", head)
    if not 16 <= size <= 1024 or size % 4:
        return None
    major = head[8:12]
    if major in _BRANDS:
        return _BRANDS[major]
    brands = {major} | {head[at : at + 4] for at in range(16, size, 4)}
    is_picture = any(brand[:3] in (b"hei", b"hev", b"avi", b"mif", b"msf") for brand in brands)
    return MP4 if brands & _MP4_BRANDS and not is_picture else None


def _webm(head: bytes, tail: bytes) -> Format | None:
    """EBML whose DocType is webm; other Matroska files are not played by browsers."""
    return WEBM if re.match(rb"\x1a\x45\xdf\xa3.{1,80}?\x42\x82\x84webm", head, re.DOTALL) else None


def _sound(head: bytes, tail: bytes) -> Format | None:
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return WAV
    if head.startswith(b"OggS\0"):
        is_audio = any(mark in head[28:64] for mark in (b"\x01vorbis", b"OpusHead", b"Speex", b"\x7fFLAC"))
        return OGG if is_audio and b"\x80theora" not in head[:4096] else None
    if head.startswith(b"ID3"):
        return MP3 if _is_id3(head) else None
    return MP3 if _frame_length(head, 0) and _frame_length(head, _frame_length(head, 0)) else None


def _is_id3(head: bytes) -> bool:
    """A tag, and behind it (if that is still in sight) a frame."""
    if len(head) < 14 or head[3] not in (2, 3, 4) or any(byte > 0x7F for byte in head[6:10]):
        return False
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    at = 10 + size
    while at < len(head) and head[at] == 0:
        at += 1
    return at + 4 > len(head) or bool(_frame_length(head, at))


def _frame_length(head: bytes, at: int) -> int:
    """The length of the MPEG layer III frame that begins at a place, 0 if none does."""
    if at + 4 > len(head) or head[at] != 0xFF or head[at + 1] & 0xE6 != 0xE2:
        return 0
    version = head[at + 1] >> 3 & 3
    bitrate, rate = head[at + 2] >> 4, head[at + 2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return 0
    is_first = version == 3
    hertz = _RATES[rate] >> (0 if is_first else 1 if version else 2)
    kilobits = _BITRATES[0 if is_first else 1][bitrate - 1]
    return (144 if is_first else 72) * kilobits * 1000 // hertz + (head[at + 2] >> 1 & 1)


def _text(head: bytes, tail: bytes) -> Format | None:
    """UTF-8 without control characters that no browser would take for markup or a program."""
    if not (_is_utf8(head) and _is_utf8(tail.lstrip(bytes(range(0x80, 0xC0))))):
        return None
    if any((byte < 0x20 and byte not in _TEXT_CONTROLS) or byte == 0x7F for byte in set(head) | set(tail)):
        return None
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if begin.startswith((b"#!", b"<", b"%!", b"{\\rtf", b"%PDF")) or _MARKUP.search(begin[:_TEXT_MARKUP]):
        return None
    return TXT


def _is_utf8(part: bytes) -> bool:
    """Whether it decodes; a character that is cut off at the end does no harm."""
    try:
        part.decode()
    except UnicodeDecodeError as bad:
        return bad.end == len(part) and bad.reason == "unexpected end of data"
    return True


_RECOGNISERS: tuple[tuple[Callable[[bytes, bytes], Format | None], bool], ...] = (
    (_pdf, False),
    (_ole2, False),
    (_ooxml, True),
    (_picture, False),
    (_iso_media, False),
    (_webm, False),
    (_sound, False),
)
