"""ZIP archives from strangers: find out what they unpack to, and stop at a limit.

Nothing a header says about sizes is believed: each member is really inflated, in small pieces that are thrown
away. The shape of the file is held to what office programs write, because two readers that disagree
about where an archive begins or ends see two different archives.
"""

import io
import struct
import zipfile
import zlib
from typing import BinaryIO

PIECE = 64 << 10
SMALL = 1 << 20  # a member that unpacks to less than this cannot hurt, whatever its ratio
NAME_MAX = 255
DEPTH_MAX = 12
HEAD_MAX = 1024  # bytes of the directory that one member may take: 46, its name, extra fields

_END = struct.Struct("<4s4H2LH")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 0x1 | 0x40
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class ArchiveRefused(Exception):
    """An archive that must not be opened by any other reader.

    reason is one of: not_zip, damaged, too_many_entries, too_large, entry_too_large, ratio, encrypted,
    method, name, duplicate. member is the entry at fault, where there is one.
    """

    def __init__(self, reason: str, member: str | None = None) -> None:
        super().__init__(reason, member)
        self.reason = reason
        self.member = member


def scan(file: BinaryIO, *, max_entries: int, max_total_bytes: int, max_entry_bytes: int, max_ratio: int) -> None:
    """Inflate every member of a ZIP file within limits, in bounded memory, and keep nothing.

    Sizes are bytes after unpacking; max_ratio is unpacked over packed, asked of members above 1 MiB only.
    It blocks for as long as inflating max_total_bytes takes: call it in a thread. The file is left at
    its beginning.

    Raises: ArchiveRefused.
    """
    members = entries(file, max_entries=max_entries)
    left = max_total_bytes
    for info in members:
        most = min(max_entry_bytes, left)
        size = _inflate(file, info, most=most, max_ratio=max_ratio)
        if size > most:
            raise ArchiveRefused("too_large" if most == left else "entry_too_large", info.filename)
        left -= size
    file.seek(0)


def entries(file: BinaryIO, *, max_entries: int) -> list[zipfile.ZipInfo]:
    """The directory of a ZIP file that has nothing before, between or behind its parts.

    Raises: ArchiveRefused, when the shape, a name, a method or the number of members is not acceptable.
    """
    _check_shape(file, max_entries)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as broken:
        raise ArchiveRefused("damaged") from broken
    if len(found) > max_entries:
        raise ArchiveRefused("too_many_entries")
    seen: set[str] = set()
    for info in found:
        _check_entry(info, seen)
    return found


def _check_shape(file: BinaryIO, max_entries: int) -> None:
    """Refuse what zipfile would forgive, before it reads a directory of any length into memory."""
    size = file.seek(0, io.SEEK_END)
    tail_at = max(0, size - _END.size - 0xFFFF)
    file.seek(tail_at)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    if file.read(4) not in (b"PK\x03\x04", b"PK\x05\x06") or at < 0 or len(tail) - at < _END.size:
        raise ArchiveRefused("not_zip")
    _, disk, first_disk, here, count, length, offset, comment = _END.unpack_from(tail, at)
    if disk or first_disk or here != count:
        raise ArchiveRefused("damaged")
    if offset + length != tail_at + at or at + _END.size + comment != len(tail):
        raise ArchiveRefused("damaged")
    if count > max_entries or length > max_entries * HEAD_MAX:
        raise ArchiveRefused("too_many_entries")


def _check_entry(info: zipfile.ZipInfo, seen: set[str]) -> None:
    name = info.orig_filename
    parts = name.rstrip("/").split("/")
    is_odd = "\0" in name or "\\" in name or ":" in name or len(name) > NAME_MAX or len(parts) > DEPTH_MAX
    if is_odd or any(part in ("", ".", "..") for part in parts):
        raise ArchiveRefused("name", info.filename)
    if name.casefold() in seen:
        raise ArchiveRefused("duplicate", info.filename)
    seen.add(name.casefold())
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveRefused("encrypted", info.filename)
    if info.compress_type not in _METHODS:
        raise ArchiveRefused("method", info.filename)


def _data_at(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Where a member's bytes begin; its own header must agree with the directory."""
    file.seek(info.header_offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise ArchiveRefused("damaged", info.filename)
    magic, _, flags, method, *_ = _LOCAL.unpack(header)
    name_length, extra_length = struct.unpack_from("<2H", header, _LOCAL.size - 4)
    name = file.read(name_length).decode("utf-8" if flags & 0x800 else "cp437", "replace")
    if magic != b"PK\x03\x04" or method != info.compress_type or name != info.orig_filename:
        raise ArchiveRefused("damaged", info.filename)
    return int(info.header_offset + _LOCAL.size + name_length + extra_length)


def _inflate(file: BinaryIO, info: zipfile.ZipInfo, *, most: int, max_ratio: int) -> int:
    """Unpack one member piece by piece; the answer is its true size, or just more than `most`.

    zipfile's own reader stops at the size that the header claims, which another reader need not do.
    """
    file.seek(_data_at(file, info))
    allowed = max(SMALL, info.compress_size * max_ratio)
    stored = info.compress_type == zipfile.ZIP_STORED
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    size = crc = 0
    left = info.compress_size
    pending = b""
    while (pending or left > 0) and size <= most:
        if not pending:
            pending = file.read(min(PIECE, left))
            left -= len(pending)
            if not pending:
                raise ArchiveRefused("damaged", info.filename)
        piece, pending = (pending, b"") if stored else _step(inflater, pending, info.filename)
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size > allowed:
            raise ArchiveRefused("ratio", info.filename)
    finished = stored or inflater.eof
    if size <= most and not (finished and size == info.file_size and crc == info.CRC):
        raise ArchiveRefused("damaged", info.filename)
    return size


def _step(inflater: "zlib._Decompress", packed: bytes, name: str) -> tuple[bytes, bytes]:
    """One bounded piece, and what is still packed. Bytes behind the end of the stream are refused."""
    try:
        piece = inflater.decompress(packed, PIECE)
    except zlib.error as broken:
        raise ArchiveRefused("damaged", name) from broken
    if inflater.unused_data:
        raise ArchiveRefused("damaged", name)
    return piece, inflater.unconsumed_tail
