"""Recordings become watchable or are refused with a reason, each job twice; and the sweep finds what is left over."""

from datetime import timedelta

import msgspec
import pytest

from backend.core import db
from backend.core.ids import new_uuid
from backend.core.settings import settings
from backend.domain.files import commands as files
from backend.domain.files import queries, sweeping
from backend.domain.files.commands import Arrived, ProcessMedia
from backend.domain.files.terms import FileKind, OwnerKind
from backend.domain.jobs import commands as jobs
from backend.seed_media import make_clip
from storage import keys
from tests.background import drain

AT_ONCE = timedelta(seconds=-60)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    for kind in ("webm_live", "mp4_late_index", "mp4", "mp3"):
        make_clip(folder / kind, 2, kind)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
async def bucket(storage):
    """The worker's bucket, empty before and after."""

    async def empty():
        async for entry in storage.list():
            await storage.delete(entry.key)
        async for upload in storage.unfinished_uploads():
            await storage.abort(upload)

    await empty()
    yield storage
    await empty()


async def sent(storage, actor, body, ext, kind=FileKind.MEDIA):
    """A file as an upload leaves it."""
    begun = await files.begin(actor, kind, f"clip.{ext}", "")
    key = keys.upload(keys.Kind.MEDIA if kind is FileKind.MEDIA else keys.Kind.DOCUMENT, begun.uuid, ext)
    stored = await storage.put(key, body, "video/webm")
    arrived = Arrived(
        object_key=key,
        extension=ext,
        content_type="video/webm",
        size_bytes=stored.size_bytes,
        sha256=stored.sha256_hex,
    )
    return (await files.record(begun.id, "media", arrived)).file


async def objects(storage):
    return {entry.key async for entry in storage.list()}


def temporary():
    return list((settings().var_dir / "tmp").glob("job-*"))


@pytest.mark.parametrize(
    "case",
    [
        ("webm_live", "webm", "video/webm", True, True),
        ("mp4_late_index", "mp4", "video/mp4", True, True),
        ("mp4", "mp4", "video/mp4", False, True),
        ("mp3", "mp3", "audio/mpeg", False, False),
    ],
)
async def test_a_recording_becomes_ready(teacher, bucket, clips, case):
    clip, ext, content_type, is_remuxed, has_poster = case
    file = await sent(bucket, teacher.actor, clips[clip], ext)
    assert [ran.refused for ran in await drain()] == [None]
    ready = await queries.file(file.id)
    assert (ready.state, ready.content_type, ready.failure) == ("ready", content_type, None)
    assert ready.duration_s == pytest.approx(2, abs=0.1)
    assert (ready.width, ready.height) == ((320, 180) if has_poster else (None, None))
    assert (ready.object_key != file.object_key, ready.poster_key is not None) == (is_remuxed, has_poster)
    entry = await bucket.head(ready.object_key)
    assert entry.size_bytes == ready.size_bytes
    assert ready.address == file.address
    discarded = [row["object_key"] for row in await db.fetch("SELECT object_key FROM discarded_object")]
    assert discarded == ([file.object_key] if is_remuxed else [])
    report = msgspec.json.decode(await db.value("SELECT report::text FROM job"))
    assert (report["is_remuxed"], report["has_poster"], report["is_kept"]) == (is_remuxed, has_poster, True)
    assert await db.value("SELECT progress_done FROM job") == 4
    assert not temporary()
    # the same once more changes nothing
    before = await objects(bucket)
    await jobs.enqueue("process_media", ProcessMedia(file.id))
    assert [ran.refused for ran in await drain()] == [None]
    assert (await queries.file(file.id), await objects(bucket)) == (ready, before)
    answer = await teacher.http.get(f"/api/v1/files/{file.uuid}/poster")
    assert answer.status_code == (200 if has_poster else 404)
    if has_poster:
        assert answer.content.startswith(b"\xff\xd8")
        etag = {"if-none-match": answer.headers["etag"]}
        assert (await teacher.http.get(f"/api/v1/files/{file.uuid}/poster", headers=etag)).status_code == 304


async def test_a_recording_that_cannot_be_played_says_why(teacher, bucket, clips):
    body = clips["webm_live"]
    file = await sent(bucket, teacher.actor, body[: len(body) // 50], "webm")
    for _ in range(2):
        assert [ran.refused for ran in await drain()] == ["files.recording"]
        failed = await queries.file(file.id)
        assert failed.state == "failed"
        assert failed.failure
        await jobs.enqueue("process_media", ProcessMedia(file.id))
    report = msgspec.json.decode(await db.value("SELECT report::text FROM job ORDER BY id LIMIT 1"))
    assert report == {"code": "files.recording", "data": {"reason": failed.failure}}
    told = (await teacher.http.get(f"/api/v1/files/{file.uuid}")).json()["data"]
    assert (told["status"], told["failure"]) == ("failed", failed.failure)
    assert (await teacher.http.get(file.address)).status_code == 409
    assert not temporary()


async def test_a_recording_removed_in_the_meantime_stays_removed(teacher, bucket, clips):
    file = await sent(bucket, teacher.actor, clips["mp4"], "mp4")
    await files.remove(teacher.actor, file.address)
    assert [ran.refused for ran in await drain()] == [None]
    assert await db.value("SELECT state FROM file WHERE id = $1", file.id) == "removed"


async def test_a_recording_removed_while_it_is_looked_at_leaves_nothing(teacher, bucket, clips):
    file = await sent(bucket, teacher.actor, clips["mp4"], "mp4")
    await files.remove(teacher.actor, file.address)
    probed = files.Probed(
        object_key="remuxes/new.mp4", content_type="video/mp4", size_bytes=1, sha256="", duration_s=1.0, width=None,
        height=None, audio_codec=None, video_codec=None, poster_key="posters/new.jpg",
    )  # fmt: skip
    assert await files.mark_ready(file.id, probed) is False
    rows = {row["object_key"] for row in await db.fetch("SELECT object_key FROM discarded_object")}
    assert rows == {file.object_key, "remuxes/new.mp4", "posters/new.jpg"}


async def test_a_recording_whose_bytes_are_gone_is_refused(teacher, bucket, clips):
    file = await sent(bucket, teacher.actor, clips["mp4"], "mp4")
    await bucket.delete(file.object_key)
    assert [ran.refused for ran in await drain()] == ["files.recording"]
    assert (await queries.file(file.id)).failure == "missing"


async def test_the_sweep_leaves_what_is_fresh(teacher, bucket, clips):
    await sent(bucket, teacher.actor, b"x", "txt", FileKind.DOCUMENT)
    await files.begin(teacher.actor, FileKind.DOCUMENT, "a", "")
    await files.begin(None, FileKind.IMAGE, "a", "127.0.0.1")
    await bucket.put(keys.upload(keys.Kind.MEDIA, new_uuid(), "mp4"), b"x", "video/mp4")
    await bucket.client.create_multipart_upload(Bucket=bucket.bucket, Key="media/x.mp4")
    gone = await sent(bucket, teacher.actor, b"x", "txt", FileKind.DOCUMENT)
    await bucket.delete(gone.object_key)
    before = await objects(bucket)
    await jobs.enqueue("sweep_files", {"slot": ""})
    for _ in range(2):
        await drain()
        report = msgspec.json.decode(await db.value("SELECT report::text FROM job WHERE kind = 'sweep_files'"))
        nothing = dict.fromkeys(("begun", "unclaimed", "abandoned", "uploads", "orphans", "discarded"), 0)
        assert report == {**nothing, "missing": []}
    assert await objects(bucket) == before
    assert len([u async for u in bucket.unfinished_uploads()]) == 1


async def test_the_sweep_finds_what_is_left_over_on_both_sides(teacher, student, bucket, clips, monkeypatch):
    monkeypatch.setattr(sweeping, "PAGE", 2)  # several pages
    kept = [await sent(bucket, teacher.actor, b"x", "txt", FileKind.DOCUMENT) for _ in range(5)]
    missing = [await sent(bucket, teacher.actor, b"x", "txt", FileKind.DOCUMENT) for _ in range(3)]
    removed = await sent(bucket, teacher.actor, b"x", "txt", FileKind.DOCUMENT)
    await files.remove(teacher.actor, removed.address)
    for file in missing:
        await bucket.delete(file.object_key)
    await files.begin(teacher.actor, FileKind.DOCUMENT, "a", "")
    job = await jobs.enqueue("sweep_files", {"slot": ""})
    known = [keys.sheet(job.uuid), keys.certificate(new_uuid()), "unknown/x"]
    orphans = [
        *(keys.upload(keys.Kind.DOCUMENT, new_uuid(), "txt") for _ in range(5)),
        keys.poster(new_uuid()),
        keys.sheet(new_uuid()),
        keys.export(new_uuid()),
    ]
    for key in known + orphans:
        await bucket.put(key, b"x", "text/plain")
    await bucket.client.create_multipart_upload(Bucket=bucket.bucket, Key="media/x.mp4")
    await db.statement("UPDATE file SET updated_at = now() - interval '2 minutes'")
    swept = await sweeping.sweep(bucket, AT_ONCE)
    assert (swept.begun, swept.uploads, swept.orphans, swept.discarded) == (1, 1, len(orphans), 0)
    assert sorted(swept.missing) == sorted(str(file.uuid) for file in missing)
    assert await objects(bucket) == {file.object_key for file in [*kept, removed]} | set(known)
    assert [u async for u in bucket.unfinished_uploads()] == []
    await db.statement("UPDATE discarded_object SET delete_after = now() - interval '1 second'")
    swept = await sweeping.sweep(bucket, AT_ONCE)
    assert (swept.begun, swept.uploads, swept.orphans, swept.discarded) == (0, 0, 0, 1)
    assert removed.object_key not in await objects(bucket)
    assert await db.value("SELECT count(*) FROM discarded_object") == 0


async def test_pictures_of_strangers_go_unless_a_profile_names_them(student, bucket):
    named, unnamed = [await sent(bucket, None, b"x", "png", FileKind.IMAGE) for _ in range(2)]
    attached = await sent(bucket, None, b"x", "png", FileKind.IMAGE)
    await db.statement(
        "INSERT INTO attachment (file_id, owner_kind, owner_id) VALUES ($1, $2, 1)", attached.id, OwnerKind.CARD_PROOF
    )
    await db.statement("UPDATE profile SET nim_proof = $1 WHERE account_id = $2", named.address, student.id)
    assert (await sweeping.sweep(bucket, timedelta(hours=24))).unclaimed == 0
    assert (await sweeping.sweep(bucket, AT_ONCE)).unclaimed == 1
    states = [await db.value("SELECT state FROM file WHERE id = $1", file.id) for file in (named, unnamed, attached)]
    assert states == ["stored", "removed", "stored"]


async def test_a_recording_whose_job_was_cancelled_does_not_wait_for_ever(teacher, bucket, clips):
    cancelled, parked, waiting = [await sent(bucket, teacher.actor, clips["mp3"], "mp3") for _ in range(3)]
    of = "(body ->> 'file_id')::bigint = $1"
    await jobs.cancel(teacher.actor, await db.value(f"SELECT id FROM job WHERE {of}", cancelled.id))
    await db.statement(f"UPDATE job SET state = 'parked' WHERE {of}", parked.id)
    assert (await sweeping.sweep(bucket, timedelta(hours=24))).abandoned == 0
    for abandoned in (1, 0):
        assert (await sweeping.sweep(bucket, AT_ONCE)).abandoned == abandoned
    found = await queries.file(cancelled.id)
    assert (found.state, found.failure) == ("failed", "cancelled")
    assert [(await queries.file(file.id)).state for file in (parked, waiting)] == ["processing"] * 2
