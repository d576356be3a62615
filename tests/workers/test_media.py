"""Recordings: what they are, a still picture, a copy that seeks; and what is refused without harm."""

import struct
import subprocess
import sys
from pathlib import Path

import av
import pytest
from PIL import Image

from backend.core import confined
from backend.seed_media import make_clip
from workers import media
from workers.media import MediaRefused

KINDS = ("webm", "webm_live", "mp4", "mp4_late_index", "mp3", "wav")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for kind in KINDS:
        make_clip(folder / kind, 2, kind)
    return folder


@pytest.mark.parametrize(
    ("kind", "container", "codecs", "content_type", "is_seekable"),
    [
        ("webm", "webm", ("vp8", "opus"), "video/webm", True),
        ("webm_live", "webm", ("vp8", "opus"), "video/webm", False),
        ("mp4", "mp4", ("h264", "aac"), "video/mp4", True),
        ("mp4_late_index", "mp4", ("h264", "aac"), "video/mp4", False),
        ("mp3", "mp3", (None, "mp3"), "audio/mpeg", True),
        ("wav", "wav", (None, "pcm_s16le"), "audio/wav", True),
    ],
)
async def test_what_a_recording_is(clips, kind, container, codecs, content_type, is_seekable):
    found = await media.probe(clips / kind)
    assert found.duration_s == pytest.approx(2, abs=0.1)
    assert (found.container, (found.video_codec, found.audio_codec)) == (container, codecs)
    assert (found.content_type, found.is_seekable) == (content_type, is_seekable)
    assert (found.width, found.height) == ((320, 180) if codecs[0] else (None, None))
    assert found.bitrate == pytest.approx((clips / kind).stat().st_size * 8 / found.duration_s, rel=0.01)
    assert media.needs_remux(found) is not is_seekable


@pytest.mark.parametrize("kind", ["webm_live", "mp4_late_index"])
async def test_a_remuxed_recording_seeks_and_is_otherwise_the_same(clips, kind, tmp_path):
    await media.remux(clips / kind, tmp_path / "out")
    found = await media.probe(tmp_path / "out")
    assert found.is_seekable
    assert found.duration_s == pytest.approx(2, abs=0.1)
    assert packets(tmp_path / "out") == packets(clips / kind)
    with av.open(str(tmp_path / "out")) as source:
        assert source.duration == pytest.approx(2_000_000, abs=100_000)
        source.seek(1_200_000)
        first = next(source.decode(video=0))
        assert first.time == pytest.approx(1.0, abs=0.3)


def packets(path):
    with av.open(str(path)) as source:
        found = [(packet.stream.index, bytes(packet)) for packet in source.demux() if packet.size]
    return sorted(found)


@pytest.mark.parametrize("kind", ["webm", "webm_live", "mp4"])
async def test_a_poster_shows_the_picture(clips, kind, tmp_path):
    await media.poster(clips / kind, tmp_path / "out.jpg")
    with Image.open(tmp_path / "out.jpg") as image:
        assert (image.format, image.size) == ("JPEG", (320, 180))
        assert len(set(image.convert("L").resize((8, 8)).tobytes())) >= 8


async def test_a_sound_has_no_poster(clips, tmp_path):
    with pytest.raises(MediaRefused) as caught:
        await media.poster(clips / "mp3", tmp_path / "out.jpg")
    assert caught.value.reason == "no_streams"


def torn(clips, kind, share):
    body = (clips / kind).read_bytes()
    return body[: int(len(body) * share)]


def playlist(clips):
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{clips / 'mp4'}\n#EXT-X-ENDLIST\n".encode()


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        (lambda _: b"", {"unreadable"}),
        (lambda _: b"<!doctype html><html><script>alert(1)</script></html>", {"unreadable"}),
        (lambda _: b"\x1a\x45\xdf\xa3" + b"\0" * 5000, {"unreadable"}),
        (lambda _: b"RIFF\x00\x00\x00\x00WAVEfmt ", {"unreadable", "no_streams", "undecodable"}),
        (lambda clips: torn(clips, "mp4", 0.4), {"truncated"}),
        (lambda clips: torn(clips, "mp4_late_index", 0.9), {"unreadable"}),
        (lambda clips: torn(clips, "wav", 0.1), {"truncated"}),
        (lambda clips: (clips / "webm").read_bytes()[5000:], {"unreadable"}),
        (playlist, {"unreadable"}),
        (lambda clips: b"ffconcat version 1.0\nfile " + str(clips / "mp4").encode(), {"unreadable"}),
    ],
)
async def test_what_is_refused_and_why(clips, body, reasons, tmp_path):
    (tmp_path / "x.mp4").write_bytes(body(clips))
    with pytest.raises(MediaRefused) as caught:
        await media.probe(tmp_path / "x.mp4")
    assert caught.value.reason in reasons


async def test_a_live_recording_that_broke_off_is_still_a_recording(clips, tmp_path):
    (tmp_path / "x").write_bytes(torn(clips, "webm_live", 0.5))
    found = await media.probe(tmp_path / "x")
    assert 0.5 < found.duration_s < 1.6


async def test_a_picture_that_claims_to_be_huge_is_refused(clips, tmp_path):
    """16383 x 16383 pixels in each key frame's own header, and 320 x 180 in the container's."""
    body = (clips / "webm").read_bytes()
    key_frame = b"\x9d\x01\x2a" + struct.pack("<HH", 320, 180)
    assert key_frame in body
    (tmp_path / "x").write_bytes(body.replace(key_frame, b"\x9d\x01\x2a\xff\x3f\xff\x3f"))
    with pytest.raises(MediaRefused) as caught:
        await media.probe(tmp_path / "x")
    assert caught.value.reason in ("too_many_pixels", "undecodable", "unreadable")


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (confined.Died("memory"), "undecodable"),
        (confined.Died("signal 11"), "undecodable"),
        (confined.TimedOut(1.0), "too_slow"),
    ],
)
async def test_a_file_that_takes_the_child_down_is_refused(clips, monkeypatch, raised, reason):
    async def run(*_, **__):
        raise raised

    monkeypatch.setattr(confined, "run", run)
    with pytest.raises(MediaRefused) as caught:
        await media.probe(clips / "webm")
    assert caught.value.reason == reason


@pytest.mark.parametrize("reason", ["signal 9", "raised builtins:ImportError"])
async def test_what_is_not_the_files_fault_is_no_refusal(clips, monkeypatch, reason):
    async def run(*_, **__):
        raise confined.Died(reason)

    monkeypatch.setattr(confined, "run", run)
    with pytest.raises(confined.Died):
        await media.probe(clips / "webm")


def test_the_worker_itself_never_loads_the_decoder():
    code = "import sys, workers.media; sys.exit('av' in sys.modules)"
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, check=False)
    assert ended.returncode == 0
