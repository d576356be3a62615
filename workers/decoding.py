"""The child's side of workers.media: FFmpeg by way of PyAV, only ever run in a confined process."""

import contextlib
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from workers.media import MediaRefused, Probe

MAX_STREAMS = 16
MAX_PIXELS = 7680 * 4320
MAX_S = 24 * 3600
DECODED_FRAMES = 3
TRIED_PACKETS = 200
HEAD = 64 << 10

_FORMATS = {"matroska,webm": "webm", "mov,mp4,m4a,3gp,3g2,mj2": "mp4", "mp3": "mp3", "ogg": "ogg", "wav": "wav"}
_OPTIONS = {
    # Playlists and the like would read other files, or fetch them.
    "format_whitelist": "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,wav",
    "protocol_whitelist": "file",
}
_VIDEO = {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4"}
_AUDIO = {"aac", "opus", "vorbis", "mp3", "mp3float", "flac", "alac", "pcm_s16le", "pcm_s24le", "pcm_u8", "pcm_f32le"}


def probe(path: str) -> Probe:
    """See workers.media.probe."""
    with _opened(path) as source:
        audio, video = _chosen(source)
        declared_s = source.duration / av.time_base if source.duration else None
        duration_s = _read_through(source, [stream for stream in (video, audio) if stream is not None])
        if _is_torn(Path(path), duration_s, declared_s):
            raise MediaRefused("truncated")
        if duration_s > MAX_S:
            raise MediaRefused("too_long")
        container = _container(source)
        return Probe(
            duration_s=round(duration_s, 3),
            container=container,
            audio_codec=None if audio is None else audio.codec_context.name.removesuffix("float"),
            video_codec=None if video is None else video.codec_context.name,
            width=None if video is None else video.codec_context.width,
            height=None if video is None else video.codec_context.height,
            bitrate=round(Path(path).stat().st_size * 8 / max(duration_s, 0.001)),
            is_seekable=_is_seekable(Path(path), container, has_duration=declared_s is not None),
        )


def poster(path: str, out_path: str, max_width: int) -> None:
    """See workers.media.poster."""
    with _opened(path) as source:
        _, video = _chosen(source)
        if video is None:
            raise MediaRefused("no_streams")
        frame = _frame_at(source, video, (source.duration or 0) // 10) or _frame_at(source, video, 0)
        if frame is None:
            raise MediaRefused("undecodable")
        width = min(frame.width, max_width)
        height = max(1, round(frame.height * width / frame.width))
        image = frame.reformat(width=width, height=height, format="rgb24").to_image()  # type: ignore[no-untyped-call] # PyAV leaves it so
        if frame.rotation:
            image = image.rotate(frame.rotation, expand=True)
        image.save(out_path, "JPEG", quality=80, optimize=True)


def remux(path: str, out_path: str) -> None:
    """See workers.media.remux."""
    with _opened(path) as source:
        container = _container(source)
        options = {"cues_to_front": "1"} if container == "webm" else {"movflags": "faststart"}
        with av.open(out_path, "w", format=container, options=options) as target:
            _copy(source, target)


@contextlib.contextmanager
def _opened(path: str) -> Iterator[InputContainer]:
    """A file, as long as it is one of our containers; FFmpeg's errors become refusals."""
    try:
        with av.open(path, options=_OPTIONS) as source:
            if source.format.name not in _FORMATS:
                raise MediaRefused("unreadable")
            yield source
    except (av.error.FFmpegError, ValueError, OverflowError) as broken:
        raise MediaRefused("unreadable") from broken


def _chosen(source: InputContainer) -> tuple[AudioStream | None, VideoStream | None]:
    """The first sound and the first picture; a cover in a song is no picture."""
    if len(source.streams) > MAX_STREAMS:
        raise MediaRefused("unreadable")
    audio = next(iter(source.streams.audio), None)
    video = next((s for s in source.streams.video if not s.disposition & Disposition.attached_pic), None)
    if audio is None and video is None:
        raise MediaRefused("no_streams")
    pairs: tuple[tuple[Stream | None, set[str]], ...] = ((audio, _AUDIO), (video, _VIDEO))
    for stream, known in pairs:
        if stream is not None and (stream.codec_context is None or stream.codec_context.name not in known):
            raise MediaRefused("codec")
    if video is not None:
        _check_picture(video)
    return audio, video


def _check_picture(video: VideoStream) -> None:
    width, height = video.codec_context.width, video.codec_context.height
    if width * height > MAX_PIXELS:
        raise MediaRefused("too_many_pixels")
    if not width * height:
        raise MediaRefused("undecodable")
    video.codec_context.thread_count = 1  # each thread has a stack and frames of its own


def _read_through(source: InputContainer, streams: list[Stream]) -> float:
    """Decode the beginning of each stream, read all packets; where the last one ends, in seconds.

    Packets are counted, not believed: a live recording has no duration, and a torn one a wrong one.
    """
    frames = dict.fromkeys((stream.index for stream in streams), 0)
    tried = dict(frames)
    first, last = Fraction(1 << 40), Fraction(0)
    for packet in source.demux(streams):
        index = packet.stream.index
        if packet.pts is not None and packet.time_base is not None:
            first = min(first, packet.pts * packet.time_base)
            last = max(last, (packet.pts + (packet.duration or 0)) * packet.time_base)
        if frames[index] < DECODED_FRAMES and tried[index] < TRIED_PACKETS:
            frames[index] += _decoded(packet)
            tried[index] += 1
    if not all(frames.values()):
        raise MediaRefused("undecodable")
    return float(max(last - min(first, last), Fraction(0)))


def _decoded(packet: "av.Packet[Stream]") -> int:
    """How many frames a packet gave. Damage at the beginning is forgiven if a frame follows."""
    try:
        frames = packet.decode()
    except av.error.InvalidDataError:
        return 0
    # A frame may say another size than the container did.
    if any(isinstance(frame, av.VideoFrame) and frame.width * frame.height > MAX_PIXELS for frame in frames):
        raise MediaRefused("too_many_pixels")
    return len(frames)


def _is_torn(path: Path, duration_s: float, declared_s: float | None) -> bool:
    """Whether clearly less is there than the file itself says. A live recording says nothing."""
    if declared_s is not None and duration_s < min(0.9 * declared_s, declared_s - 0.5):
        return True
    with path.open("rb") as file:
        head = file.read(8)
    if not head.startswith(b"RIFF"):
        return False  # FFmpeg reckons the duration of a WAV from what is there
    (claimed,) = struct.unpack("<L", head[4:])
    return bool(claimed not in (0, 0xFFFFFFFF) and path.stat().st_size < 0.99 * claimed)


def _container(source: InputContainer) -> str:
    name = _FORMATS[source.format.name]
    return "mov" if name == "mp4" and source.metadata.get("major_brand") == "qt  " else name


def _is_seekable(path: Path, container: str, *, has_duration: bool) -> bool:
    if container == "webm":
        with path.open("rb") as file:
            return has_duration and b"\x1c\x53\xbb\x6b" in file.read(HEAD)  # Cues, or where they are
    return container not in ("mp4", "mov") or _has_index_first(path)


def _has_index_first(path: Path) -> bool:
    """Whether moov stands before mdat, and whole (fragments have their index in pieces)."""
    is_indexed = False
    for name in _boxes(path):
        if name in (b"mdat", b"moof"):
            return is_indexed and name == b"mdat"
        is_indexed = is_indexed or name == b"moov"
    return False


def _boxes(path: Path) -> Iterator[bytes]:
    """The names of an MP4's outermost boxes, in order."""
    with path.open("rb") as file:
        while len(header := file.read(8)) == 8:
            size, name = struct.unpack(">L4s", header)
            yield name
            read = 8
            if size == 1:
                (size,) = struct.unpack(">Q", file.read(8))
                read = 16
            if size < read:
                return
            file.seek(size - read, 1)


def _frame_at(source: InputContainer, video: VideoStream, microseconds: int) -> av.VideoFrame | None:
    """The first frame from there on that can be decoded, or None."""
    with contextlib.suppress(av.error.FFmpegError):
        source.seek(microseconds)
        for tried, packet in enumerate(source.demux(video)):
            with contextlib.suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame):
                        return frame
            if tried > TRIED_PACKETS:
                break
    return None


def _copy(source: InputContainer, target: OutputContainer) -> None:
    audio, video = _chosen(source)
    chosen = [stream for stream in (video, audio) if stream is not None]
    copies = {stream.index: target.add_stream_from_template(stream) for stream in chosen}
    for packet in source.demux(chosen):
        if packet.dts is not None:
            packet.stream = copies[packet.stream.index]
            target.mux(packet)
