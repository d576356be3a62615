"""What a recording is, its still picture, and a copy that seeks. Files come from strangers: every act is confined.

The work itself is in workers.decoding, which only the child process imports.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

from backend.core import confined

T = TypeVar("T")

MEMORY_BYTES = 1 << 30
PROBE_S = 120.0
POSTER_S = 60.0
REMUX_S = 600.0
POSTER_WIDTH = 1280


class Probe(msgspec.Struct, frozen=True):
    """A recording that was read from end to end and decoded at its beginning.

    container is webm, mp4, mov, mp3, ogg or wav. bitrate is bits per second over all. is_seekable tells
    whether a player finds duration and index without reading the file to its end.
    """

    duration_s: float
    container: str
    audio_codec: str | None
    video_codec: str | None
    width: int | None
    height: int | None
    bitrate: int
    is_seekable: bool

    @property
    def content_type(self) -> str:
        """The type to serve it as; the container alone does not tell sound from picture."""
        if self.container in ("mp3", "wav", "ogg"):
            return {"mp3": "audio/mpeg", "wav": "audio/wav", "ogg": "audio/ogg"}[self.container]
        if self.video_codec is None:
            return "audio/webm" if self.container == "webm" else "audio/mp4"
        return {"webm": "video/webm", "mov": "video/quicktime"}.get(self.container, "video/mp4")


class MediaRefused(Exception):
    """A file that is not a recording we can serve; trying again changes nothing.

    reason is one of: unreadable, truncated, no_streams, codec, undecodable, too_many_pixels, too_long, too_slow.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def probe(path: Path) -> Probe:
    """Read a recording to its end and decode its beginning.

    Raises: MediaRefused; confined.Died when the child was killed from outside or has a fault of its own.
    """
    return await _confined("probe", path, returns=Probe, wall_s=PROBE_S)


async def poster(path: Path, out_path: Path) -> None:
    """Write a JPEG of a frame at about a tenth of the length, at most 1280 pixels wide.

    Raises: MediaRefused; confined.Died when the child was killed from outside or has a fault of its own.
    """
    await _confined("poster", path, out_path, POSTER_WIDTH, returns=None, wall_s=POSTER_S)


def needs_remux(probed: Probe) -> bool:
    """Whether players could not seek in it as it is."""
    return probed.container in ("webm", "mp4", "mov") and not probed.is_seekable


async def remux(path: Path, out_path: Path) -> None:
    """Write the same streams, untouched, with duration and index up front, in the same container.

    Raises: MediaRefused; confined.Died when the child was killed from outside or has a fault of its own.
    """
    await _confined("remux", path, out_path, returns=None, wall_s=REMUX_S)


async def _confined(name: str, *args: Path | int, returns: type[T] | None, wall_s: float) -> T:
    """A file that crashes, bloats or stalls the decoder is refused like one that cannot be read."""
    plain = [str(arg) if isinstance(arg, Path) else arg for arg in args]
    try:
        return await confined.run(
            f"workers.decoding:{name}",
            *plain,
            returns=returns,  # type: ignore[arg-type] # None is its own type to msgspec
            memory_bytes=MEMORY_BYTES,
            wall_s=wall_s,
            passes=(MediaRefused,),
        )
    except confined.TimedOut as slow:
        raise MediaRefused("too_slow") from slow
    except confined.Died as died:
        # "signal 9" is someone else's doing; "raised" is a fault of ours, to be seen and mended.
        if died.reason == "memory" or (died.reason.startswith("signal") and died.reason != "signal 9"):
            raise MediaRefused("undecodable") from died
        raise
