"""Files in, through the front door: streamed, judged by content, and nothing left of what is refused."""

import asyncio
import hashlib
import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from PIL import Image

from backend.app import app
from backend.core import clock, db
from backend.core.settings import settings
from backend.domain.files import commands as files
from backend.domain.files.terms import OwnerKind
from backend.seed_media import make_clip

PDF = b"%PDF-1.7\n1 0 obj\n" + b"x" * 100_000 + b"\nstartxref\n9\n%%EOF\n"


def picture(width=40, height=30, kind="PNG", mode="RGB"):
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind)
    return out.getvalue()


def document(*, fill=b"<x/>" * 100):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", fill)
    return out.getvalue()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip"
    make_clip(path, 2, "webm_live")
    return path.read_bytes()


async def send(http, kind, body, *, name="file.bin", location="docs"):
    data = {} if location is None else {"location": location}
    return await http.post(f"/api/v1/upload/{kind}", files={"file": (name, body)}, data=data)


async def left(storage):
    """Rows, objects and open uploads."""
    objects = [entry.key async for entry in storage.list()]
    return await db.value("SELECT count(*) FROM file"), objects, [u async for u in storage.unfinished_uploads()]


@pytest.fixture
async def bare(storage):
    """A bucket with nothing in it at the end of a test that refuses."""
    before = {entry.key async for entry in storage.list()}
    yield
    rows, objects, uploads = await left(storage)
    assert (rows, set(objects) - before, uploads) == (0, set(), [])


async def test_a_document_is_kept_as_it_was_sent(student, storage):
    answer = await send(student.http, "documents", PDF, name="Makalah Akhir.pdf")
    assert answer.status_code == 200
    body = answer.json()
    assert body == {"success": True, "message": "Upload berhasil", "data": body["data"]}
    day = datetime.now(UTC).strftime("%Y/%m/%d")
    assert re.fullmatch(rf"/uploads/docs/{day}/[0-9a-f-]{{36}}\.pdf", body["data"])
    row = await db.row("SELECT * FROM file")
    assert (row["owner_id"], row["kind"], row["state"]) == (student.id, "document", "stored")
    assert (row["original_name"], row["content_type"]) == ("Makalah Akhir.pdf", "application/pdf")
    assert (row["size_bytes"], row["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    got = await student.http.get(body["data"])
    assert (got.status_code, got.content) == (200, PDF)
    assert got.headers["etag"] == f'"{row["sha256"]}"'
    assert "Makalah%20Akhir.pdf" in got.headers["content-disposition"]


@pytest.mark.parametrize(
    ("kind", "body", "ext"),
    [
        ("documents", document(), "docx"),
        ("documents", b"Jawaban saya.\n", "txt"),
        ("images", picture(), "png"),
        ("images", picture(kind="JPEG"), "jpg"),
        ("images", picture(kind="WEBP"), "webp"),
    ],
)
async def test_the_extension_is_that_of_the_content(student, kind, body, ext):
    answer = await send(student.http, kind, body, name="evil.exe")
    assert answer.status_code == 200
    assert answer.json()["data"].endswith(f".{ext}")


async def test_the_fields_may_come_in_any_order(student):
    boundary = "b0undary"
    parts = [
        b'Content-Disposition: form-data; name="other"\r\n\r\nx',
        b'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n' + PDF,
        b'Content-Disposition: form-data; name="location"\r\n\r\nlater',
    ]
    body = b"".join(b"--b0undary\r\n" + part + b"\r\n" for part in parts) + b"--b0undary--\r\n"
    kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
    answer = await student.http.post("/api/v1/upload/documents", content=body, headers=kind)
    assert answer.status_code == 200
    assert answer.json()["data"].startswith("/uploads/later/")


REFUSED = [
    ("documents", b"", "Ekstensi file tidak diperbolehkan", 400),
    ("documents", b"\0" * 1000, "Ekstensi file tidak diperbolehkan", 400),
    ("documents", picture(), "Ekstensi file tidak diperbolehkan", 400),
    ("documents", b"<html><script>alert(1)</script>", "Ekstensi file tidak diperbolehkan", 400),
    ("images", b"<html><body>no picture</body></html>", "Ekstensi file tidak diperbolehkan", 400),
    ("images", PDF, "Ekstensi file tidak diperbolehkan", 400),
    ("images", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "Ekstensi file tidak diperbolehkan", 400),
    ("images", picture()[:-20], "Ekstensi file tidak diperbolehkan", 400),
    ("images", picture() + b"<script>", "Ekstensi file tidak diperbolehkan", 400),
    ("images", picture(8000, 8000, mode="1"), "Isi file tidak dapat diterima (too_many_pixels)", 422),
    ("documents", document(fill=b"\0" * (20 << 20)), "Isi file tidak dapat diterima (ratio)", 422),
    ("media", document(), "Ekstensi file tidak diperbolehkan", 400),
    ("media", b"not a recording" * 10_000, "Ekstensi file tidak diperbolehkan", 400),
    ("media", picture(), "Ekstensi file tidak diperbolehkan", 400),
]


@pytest.mark.parametrize("case", REFUSED, ids=range(len(REFUSED)))
async def test_what_is_refused_leaves_nothing(student, bare, case):
    kind, body, message, status = case
    answer = await send(student.http, kind, body, name="innocent.png")
    assert (answer.status_code, answer.json()["message"]) == (status, message)
    assert answer.json()["success"] is False


async def test_a_recording_with_an_archive_behind_it_leaves_nothing(student, bare, clip):
    answer = await send(student.http, "media", clip + bytes(9 << 20) + document())
    assert (answer.status_code, answer.json()["message"]) == (400, "Ekstensi file tidak diperbolehkan")


@pytest.mark.parametrize("location", ["", "../secrets", "a/b", "a" * 65, "a b", "a\0", "é", None])
async def test_a_location_is_a_plain_word(student, bare, location):
    answer = await send(student.http, "documents", PDF, location=location)
    assert (answer.status_code, answer.json()["message"]) == (400, "Lokasi upload tidak valid")


async def test_a_form_without_a_file_is_told_so(student, bare):
    http = student.http
    answers = [
        await http.post("/api/v1/upload/documents", data={"location": "docs"}, files={"other": ("a.pdf", PDF)}),
        await http.post("/api/v1/upload/documents", json={"location": "docs"}),
        await http.post("/api/v1/upload/documents"),
    ]
    assert [(a.status_code, a.json()["message"]) for a in answers] == [(400, "File tidak ditemukan")] * 3


@pytest.mark.parametrize(
    "body",
    [
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n%PDF-1.7',
        b"no boundary at all",
        b"--x\r\n" + b"A: " + b"b" * 10_000,
        b"j" * 100_000,
    ],
)
async def test_a_broken_form_leaves_nothing(student, bare, body):
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = await student.http.post("/api/v1/upload/documents", content=body, headers=kind)
    assert answer.status_code == 400


async def test_two_files_in_a_form_are_refused(student, bare):
    two = [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]
    answer = await student.http.post("/api/v1/upload/documents", files=two, data={"location": "docs"})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["documents", "images"])
async def test_too_large_is_413_and_leaves_nothing(student, bare, kind):
    limit = {"documents": settings().max_document_bytes, "images": settings().max_image_bytes}[kind]

    async def unannounced():
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(limit // 65536 + 2):
            yield bytes(65536)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await student.http.post(f"/api/v1/upload/{kind}", content=unannounced(), headers=headers)
    assert answer.status_code == 413
    announced = headers | {"content-length": str(limit * 2)}
    answer = await student.http.post(f"/api/v1/upload/{kind}", content=b"--x\r\n", headers=announced)
    assert answer.status_code == 413
    assert f"{limit >> 20} MB" in answer.json()["message"]


async def test_strangers_may_send_pictures_only_and_few(client, student, admin):
    assert (await send(client, "documents", PDF)).status_code == 401
    assert (await send(client, "media", b"")).status_code == 401
    answers = [await send(client, "images", picture(), location="profile") for _ in range(21)]
    assert [a.status_code for a in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) > 3500
    address = answers[0].json()["data"]
    assert [(await p.get(address)).status_code for p in (client, student.http, admin.http)] == [404, 404, 200]
    await db.statement("UPDATE profile SET nim_proof = $1 WHERE account_id = $2", address, student.id)
    assert [(await p.get(address)).status_code for p in (client, student.http, admin.http)] == [404, 200, 200]


async def test_a_recording_becomes_a_job(teacher, student, clip):
    answer = await send(teacher.http, "media", clip, location=None)
    assert answer.status_code == 202
    data = answer.json()["data"]
    assert set(data) == {"job_id", "url", "file_id", "file_url", "status"}
    assert data["status"] == "processing"
    assert data["file_url"].startswith("/uploads/media/")
    job = (await teacher.http.get(data["url"])).json()
    assert job["data"]["state"] == "queued"
    assert (await student.http.get(data["url"])).status_code == 404
    assert (await teacher.http.get(data["file_url"])).status_code == 409
    told = (await teacher.http.get(f"/api/v1/files/{data['file_id']}")).json()["data"]
    assert (told["status"], told["size_bytes"], told["name"]) == ("processing", len(clip), "file.bin")


async def test_a_recording_may_come_bare(teacher, clip):
    answer = await teacher.http.post(
        "/api/v1/upload/media?name=Kuliah.webm&location=rec", content=clip, headers={"content-type": "video/webm"}
    )
    assert answer.status_code == 202
    row = await db.row("SELECT * FROM file")
    assert (row["original_name"], row["location"], row["size_bytes"]) == ("Kuliah.webm", "rec", len(clip))


async def test_large_recordings_are_streamed_in_bounded_memory(teacher, storage, clip):
    import tracemalloc

    whole = hashlib.sha256()

    async def body():
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.webm"\r\n\r\n'
        yield head
        for piece in (clip, *([bytes(256 << 10)] * 200)):
            whole.update(piece)
            yield piece
        yield b"\r\n--x--\r\n"

    tracemalloc.start()
    answer = await teacher.http.post(
        "/api/v1/upload/media", content=body(), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code == 202
    row = await db.row("SELECT * FROM file")
    assert (row["size_bytes"], row["sha256"]) == (len(clip) + (50 << 20), whole.hexdigest())
    assert (await storage.head(row["object_key"])).size_bytes == row["size_bytes"]
    assert peak < 45 << 20


async def disconnecting(token, path, pieces, *, kind="multipart/form-data; boundary=x"):
    """Send pieces and leave."""
    waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive():
        await asyncio.sleep(0)
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def told(_):
        pass

    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", kind.encode()), (b"host", b"x")]
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("x", 80), "scheme": "http",
        "http_version": "1.1", "root_path": "", "asgi": {"version": "3.0"},
    }  # fmt: skip
    await app(scope, receive, told)


HEAD = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'


@pytest.mark.parametrize("percent", [0, 50, 99])
@pytest.mark.parametrize("kind", ["documents", "media"])
async def test_a_client_that_leaves_leaves_nothing(student, storage, bare, clip, kind, percent):
    pieces = [
        HEAD,
        *([clip] + [bytes(1 << 20)] * 20 if kind == "media" else [PDF[i : i + 9000] for i in range(0, len(PDF), 9000)]),
    ]
    await disconnecting(student.token, f"/api/v1/upload/{kind}", pieces[: len(pieces) * percent // 100])
    assert not list((settings().var_dir / "tmp").glob("tmp*"))


@pytest.mark.parametrize("after", [1, 15])
async def test_a_cancelled_upload_leaves_nothing(student, storage, bare, clip, after):
    never = asyncio.Event()

    async def body():
        yield HEAD
        yield clip
        for _ in range(after):
            yield bytes(1 << 20)
        never.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(
        student.http.post(
            "/api/v1/upload/media", content=body(), headers={"content-type": "multipart/form-data; boundary=x"}
        )
    )
    await asyncio.wait_for(never.wait(), 20)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload


async def test_deleting_needs_an_owner_and_no_use(student, teacher, admin):
    address = (await send(student.http, "documents", PDF)).json()["data"]

    async def remove(person, path):
        answer = await person.http.request("DELETE", "/api/v1/upload", json={"file_path": path})
        return answer.status_code, answer.json()["message"]

    assert await remove(teacher, address) == (404, "File tidak ditemukan")
    for path in ("", "x", "/etc/passwd", "/uploads/../x", address + "\0"):
        assert await remove(student, path) == (400, "File path tidak valid")
    assert await remove(student, f"https://elsewhere.example{address}") == (400, "URL tidak valid")
    assert await remove(student, address.replace("/docs/", "/dogs/")) == (404, "File tidak ditemukan")
    await files.attach(student.actor, address, OwnerKind.SUBMISSION, 1)
    assert await remove(student, address) == (409, "File masih digunakan")
    await db.statement("DELETE FROM attachment")
    assert await remove(student, settings().public_url + address) == (200, "File berhasil dihapus")
    assert await remove(student, address) == (404, "File tidak ditemukan")
    assert (await student.http.get(address)).status_code == 404
    row = await db.row("SELECT delete_after FROM discarded_object")
    assert 6 < (row["delete_after"] - clock.now()).days + 1 < 9
    assert (await student.http.request("DELETE", "/api/v1/upload", json={})).status_code == 400
