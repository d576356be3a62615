"""Pictures lose what was written beside their pixels, and nothing else."""

import contextlib
import io
import struct
import tempfile
import zlib

import pytest
from PIL import Image, PngImagePlugin

from backend.domain.files import sniff, strip
from backend.domain.files.sniff import ImageRefused

CANARY = b"kept-by-the-camera"
FORMATS = {"JPEG": sniff.JPG, "PNG": sniff.PNG, "WEBP": sniff.WEBP, "GIF": sniff.GIF}


def exif(turned=6):
    data = Image.Exif()
    if turned:
        data[0x0112] = turned
    data[0x010F] = CANARY.decode()
    data.get_ifd(0x8825).update({1: "S", 2: (6.0, 21.0, 59.9), 3: "E", 4: (106.0, 49.0, 1.1), 29: CANARY.decode()})
    return data


def picture(kind, *, turned=6, **more):
    image = Image.effect_noise((64, 48), 60).convert("RGB" if kind != "GIF" else "P")
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", CANARY.decode())
    notes.add_itxt("XML:com.adobe.xmp", CANARY.decode())
    own = {
        "JPEG": {"xmp": CANARY, "comment": CANARY, "icc_profile": b"colours", "quality": 90},
        "PNG": {"pnginfo": notes, "icc_profile": b"colours"},
        "WEBP": {"xmp": CANARY, "icc_profile": b"colours", "lossless": True},
        "GIF": {"comment": CANARY},
    }[kind]
    out = io.BytesIO()
    image.save(out, kind, **own, **({} if kind == "GIF" else {"exif": exif(turned)}), **more)
    return out.getvalue()


def stripped(body, kind):
    with tempfile.TemporaryFile() as file:
        file.write(body)
        file.seek(0)
        file.read(10)
        strip.strip(file, FORMATS[kind])
        return file.read()


def pixels(body):
    return Image.open(io.BytesIO(body)).convert("RGB").tobytes()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("turned", [0, 1, 6])
def test_what_the_camera_wrote_is_gone_and_the_picture_is_the_same(kind, turned):
    body = picture(kind, turned=turned)
    assert CANARY in body
    clean = stripped(body, kind)
    assert CANARY not in clean
    assert pixels(clean) == pixels(body)
    shown = Image.open(io.BytesIO(clean))
    assert dict(shown.getexif()) == ({0x0112: 6} if turned == 6 and kind != "GIF" else {})
    assert shown.info.get("icc_profile") == (None if kind == "GIF" else b"colours")
    assert stripped(clean, kind) == clean
    if kind == "WEBP":
        assert struct.unpack("<L", clean[4:8])[0] == len(clean) - 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_without_metadata_stays_as_it_is(kind):
    out = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("P" if kind == "GIF" else "RGB").save(out, kind)
    assert stripped(out.getvalue(), kind) == out.getvalue()


def test_a_progressive_picture_has_many_scans():
    body = picture("JPEG", progressive=True)
    assert body.count(b"\xff\xda") > 3
    assert pixels(stripped(body, "JPEG")) == pixels(body)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_what_follows_the_end_is_gone(kind):
    body = picture(kind)
    assert stripped(body + CANARY + picture("JPEG"), kind) == stripped(body, kind)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_what_moves_still_moves(kind):
    frames = [Image.effect_noise((32, 32), 30 * number + 10).convert("P") for number in range(3)]
    out = io.BytesIO()
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], loop=0, duration=50)
    clean = Image.open(io.BytesIO(stripped(out.getvalue(), kind)))
    assert (clean.n_frames, clean.info["loop"]) == (3, 0)


def test_private_chunks_of_a_png_are_gone():
    body = picture("PNG")
    chunk = b"prVt" + CANARY
    own = struct.pack(">L", len(CANARY)) + chunk + struct.pack(">L", zlib.crc32(chunk))
    assert CANARY not in stripped(body[:33] + own + body[33:], "PNG")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("at", range(0, 100, 7))
def test_what_is_cut_short_is_refused_or_harmless(kind, at):
    body = picture(kind)
    cut = body[: 40 + (len(body) - 41) * at // 100]
    with contextlib.suppress(ImageRefused):
        assert CANARY not in stripped(cut, kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_byte_changed_anywhere_is_refused_or_read(kind):
    body = picture(kind)
    for at in range(2, min(len(body), 1500), 11):
        changed = bytearray(body)
        changed[at] ^= 0xA5
        with contextlib.suppress(ImageRefused):
            stripped(bytes(changed), kind)
