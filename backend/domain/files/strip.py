"""Pictures without what was written beside their pixels: where and when they were taken, with what, by whom.

Pixels, colour profile and animation stay as they are, and so does the way up: of the Exif data only the orientation
is kept. Whatever follows a picture's end goes, too (phones hide second pictures and clips there).
"""

import mmap
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from backend.domain.files import sniff
from backend.domain.files.sniff import Format, ImageRefused

Span = tuple[int, int]
Pieces = Iterator[Span | bytes]
"""What stays of a picture, in order: spans of it, and bytes that replace longer ones."""

_PIECE = 1 << 20
_EXIF = b"Exif\0\0"
_SCAN_END = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # within a scan, these alone are data
_JPEG_KEPT = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_PNG_KEPT = frozenset(
    b"tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()  # APNG's last three
)
_WEBP_KEPT = (b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP")
_GIF_KEPT = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def strip(file: BinaryIO, format_: Format) -> None:
    """Take the metadata out of a picture, in its file. It reads a file: call it in a thread.

    Raises: ImageRefused.
    """
    pieces = _WALKS.get(format_)
    if pieces is None:
        return
    file.flush()
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        try:
            kept = list(pieces(whole))
        except (IndexError, struct.error):
            raise ImageRefused("damaged") from None
        length = _rewrite(file, whole, kept)
    if format_ is sniff.WEBP:
        file.seek(4)
        file.write(struct.pack("<L", length - 8))
    file.truncate(length)
    file.seek(0)


def _rewrite(file: BinaryIO, whole: mmap.mmap, kept: list[Span | bytes]) -> int:
    """Move what stays to the front; it never overtakes what is still to be read."""
    file.seek(0)
    for piece in kept:
        if isinstance(piece, bytes):
            file.write(piece)
            continue
        for at in range(piece[0], piece[1], _PIECE):
            file.write(whole[at : min(at + _PIECE, piece[1])])
    return file.tell()


def _jpeg(whole: mmap.mmap) -> Pieces:
    yield 0, 2
    at = 2
    while True:
        if whole[at] != 0xFF:
            raise ImageRefused("damaged")
        while whole[at] == 0xFF:
            at += 1
        marker, begin = whole[at], at - 1
        if marker == 0xD9:
            yield begin, at + 1
            return
        at = begin + 2 + _size(whole, ">H", begin + 2, least=2)
        yield from _segment(whole, marker, begin, at)
        if marker == 0xDA:
            ended = _SCAN_END.search(whole, at)
            if ended is None:
                raise ImageRefused("damaged")
            yield at, ended.start()
            at = ended.start()


def _segment(whole: mmap.mmap, marker: int, begin: int, end: int) -> Pieces:
    is_extra = 0xE0 <= marker <= 0xEF or marker == 0xFE
    head = whole[begin + 4 : begin + 18]
    if not is_extra or (marker in _JPEG_KEPT and head.startswith(_JPEG_KEPT[marker])):
        yield begin, end
    elif marker == 0xE1 and head.startswith(_EXIF):
        turned = _EXIF + _way_up(whole[begin + 10 : end])
        if len(_EXIF) < len(turned) <= end - begin - 4:
            yield b"\xff\xe1" + struct.pack(">H", len(turned) + 2) + turned


def _png(whole: mmap.mmap) -> Pieces:
    yield 0, 8
    at, kind = 8, b""
    while kind != b"IEND":
        begin, kind = at, whole[at + 4 : at + 8]
        at = begin + 12 + _size(whole, ">L", begin, extra=12)
        if kind[:1].isupper() or kind in _PNG_KEPT:
            yield begin, at
        elif kind == b"eXIf":
            turned = _way_up(whole[begin + 8 : at - 4])
            if 0 < len(turned) <= at - begin - 12:
                chunk = b"eXIf" + turned
                yield struct.pack(">L", len(turned)) + chunk + struct.pack(">L", zlib.crc32(chunk))


def _webp(whole: mmap.mmap) -> Pieces:
    yield 0, 12
    at, turned = 12, b""
    end = min(len(whole), 8 + struct.unpack_from("<L", whole, 4)[0])
    found = []
    while at + 8 <= end:
        begin, kind = at, whole[at : at + 4]
        size = _size(whole, "<L", begin + 4, extra=4)
        at = begin + 8 + size + size % 2
        if kind == b"EXIF":
            turned = _way_up(whole[begin + 8 : begin + 8 + size].removeprefix(_EXIF))
            turned = turned if len(turned) <= size else b""
        elif kind in (*_WEBP_KEPT, b"VP8X"):
            found.append((kind, begin, min(at, len(whole))))
    for kind, begin, until in found:
        if kind == b"VP8X":  # says which of the other chunks there are
            flags = whole[begin + 8] & ~0x0C | (0x08 if turned else 0)
            yield whole[begin : begin + 8] + bytes((flags,)) + whole[begin + 9 : until]
        else:
            yield begin, until
    if turned:
        yield b"EXIF" + struct.pack("<L", len(turned)) + turned


def _gif(whole: mmap.mmap) -> Pieces:
    at = 13 + _colours(whole[10])
    yield 0, at
    while whole[at] != 0x3B:
        begin, kind = at, whole[at]
        if kind == 0x2C:
            at = _blocks_end(whole, begin + 11 + _colours(whole[begin + 9]))
        elif kind == 0x21:
            at = _blocks_end(whole, begin + 2)
        else:
            raise ImageRefused("damaged")
        is_note = kind == 0x21 and (
            whole[begin + 1] == 0xFE or (whole[begin + 1] == 0xFF and whole[begin + 3 : begin + 14] not in _GIF_KEPT)
        )
        if not is_note:
            yield begin, at
    yield at, at + 1


def _colours(flags: int) -> int:
    """The length of the table of colours that follows."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _blocks_end(whole: mmap.mmap, at: int) -> int:
    while whole[at]:
        at += 1 + whole[at]
    return at + 1


def _size(whole: mmap.mmap, form: str, at: int, *, least: int = 0, extra: int = 0) -> int:
    """A length that is written at some place; what it counts has to be there."""
    (size,) = struct.unpack_from(form, whole, at)
    if size < least or at + size + extra > len(whole):
        raise ImageRefused("damaged")
    return int(size)


def _way_up(exif: bytes) -> bytes:
    """Exif data that tell the orientation, and nothing else; empty where it is the usual one."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return b""
    try:
        (at,) = struct.unpack_from(f"{order}L", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, at)
        entries = (struct.unpack_from(f"{order}HHLH", exif, at + 2 + 12 * number) for number in range(count))
        way = next((value for tag, kind, _, value in entries if (tag, kind) == (0x0112, 3)), 1)
    except struct.error:
        return b""
    if not 2 <= way <= 8:
        return b""
    return b"MM\0*" + struct.pack(">LHHHLHHL", 8, 1, 0x0112, 3, 1, way, 0, 0)


_WALKS: dict[Format, Callable[[mmap.mmap], Pieces]] = {
    sniff.JPG: _jpeg,
    sniff.PNG: _png,
    sniff.WEBP: _webp,
    sniff.GIF: _gif,
}
"""A BMP has no room for metadata."""
