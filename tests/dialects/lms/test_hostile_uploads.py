"""Uploads that mean harm, for every route that takes a file: a clear 4xx, no row and nothing in storage."""

import io
import zipfile
import zlib
from typing import Any

import pytest

from backend.core import db
from storage import s3
from tests.dialects.lms.probing import ROUTES, Seen
from tests.dialects.lms.world import World, a_world
from tests.people import MakePerson

BOUNDARY = "lulus-boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
UPLOADS = sorted(
    route
    for route, handler in ROUTES.items()
    if route.startswith(("POST /api/v1/upload", "POST /api/v1/quizzes", "PUT"))
    and handler.resolve_request_max_body_size() != 1 << 20
)
PDF = b"%PDF-1.7\n1 0 obj\n" + b"x" * 2000 + b"\nstartxref\n9\n%%EOF\n"
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def part(head: str, content: bytes) -> bytes:
    """One part of a form."""
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def a_file(content: bytes, name: str = "a.bin") -> bytes:
    """The part with the file, with a location before it."""
    return part('Content-Disposition: form-data; name="location"', b"docs") + part(
        f'Content-Disposition: form-data; name="file"; filename="{name}"', content
    )


END = f"--{BOUNDARY}--\r\n".encode()


def archive(*members: tuple[str, bytes], size: int = 0) -> bytes:
    """A ZIP; `size` more bytes of nothing go into its last member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for name, content in members:
            with made.open(name, "w", force_zip64=True) as member:
                member.write(content)
                for _ in range(size >> 20 if name == members[-1][0] else 0):
                    member.write(bytes(1 << 20))
    return out.getvalue()


BOMB_SHEET = archive(("[Content_Types].xml", b"<x/>"), ("xl/workbook.xml", b"<x/>"), size=257 << 20)
BOMB_DOCUMENT = archive(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"), size=16 << 20)
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def huge_png() -> bytes:
    """A picture of 50,000 by 50,000 pixels in a few bytes."""
    head = b"IHDR" + (50_000).to_bytes(4) * 2 + b"\x08\x02\x00\x00\x00"
    return PNG_HEAD + (13).to_bytes(4) + head + zlib.crc32(head).to_bytes(4) + b"\x00\x00\x00\x00IEND\xaeB`\x82"


CONTENTS = {
    "empty": b"",
    "one byte": b"x",
    "html": HTML,
    "svg": SVG,
    "nul": bytes(5000),
    "html behind a png head": PNG_HEAD + HTML,
    "html behind a jpeg head": b"\xff\xd8\xff\xe0" + HTML,
    "huge png": huge_png(),
    "script behind a gif": GIF[:10] + HTML,
    "elf": b"\x7fELF" + bytes(2000),
    "video without a header": bytes(range(256)) * 40,
    "mp4 of nothing": b"\x00\x00\x00\x18ftypisom",
    "matroska of nothing": b"\x1aE\xdf\xa3",
    "pdf cut short": PDF[:100],
    "zip cut short": BOMB_SHEET[:500],
    "zip of nothing": b"PK\x05\x06" + bytes(18),
    "zip that climbs": archive(("[Content_Types].xml", b"<x/>"), ("../../etc/passwd", b"x")),
    "sheet bomb": BOMB_SHEET,
    "document bomb": BOMB_DOCUMENT,
}
FORMS = {
    "nothing": b"",
    "no part": END,
    "no file": part('Content-Disposition: form-data; name="location"', b"docs") + END,
    "file without name": part("Content-Disposition: form-data", b"x") + END,
    "file in another field": part('Content-Disposition: form-data; name="other"; filename="a.pdf"', PDF) + END,
    "no disposition": part("X-Nothing: 1", PDF) + END,
    "two files": a_file(PDF) + a_file(PDF) + END,
    "not ended": a_file(PDF),
    "cut in the file": a_file(PDF)[:-1500],
    "cut in the head": a_file(PDF)[:150],
    "other boundary": (a_file(PDF) + END).replace(BOUNDARY.encode(), b"other"),
    "many parts": part('Content-Disposition: form-data; name="a"', b"x") * 500 + END,
    "long text": part('Content-Disposition: form-data; name="location"', b"x" * 100_000) + END,
    "long head": part("X-Long: " + "x" * 100_000, PDF) + END,
    "nul in the text": part('Content-Disposition: form-data; name="location"', b"a\x00b") + END,
    "not utf-8": part('Content-Disposition: form-data; name="location"', b"\xff\xfe") + END,
    "preamble without end": b"x" * 200_000,
}
TYPES = (
    "text/plain",
    "multipart/form-data",
    "multipart/mixed; boundary=x",
    "application/json",
    "",
    "\u00e9; boundary=\u00e9",
)


@pytest.fixture
async def world(a_person: MakePerson) -> World:
    """A school of two halves."""
    return await a_world(a_person)


class Bucket:
    """Sends files, and sees what stays."""

    def __init__(self, storage: s3.Storage, world: World) -> None:
        self.storage, self.world = storage, world
        self.before: Any = None
        self.wrong: list[str] = []

    async def state(self) -> tuple[Any, ...]:
        """Objects, open uploads and rows."""
        objects = {entry.key async for entry in self.storage.list()}
        uploads = {str(one) async for one in self.storage.unfinished_uploads()}
        rows = await db.value("SELECT count(*) FROM file"), await db.value("SELECT count(*) FROM job")
        return objects, uploads, rows

    async def send(self, route: str, what: str, content: Any, headers: dict[str, str]) -> None:
        """Send a body, and note what was not refused in plain words."""
        if self.before is None:
            self.before = await self.state()
        method, path = route.split(" ")
        person = self.world.here.teacher
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        path = path.replace("{}", self.world.here.objects["quizzes" if "quizzes" in path else "assignments"])
        answer = await person.http.request(method, path, content=content, headers=raw)
        seen = Seen(answer.status_code, answer.text, answer.headers, {})
        if not seen.is_refusal:
            self.wrong.append(f"{route} {what}: {seen}")

    async def check(self) -> None:
        """Nothing was taken, and nothing stays."""
        assert not self.wrong, "\n".join(self.wrong)
        assert await self.state() == self.before


@pytest.fixture
async def bucket(storage: s3.Storage, world: World) -> Bucket:
    """Where nothing may stay."""
    return Bucket(storage, world)


def test_every_route_with_a_file_is_tried():
    assert UPLOADS == [
        "POST /api/v1/quizzes/{}/import-questions",
        "POST /api/v1/upload/documents",
        "POST /api/v1/upload/images",
        "POST /api/v1/upload/media",
        "PUT /api/v1/assignments/{}/grades/import",
        "PUT /api/v1/batches/{}/grades/import",
    ]


TAKEN = {
    ("documents", "one byte"),
    ("media", "mp4 of nothing"),
    ("import", "document bomb"),
    ("import-questions", "document bomb"),
}
"""A short text is one; what a head says and the rest does not hold, the job that looks into it refuses."""


@pytest.mark.parametrize("route", UPLOADS)
async def test_contents_that_are_not_what_they_should_be(bucket: Bucket, route: str):
    for name, content in CONTENTS.items():
        if (route.rsplit("/", 1)[1], name) in TAKEN:
            continue
        for suffix in ("pdf", "png"):
            await bucket.send(route, f"{name}.{suffix}", a_file(content, f"a.{suffix}") + END, {"content-type": FORM})
    await bucket.check()


@pytest.mark.parametrize("route", UPLOADS)
async def test_forms_that_are_none(bucket: Bucket, route: str):
    for name, form in FORMS.items():
        await bucket.send(route, name, form, {"content-type": FORM})
    for type_ in TYPES:
        await bucket.send(route, type_, a_file(PDF) + END, {"content-type": type_})
    await bucket.check()


@pytest.mark.parametrize("route", UPLOADS)
async def test_lengths_that_lie(bucket: Bucket, route: str):
    whole = a_file(PDF, "a.pdf") + END
    for length in ("0", "5", "-1", "abc", "999999999999999", "9" * 40):
        await bucket.send(route, f"length {length}", whole[:-40], {"content-type": FORM, "content-length": length})
    await bucket.check()


@pytest.mark.parametrize("route", UPLOADS)
async def test_bare_bytes_of_something_else(bucket: Bucket, route: str):
    for type_ in ("video/mp4", "audio/mpeg", "application/octet-stream"):
        for content in (b"", HTML, bytes(5000), PDF):
            await bucket.send(route, type_, content, {"content-type": type_})
    await bucket.check()
