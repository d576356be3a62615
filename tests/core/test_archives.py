"""Archives from strangers: what is let through, and what is stopped at which limit."""

import io
import os
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from backend.core import archives

LIMITS = {"max_entries": 50, "max_total_bytes": 8 << 20, "max_entry_bytes": 4 << 20, "max_ratio": 200}


def packed(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return out.getvalue()


def refused(body, **limits):
    with pytest.raises(archives.ArchiveRefused) as caught:
        archives.scan(io.BytesIO(body), **(LIMITS | limits))
    return caught.value.reason


GOOD = [("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", "<w/>" * 5000), ("_rels/", "")]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_an_ordinary_archive_passes_and_is_rewound(method):
    file = io.BytesIO(packed(GOOD, method))
    archives.scan(file, **LIMITS)
    assert file.tell() == 0


def test_a_streamed_archive_with_sizes_behind_the_data_passes():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.body = b""

        def writable(self):
            return True

        def write(self, data):
            self.body += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", "<w/>" * 100)
    archives.scan(io.BytesIO(pipe.body), **LIMITS)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_zip"),
        (b"PK\x03\x04 but no more", "not_zip"),
        (b"<html></html>", "not_zip"),
        (b"MZ" + packed(GOOD), "not_zip"),
        (packed(GOOD)[:-30], "not_zip"),
        (packed(GOOD) + b"<script>", "damaged"),
        (packed(GOOD)[:60] + b"????" + packed(GOOD)[64:], "damaged"),
        (packed([("../etc/passwd", "x")]), "name"),
        (packed([("/etc/passwd", "x")]), "name"),
        (packed([("a\\b", "x")]), "name"),
        (packed([("C:x", "x")]), "name"),
        (packed([("/".join("abcdefghijklmn"), "x")]), "name"),
        (packed([("a.xml", "x"), ("A.xml", "y")]), "duplicate"),
        (packed([(f"{n}.xml", "x") for n in range(51)]), "too_many_entries"),
        (packed([("a", "x")], zipfile.ZIP_BZIP2), "method"),
        (packed([("a", b"\0" * (2 << 20))]), "ratio"),
        (packed([("a", os.urandom(5 << 20))]), "entry_too_large"),
        (packed([(n, b"\1" + bytes(900 << 10)) for n in "abcdefghijk"]), "too_large"),
    ],
)
def test_what_is_refused_and_why(body, reason):
    assert refused(body) == reason


def test_an_encrypted_member_is_refused():
    body = bytearray(packed([("a", "x")]))
    at = body.rfind(b"PK\x01\x02")
    body[at + 8] |= 1
    assert refused(bytes(body)) == "encrypted"


def lying(true_size, claimed):
    """An archive whose headers and checksum speak of the first `claimed` bytes only."""
    body = bytearray(packed([("a", bytes(true_size))]))
    crc = zlib.crc32(bytes(claimed))
    for magic, offset in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        at = body.find(magic)
        struct.pack_into("<L", body, at + offset, crc)
        struct.pack_into("<L", body, at + offset + 8, claimed)
    return bytes(body)


def test_headers_that_lie_about_the_size_do_not_help():
    with zipfile.ZipFile(io.BytesIO(lying(3000, 10))) as believer:
        assert len(believer.read("a")) == 10
    assert refused(lying(3000, 10)) == "damaged"
    assert refused(lying(30 << 20, 10), max_ratio=10**6) == "entry_too_large"


def test_a_bomb_is_stopped_in_bounded_memory():
    body = packed([("xl/worksheets/sheet1.xml", bytes(48 << 20))])
    tracemalloc.start()
    assert refused(body, max_ratio=10**6, max_entry_bytes=16 << 20, max_total_bytes=32 << 20) == ("entry_too_large")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def test_members_that_share_their_bytes_are_counted_each_time():
    body = packed([("a", bytes(1 << 20)), ("b", "x")])
    first = body.find(b"PK\x01\x02")
    second = body.find(b"PK\x01\x02", first + 4)
    forged = bytearray(body)
    forged[second : second + 46] = forged[first : first + 46]
    assert refused(bytes(forged)) == "damaged"
