"""Pictures inside files of questions: judged by their content, named by a token until they have an address."""

import base64
import binascii
import html
import io
import re
import tempfile
from collections.abc import Callable, Mapping
from urllib.parse import quote

import msgspec

from backend.domain.assessments.formats.findings import Asked, Picture
from backend.domain.files import sniff, strip

MOST_PICTURES = 200
PICTURE_MAX = 5 << 20
"""Bytes of one picture. A file of questions has at most ten million bytes anyway."""
_MOST_LOOKS = 10 * MOST_PICTURES
"""How often a picture is looked at, also the same one, which has its text searched each time."""
TAKEN = frozenset({sniff.PNG, sniff.JPG, sniff.GIF, sniff.WEBP})
_SPACE = re.compile(r"\s+")
_INLINE = re.compile(r"data:image/[a-z+]{2,10};base64,([A-Za-z0-9+/=\s]+)")
_DANGLING = re.compile(r"data:image|src\s*=\s*[\"']?@@PLUGINFILE@@")
_HELD = "@@PLUGINFILE@@"


class PictureRefused(Exception):
    """A picture is not taken; reason is "not_a_picture", "too_large", "too_many", "damaged" or "too_many_pixels"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Album:
    """The pictures of one file, in order. The same picture of the same name is kept once."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self._tokens: dict[tuple[str, bytes], str] = {}
        self._count = 0

    def take(self, name: str, encoded: str) -> str:
        """Keep a picture; says what stands for it in texts. Raises: PictureRefused."""
        self._count += 1
        if self._count > _MOST_LOOKS:
            raise PictureRefused("too_many")
        if len(encoded) > PICTURE_MAX * 3 // 2:
            raise PictureRefused("too_large")
        try:
            content = base64.b64decode(_SPACE.sub("", encoded), validate=True)
        except (binascii.Error, ValueError):
            raise PictureRefused("damaged") from None
        known = self._tokens.get((name, content))
        if known is not None:
            return known
        if len(self.pictures) >= MOST_PICTURES:
            raise PictureRefused("too_many")
        self.pictures.append(Picture(name=name, content=judged(content)))
        self._tokens[name, content] = token(len(self.pictures) - 1)
        return self._tokens[name, content]


def token(number: int) -> str:
    """What stands in texts for a picture that has no address yet."""
    return f"@@PICTURE@@/{number:04d}"


def judged(content: bytes) -> bytes:
    """A picture without what was written beside its pixels; nothing is decoded.

    Raises: PictureRefused.
    """
    if len(content) > PICTURE_MAX:
        raise PictureRefused("too_large")
    kind = sniff.sniff(content[: sniff.HEAD_BYTES], content[-sniff.TAIL_BYTES :])
    if kind not in TAKEN or kind is None:
        raise PictureRefused("not_a_picture")
    try:
        sniff.image_size(io.BytesIO(content), max_pixels=sniff.MAX_PIXELS)
        with tempfile.TemporaryFile() as file:
            file.write(content)
            strip.strip(file, kind)
            file.seek(0)
            return file.read()
    except sniff.ImageRefused as refused:
        raise PictureRefused(refused.reason) from None


def without_inline(text: str, take: Callable[[str], str]) -> str:
    """A text in which something else stands for the pictures in it; "" from `take`: the picture stays."""
    return _INLINE.sub(lambda found: take(found[1]) or found[0], text)


def is_dangling(text: str) -> bool:
    """Whether a text still names a picture that has not come along."""
    return _DANGLING.search(text) is not None


def spellings(path: str, name: str) -> list[str]:
    """How texts may name a file of theirs, the longest first."""
    whole = f"{path.rstrip('/')}/{name}"
    plain = {_HELD + quote(whole), _HELD + whole}
    return sorted(plain | {html.escape(each) for each in plain}, key=len, reverse=True)


def reference(name: str) -> str:
    """How a text names a file of its own."""
    return _HELD + "/" + quote(name)


def element(picture: Picture) -> str:
    """A picture as Moodle XML holds it."""
    encoded = base64.b64encode(picture.content).decode()
    return f'<file name="{html.escape(picture.name)}" path="/" encoding="base64">{encoded}</file>'


def renamed(asked: Asked, names: Mapping[str, str]) -> Asked:
    """A question in which files have other names, in its texts and in the list of its files."""
    text = msgspec.json.encode(asked).decode()
    for old in sorted(names, key=len, reverse=True):
        text = text.replace(old, names[old])
    return msgspec.json.decode(text, type=Asked)
