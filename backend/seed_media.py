"""Short clips made on the spot: a moving test picture and a tone. For the demo school and for tests."""

import math
from array import array
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Literal, cast

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

Clip = Literal["webm", "webm_live", "mp4", "mp4_late_index", "mp3", "wav"]
"""webm_live is what a browser records: neither duration nor index. mp4_late_index has its index at the end."""

WIDTH, HEIGHT, FRAMES_PER_S, HERTZ = 320, 180, 10, 48_000

_CODECS: dict[Clip, tuple[str, str | None, str]] = {
    "webm": ("webm", "libvpx", "libopus"),
    "webm_live": ("webm", "libvpx", "libopus"),
    "mp4": ("mp4", "libx264", "aac"),
    "mp4_late_index": ("mp4", "libx264", "aac"),
    "mp3": ("mp3", None, "libmp3lame"),
    "wav": ("wav", None, "pcm_s16le"),
}
_OPTIONS: dict[Clip, dict[str, str]] = {"webm_live": {"live": "1"}, "mp4": {"movflags": "faststart"}}


class _Pipe:
    """A target that cannot be rewound, as a browser's recorder has it."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write


def make_clip(path: Path, seconds: float, kind: Clip) -> None:
    """Write a clip of that length and kind to path."""
    container_format, video_codec, audio_codec = _CODECS[kind]
    with path.open("wb") as file:
        target = _Pipe(file) if kind == "webm_live" else file
        with av.open(target, "w", format=container_format, options=_OPTIONS.get(kind, {})) as out:
            video = None if video_codec is None else _video(out, video_codec)
            audio = cast(AudioStream, out.add_stream(audio_codec, rate=HERTZ, layout="mono"))
            _write(out, video, audio, seconds)


def _video(out: OutputContainer, codec: str) -> VideoStream:
    stream = cast(VideoStream, out.add_stream(codec, rate=FRAMES_PER_S))
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.codec_context.gop_size = FRAMES_PER_S
    stream.codec_context.thread_count = 1
    return stream


def _write(out: OutputContainer, video: VideoStream | None, audio: AudioStream, seconds: float) -> None:
    """Picture and sound in turns, a frame's length each."""
    samples = HERTZ // FRAMES_PER_S
    for number in range(math.ceil(seconds * FRAMES_PER_S)):
        if video is not None:
            out.mux(video.encode(_picture(number)))
        out.mux(audio.encode(_tone(number * samples, samples)))
    for stream in (video, audio):
        if stream is not None:
            out.mux(stream.encode(None))


def _picture(number: int) -> av.VideoFrame:
    """Grey waves that move to the left, on a colour that drifts."""
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, level in zip(frame.planes, (None, 96 + number % 64, 160 - number % 64), strict=True):
        row = bytes((x * 2 + number * 8) % 256 if level is None else level for x in range(plane.line_size))
        plane.update(row * plane.height)
    frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_S)
    return frame


def _tone(first: int, samples: int) -> av.AudioFrame:
    """The concert pitch, at a quarter of full level."""
    wave = array("h", (int(8000 * math.sin(2 * math.pi * 440 * (first + n) / HERTZ)) for n in range(samples)))
    frame = av.AudioFrame(format="s16", layout="mono", samples=samples)
    frame.planes[0].update(wave.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    frame.sample_rate, frame.pts, frame.time_base = HERTZ, first, Fraction(1, HERTZ)
    return frame
