"""A grade sheet of 5,000 rows and a video of 300 MB, through real processes; memory read from the kernel."""

import asyncio
import hashlib
import io
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import openpyxl
import pytest

from backend import seed_media
from backend.core import db
from backend.core.actor import Role
from backend.devstack.services import Services, throw_away
from tests import school
from tests.flows.caller import Caller
from tests.people import MakePerson, Person
from tests.processes import Lulus

pytestmark = pytest.mark.processes

PROCESS_LIMIT_MIB = 300
STORAGE_LIMIT_MIB = 400
ROWS = 5000


@pytest.fixture
def own_storage() -> Iterator[Services]:
    """A storage server that no other test has filled."""
    with throw_away(("s3",)) as services:
        yield services


@pytest.fixture
def surroundings(own_storage: Services) -> dict[str, str]:
    return own_storage.environment()


def as_person(lulus: Lulus, person: Person) -> Caller:
    caller = Caller(lulus.url)
    caller.http.headers["authorization"] = f"Bearer {person.token}"
    return caller


def tell(lulus: Lulus, what: str) -> None:
    peaks = lulus.processes.peaks()
    print(f"\n{what}; peak resident memory, MiB: {peaks}")
    assert max(peaks.values()) <= PROCESS_LIMIT_MIB, peaks


async def a_crowd(batch: school.BatchRow, size: int) -> None:
    await db.statement("UPDATE batch SET seats_taken = $2 WHERE id = $1", batch.id, size)
    await db.statement(
        "WITH made AS (INSERT INTO account (email, phone, name, password_hash, role, verified_at, created_at,"
        "  updated_at)"
        "  SELECT 'crowd' || n || '@example.test', '09' || n, 'Student ' || n, '!', 'student', now(), now(), now()"
        "  FROM generate_series(1, $2::int) AS n RETURNING id)"
        " INSERT INTO enrolment (account_id, batch_id, state, created_at, updated_at)"
        " SELECT id, $1, 'active', now(), now() FROM made",
        batch.id,
        size,
    )


async def test_a_sheet_of_five_thousand_rows(lulus: Lulus, a_person: MakePerson):
    teacher = await a_person(Role.TEACHER)
    batch = await school.a_batch(quota=ROWS)
    meeting = await school.a_meeting(batch)
    await school.teach(meeting, teacher.id)
    await a_crowd(batch, ROWS)
    async with as_person(lulus, teacher) as guru:
        assignment = await guru.post(
            f"/meetings/{meeting.uuid}/assignments",
            {"title": "Tugas", "type": "essay", "start_at": "2026-01-01T00:00:00Z", "end_at": "2027-01-01T00:00:00Z"},
        )
        template = await guru.get(f"/assignments/{assignment['id']}/grades/excel")
        filled = await asyncio.to_thread(fill, template.content)
        path = f"/assignments/{assignment['id']}/grades/import"
        begun = time.monotonic()
        files = {"file": ("nilai.xlsx", filled)}
        job = await guru.job((await guru.ask("PUT", path, 202, files=files))["url"])
        took = time.monotonic() - begun
    assert job["state"] == "done", job
    assert await db.value("SELECT count(*) FROM grade WHERE grade = 77.25") == ROWS
    assert await db.value("SELECT count(*) FROM grade_change") == ROWS
    tell(lulus, f"{ROWS} grades imported in {took:.1f} s, upload to committed")


def fill(template: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(template))
    sheet = book.active
    header = [cell.value for cell in sheet[1]]
    column = header.index("Nilai") + 1
    for row in range(2, ROWS + 2):
        sheet.cell(row, column, "77,25")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


BIG = 300 << 20


async def big_form(clip: bytes, boundary: str) -> AsyncIterator[bytes]:
    yield f'--{boundary}\r\nContent-Disposition: form-data; name="location"\r\n\r\nmedia\r\n'.encode()
    disposition = 'Content-Disposition: form-data; name="file"; filename="rekaman.mp4"'
    yield f"--{boundary}\r\n{disposition}\r\nContent-Type: video/mp4\r\n\r\n".encode()
    yield clip
    left = BIG - len(clip)
    yield b"\x00\x00\x00\x01free" + left.to_bytes(8, "big")  # a box of nothing fills the rest
    left -= 16
    piece = os.urandom(1 << 20)
    while left > 0:
        yield piece[: min(left, len(piece))]
        left -= len(piece)
    yield f"\r\n--{boundary}--\r\n".encode()


async def test_a_video_of_300_mb_and_a_seek_in_it(
    lulus: Lulus, a_person: MakePerson, tmp_path: Path, own_storage: Services
):
    teacher, student = await a_person(Role.TEACHER), await a_person(Role.STUDENT)
    batch = await school.a_batch()
    meeting = await school.a_meeting(batch)
    await school.teach(meeting, teacher.id)
    await school.enrol(batch, student.id)
    clip = await asyncio.to_thread(a_clip, tmp_path)
    digest = hashlib.sha256()
    async with as_person(lulus, teacher) as guru, as_person(lulus, student) as viewer:
        begun = time.monotonic()
        headers = {"content-type": "multipart/form-data; boundary=lulus"}
        upload = await guru.ask("POST", "/upload/media", 202, content=big_form(clip, "lulus"), headers=headers)
        took = time.monotonic() - begun
        job = await guru.job(upload["url"], 120)
        assert job["state"] == "done", job
        file = await guru.get(f"/files/{upload['file_id']}")
        assert file["status"] == "ready", file
        material = await guru.post(f"/meetings/{meeting.uuid}/materials", {"title": "R", "file_id": upload["file_id"]})
        url = (await viewer.get(f"/materials/{material['id']}"))["url"]
        address = httpx.URL(lulus.url).join(url)
        part = await viewer.http.get(address, headers={"range": f"bytes={BIG - 1000}-"})
        assert (part.status_code, len(part.content)) == (206, 1000)
        async with viewer.http.stream("GET", address) as whole:
            size = 0
            async for piece in whole.aiter_bytes():
                digest.update(piece)
                size += len(piece)
        assert size == int(whole.headers["content-length"]) == BIG
        assert whole.headers["etag"].strip('"') == digest.hexdigest()
    tell(lulus, f"{BIG >> 20} MB received in {took:.1f} s, {size >> 20} MB served")
    tell_storage(own_storage.processes["s3"].pid)


def a_clip(folder: Path) -> bytes:
    seed_media.make_clip(folder / "clip.mp4", 3, "mp4")  # it has its index, so it is kept as it came
    return (folder / "clip.mp4").read_bytes()


def tell_storage(pid: int) -> None:
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024
    print("storage server, peak MiB:", peak)
    assert 50 < peak <= STORAGE_LIMIT_MIB, "50: it is the server that is measured"
