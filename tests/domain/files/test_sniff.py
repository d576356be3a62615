"""Types told by content: real files of each allowed kind, and the many ways to pretend."""

import io
import struct
import zipfile
import zlib

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from backend.domain.files import sniff
from backend.domain.files.terms import FileKind
from backend.seed_media import make_clip


def seen(body):
    return sniff.sniff(body[: sniff.HEAD_BYTES], body[-sniff.TAIL_BYTES :])


def picture(name, **kwargs):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, name, **kwargs)
    return out.getvalue()


def office(*members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.writestr(member, "<x/>" * 100)
    return out.getvalue()


def workbook():
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["A1"] = "nilai"
    book.save(out)
    return out.getvalue()


def ole2(name, fill=1000):
    wide = name.encode("utf-16-le")
    entry = wide.ljust(64, b"\0") + struct.pack("<H", len(wide) + 2) + bytes(62)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + bytes(fill) + entry


def ftyp(major, *others):
    brands = major + bytes(4) + b"".join(others)
    return struct.pack(">L", len(brands) + 8) + b"ftyp" + brands + bytes(100)


def ogg(codec):
    return b"OggS\0\x02" + bytes(20) + b"\x01\x1e" + codec + bytes(60)


PDF = b"%PDF-1.7\n1 0 obj\n" + b"x" * 100_000 + b"\nstartxref\n9\n%%EOF\n"
ISO_FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG 1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes
DOCX = office("[Content_Types].xml", "_rels/.rels", "word/document.xml")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (PDF, sniff.PDF),
        (DOCX, sniff.DOCX),
        (office("[Content_Types].xml", "ppt/presentation.xml"), sniff.PPTX),
        (office(*(f"xl/media/{n}" for n in range(3000)), "[Content_Types].xml", "xl/workbook.xml"), sniff.XLSX),
        (workbook(), sniff.XLSX),
        (ole2("WordDocument"), sniff.DOC),
        (ole2("PowerPoint Document", 200_000), sniff.PPT),
        (ole2("Workbook"), sniff.XLS),
        (b"Tugas pajak: PPh 21, 5% < 10%\r\n", sniff.TXT),
        ("\ufeffé\t“kutip” 😀\n".encode() * 20_000, sniff.TXT),
        (picture("JPEG"), sniff.JPG),
        (picture("PNG"), sniff.PNG),
        (picture("GIF"), sniff.GIF),
        (picture("BMP"), sniff.BMP),
        (picture("WEBP"), sniff.WEBP),
        (picture("WEBP", lossless=True), sniff.WEBP),
        (ftyp(b"isom", b"iso2", b"avc1", b"mp41"), sniff.MP4),
        (ftyp(b"XAVC", b"mp42"), sniff.MP4),
        (ftyp(b"M4A ", b"isom"), sniff.M4A),
        (ftyp(b"qt  ", b"qt  "), sniff.MOV),
        (ogg(b"OpusHead"), sniff.OGG),
        (ogg(b"\x01vorbis"), sniff.OGG),
        (ISO_FRAME * 3, sniff.MP3),
        (b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + ISO_FRAME * 2, sniff.MP3),
        (b"ID3\x03\0\0\0\x7f\x7f\x7f" + bytes(90_000), sniff.MP3),
    ],
)
def test_what_is_recognised(body, expected):
    assert seen(body) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("webm", sniff.WEBM),
        ("webm_live", sniff.WEBM),
        ("mp4", sniff.MP4),
        ("mp3", sniff.MP3),
        ("wav", sniff.WAV),
    ],
)
def test_real_clips_are_recognised(kind, expected, tmp_path):
    make_clip(tmp_path / "clip", 0.5, kind)
    assert seen((tmp_path / "clip").read_bytes()) == expected


HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0",
        HTML,
        b"  \n" + HTML,
        b"\xef\xbb\xbf" + HTML,
        b"hello <script>alert(1)</script>",
        SVG,
        b'<?xml version="1.0"?>' + SVG,
        b"#!/bin/sh\nrm -rf /\n",
        b"%!PS-Adobe-3.0\n",
        b"{\\rtf1 hello}",
        b"text with \x00 inside",
        b"text with \x1b[31m inside",
        b"text in latin-1: \xe9 and more",
        "utf-16".encode("utf-16"),
        b"MZ\x90\0" + bytes(200),
        b"\x7fELF" + bytes(200),
        b"PK\x03\x04" + bytes(100),
        office("a.txt"),
        office("[Content_Types].xml"),
        office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        office("[Content_Types].xml", "word/document.xml", "xl/workbook.xml"),
        office("AndroidManifest.xml", "classes.dex"),
        ole2("VBA"),
        b"%PDF-1.7 without an end",
        b"GIF89a=1/*" + HTML + b"*/;",
        picture("JPEG") + HTML,
        picture("PNG") + b"<?php system($_GET[0]);",
        picture("GIF") + DOCX,
        picture("PNG") + DOCX,
        picture("JPEG")[:20] + PDF + b"\xff\xd9",
        picture("JPEG")[:-200],
        picture("PNG")[:-20],
        PDF + DOCX,
        ftyp(b"heic", b"mif1", b"heic"),
        ftyp(b"mp42", b"avif", b"isom"),
        ftyp(b"crx ", b"crx "),
        b"\0\0\0\x08ftyp",
        ftyp(b"isom") + HTML,
        b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska" + bytes(100),
        b"\x1a\x45\xdf\xa3",
        ogg(b"\x80theora"),
        b"RIFF\0\0\0\0AVI LIST" + bytes(100),
        ISO_FRAME,
        ISO_FRAME + bytes(500),
        b"ID3\x03\0\0\xff\xff\xff\xff" + bytes(100),
        b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + HTML,
    ],
)
def test_what_is_not_one_of_ours(body):
    assert seen(body) is None


def test_a_zip_is_no_video_whatever_its_name():
    assert seen(DOCX) not in sniff.ALLOWED[FileKind.MEDIA]
    assert seen(ftyp(b"isom") + DOCX) is None


def test_each_kind_allows_its_own_only():
    kinds = [FileKind.DOCUMENT, FileKind.IMAGE, FileKind.MEDIA]
    allowed = [form for kind in kinds for form in sniff.ALLOWED[kind]]
    assert len(allowed) == len(set(allowed)) == 20
    assert {form.ext for form in sniff.ALLOWED[FileKind.SHEET]} == {"xlsx"}


@given(st.binary(max_size=400))
def test_any_bytes_can_be_asked(body):
    seen(body)


MAGIC = [
    PDF[:9],
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"PK\x03\x04",
    b"\xff\xd8\xff",
    b"BM",
    b"RIFF",
    b"\0\0\0\x20ftyp",
]
MAGIC += [b"\x1a\x45\xdf\xa3", b"OggS\0", b"ID3\x03", b"\xff\xfb", b"\x89PNG\r\n\x1a\n", b"GIF89a"]


@given(st.sampled_from(MAGIC), st.binary(max_size=120), st.sampled_from([b"", b"PK\x05\x06", b"PK\x01\x02"]))
def test_any_bytes_behind_a_known_beginning_can_be_asked(magic, body, end):
    seen(magic + body + end)


def test_the_size_of_a_picture_is_read_from_its_header():
    assert sniff.image_size(io.BytesIO(picture("PNG")), max_pixels=1200) == (40, 30)


def png_of(width, height):
    body = bytearray(picture("PNG"))
    struct.pack_into(">LL", body, 16, width, height)
    struct.pack_into(">L", body, 29, zlib.crc32(body[12:29]))
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (picture("PNG"), "too_many_pixels"),
        (png_of(10_000, 9_000), "too_many_pixels"),
        (png_of(60_000, 60_000), "too_many_pixels"),
        (HTML, "damaged"),
        (b"", "damaged"),
        (picture("PNG")[:20], "damaged"),
        (b"P6 10 10 255\n" + bytes(300), "damaged"),
    ],
)
def test_pictures_that_are_refused(body, reason):
    with pytest.raises(sniff.ImageRefused) as caught:
        sniff.image_size(io.BytesIO(body), max_pixels=1199)
    assert caught.value.reason == reason
