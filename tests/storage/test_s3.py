"""Storage on a real S3 server: what goes in comes out, and nothing stays of what fails."""

import asyncio
import contextlib
import hashlib
import os
import socket
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from storage import multipart, s3
from storage.errors import BadChecksum, ObjectMissing, ObjectTooLarge, RangeOutside, StorageDown, StorageError
from tests.storage.buckets import left_in

MIB = 1 << 20
SOON = 15.0


async def stream(body, step=300_000):
    for at in range(0, len(body), step):
        yield body[at : at + step]


async def read(storage, key, start=0, end=None):
    async with contextlib.aclosing(storage.open(key, start, end)) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_bytes_come_back_with_their_type(storage):
    stored = await storage.put("documents/a.pdf", b"%PDF-", "application/pdf")
    assert stored == s3.Stored(5, hashlib.sha256(b"%PDF-").hexdigest())
    assert await read(storage, "documents/a.pdf") == b"%PDF-"
    entry = await storage.head("documents/a.pdf")
    assert (entry.size_bytes, entry.content_type) == (5, "application/pdf")
    await storage.copy("documents/a.pdf", "documents/b.pdf")
    await storage.delete("documents/a.pdf")
    await storage.delete("documents/a.pdf")
    assert await left_in(storage) == (["documents/b.pdf"], [])


async def test_a_body_with_another_checksum_is_refused(storage):
    with pytest.raises(BadChecksum):
        await storage.put("a", b"these bytes", "text/plain", sha256=hashlib.sha256(b"others").digest())
    assert await left_in(storage) == ([], [])


async def test_a_part_that_was_damaged_on_its_way_is_refused(storage, monkeypatch):
    async def damaged(part, real=multipart.Upload._digest):
        digest = await real(upload, part)
        part.getbuffer()[:1] = b"!"
        return digest

    upload = multipart.Upload(storage.client, storage.bucket, "a", "text/plain", 20 * MIB)
    monkeypatch.setattr(upload, "_digest", damaged)
    await upload.write(bytes(9 * MIB))
    with pytest.raises(BadChecksum):
        await upload.finish()
    await upload.discard()
    assert await left_in(storage) == ([], [])


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 8 * MIB, 8 * MIB + 1, 16 * MIB])
async def test_streams_of_any_length_arrive_whole(storage, size):
    body = os.urandom(size)
    stored = await storage.put_stream("media/x", stream(body), "video/webm", max_bytes=size)
    assert stored == s3.Stored(size, hashlib.sha256(body).hexdigest())
    assert await read(storage, "media/x") == body
    assert await left_in(storage) == (["media/x"], [])


async def test_a_long_stream_and_a_long_read_hold_little_memory(storage):
    async def long():
        for number in range(80):
            yield bytes([number]) * MIB

    tracemalloc.start()
    try:
        await storage.put_stream("media/long", long(), "video/webm", max_bytes=80 * MIB)
        wrote = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        async with contextlib.aclosing(storage.open("media/long")) as pieces:
            assert sum([len(piece) async for piece in pieces]) == 80 * MIB
        read_back = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert wrote < 40 * MIB
    assert read_back < 6 * MIB


@pytest.mark.parametrize("size", [100, 9 * MIB, 26 * MIB])
async def test_nothing_stays_of_a_stream_that_breaks(storage, size):
    async def broken():
        async for chunk in stream(bytes(size)):
            yield chunk
        raise OSError("the client left")

    with pytest.raises(OSError, match="the client left"):
        await storage.put_stream("media/x", broken(), "video/webm", max_bytes=size)
    assert await left_in(storage) == ([], [])


@pytest.mark.parametrize("size", [100, 9 * MIB, 26 * MIB])
async def test_nothing_stays_of_a_stream_that_is_too_long(storage, size):
    with pytest.raises(ObjectTooLarge) as caught:
        await storage.put_stream("media/x", stream(bytes(size)), "video/webm", max_bytes=size - 1)
    assert caught.value.limit == size - 1
    assert await left_in(storage) == ([], [])


async def cancelled_when(storage, reached, size=18 * MIB):
    """Upload, and cancel as soon as a request of that name has been sent."""
    seen = asyncio.Event()

    def watch(**_):
        seen.set()

    storage.client.meta.events.register(f"before-send.s3.{reached}", watch)
    upload = asyncio.create_task(storage.put_stream("media/x", stream(os.urandom(size)), "video/webm", max_bytes=size))
    await asyncio.wait_for(seen.wait(), SOON)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    storage.client.meta.events.unregister(f"before-send.s3.{reached}", watch)


@pytest.mark.parametrize("reached", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
async def test_nothing_stays_of_a_cancelled_upload(storage, reached):
    await cancelled_when(storage, reached)
    assert await left_in(storage) == ([], [])


async def test_nothing_stays_of_a_cancelled_small_upload(storage):
    await cancelled_when(storage, "PutObject", size=100)
    assert await left_in(storage) == ([], [])


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.03, 0.06, 0.1, 0.15])
async def test_nothing_stays_whenever_the_upload_is_cancelled(storage, after_s):
    async def endless():
        while True:
            yield os.urandom(MIB)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(after_s):
            await storage.put_stream("media/x", endless(), "video/webm", max_bytes=1 << 40)
    assert await left_in(storage) == ([], [])
    assert not [task for task in asyncio.all_tasks() if "Upload" in repr(task.get_coro())]


async def test_cancelling_twice_does_not_stop_the_cleaning(storage):
    async def slow():
        yield bytes(17 * MIB)
        await asyncio.Event().wait()

    upload = asyncio.create_task(storage.put_stream("x", slow(), "video/webm", max_bytes=1 << 40))
    async with asyncio.timeout(SOON):
        while not (await left_in(storage))[1]:
            await asyncio.sleep(0.01)
    upload.cancel()
    await asyncio.sleep(0)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert await left_in(storage) == ([], [])


@pytest.mark.parametrize(
    ("start", "end"),
    [(0, 1), (0, None), (3, 9), (1_000_000, None), (1_999_999, 2_000_000), (5, 5), (0, 9**9)],
)
async def test_any_range_is_read(storage, start, end):
    body = os.urandom(2_000_000)
    await storage.put("media/x", body, "video/webm")
    assert await read(storage, "media/x", start, end) == body[start:end]


async def test_a_range_behind_the_end_is_told_apart(storage):
    await storage.put("media/x", b"abc", "video/webm")
    with pytest.raises(RangeOutside):
        await read(storage, "media/x", 3, 9)


async def test_a_missing_object_is_told_apart(storage):
    for call in (storage.head("a"), read(storage, "a"), storage.copy("a", "b")):
        with pytest.raises(ObjectMissing):
            await call


async def test_readers_that_leave_half_way_cost_no_connection(s3_settings):
    async with s3.connect(s3_settings, pool_size=2) as storage:
        await storage.ensure_bucket()
        await storage.put("media/x", bytes(4 * MIB), "video/webm")
        async with asyncio.timeout(SOON):
            for _ in range(100):
                async with contextlib.aclosing(storage.open("media/x")) as pieces:
                    assert await anext(pieces)
            assert len(await read(storage, "media/x")) == 4 * MIB
        await storage.delete("media/x")
        await storage.client.delete_bucket(Bucket=storage.bucket)


async def test_long_listings_are_read_to_their_end(storage):
    async with asyncio.TaskGroup() as group:
        for first in range(8):
            group.create_task(put_many(storage, range(first, 1101, 8)))
    keys = [entry.key async for entry in storage.list("sheets/")]
    assert keys == [f"sheets/{n:04}" for n in range(1101)]
    an_hour = datetime.now(UTC) - timedelta(hours=1)
    assert [entry async for entry in storage.list("sheets/", older_than=an_hour)] == []
    assert [entry async for entry in storage.list("media/")] == []


async def put_many(storage, numbers):
    for number in numbers:
        await storage.put(f"sheets/{number:04}", b"x", "text/plain")


async def test_open_uploads_are_found_and_aborted(storage):
    for n in range(3):
        await storage.client.create_multipart_upload(Bucket=storage.bucket, Key=f"media/{n}")
    found = [upload async for upload in storage.unfinished_uploads()]
    assert sorted(upload.key for upload in found) == ["media/0", "media/1", "media/2"]
    an_hour = datetime.now(UTC) - timedelta(hours=1)
    assert [upload async for upload in storage.unfinished_uploads(older_than=an_hour)] == []
    for upload in found + found:
        await storage.abort(upload)
    assert await left_in(storage) == ([], [])


async def test_files_go_in_and_come_out(storage, tmp_path):
    body = os.urandom(9 * MIB)
    (tmp_path / "in").write_bytes(body)
    await storage.put_file("media/x", tmp_path / "in", "video/mp4")
    assert await storage.download("media/x", tmp_path / "out", max_bytes=len(body)) == len(body)
    assert (tmp_path / "out").read_bytes() == body
    with pytest.raises(ObjectTooLarge):
        await storage.download("media/x", tmp_path / "no", max_bytes=len(body) - 1)
    with pytest.raises(ObjectMissing):
        await storage.download("media/y", tmp_path / "no", max_bytes=1)
    assert not (tmp_path / "no").exists()


async def test_making_the_bucket_twice_at_once_is_fine(s3_settings):
    async with s3.connect(s3_settings) as storage:
        await asyncio.gather(*(storage.ensure_bucket() for _ in range(4)))
        await storage.ping()
        await storage.client.delete_bucket(Bucket=storage.bucket)


async def test_a_bucket_that_cannot_be_made_says_why(s3_settings):
    async with s3.connect(msgspec.structs.replace(s3_settings, s3_bucket="no")) as storage:
        with pytest.raises(StorageError, match="CreateBucket: InvalidBucketName"):
            await storage.ensure_bucket()


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_storage_that_is_down_is_told_within_a_bounded_time(s3_settings, tmp_path):
    nowhere = msgspec.structs.replace(s3_settings, s3_endpoint_url=f"http://127.0.0.1:{closed_port()}")
    began = time.monotonic()
    async with s3.connect(nowhere) as storage:
        outcomes = await asyncio.gather(
            storage.ping(),
            storage.put("a", b"", "text/plain"),
            storage.put_stream("a", stream(bytes(9 * MIB)), "text/plain", max_bytes=9 * MIB),
            read(storage, "a"),
            storage.download("a", tmp_path / "a", max_bytes=1),
            return_exceptions=True,
        )
    assert {type(outcome) for outcome in outcomes} == {StorageDown}
    assert time.monotonic() - began < 30


async def test_a_bucket_that_is_not_there_is_an_outage(s3_settings):
    async with s3.connect(s3_settings) as storage:
        with pytest.raises(StorageDown):
            await storage.put("a", b"", "text/plain")


async def test_wrong_keys_are_no_outage(s3_settings):
    wrong = msgspec.structs.replace(s3_settings, s3_secret_key="wrong")
    async with s3.connect(wrong) as storage:
        with pytest.raises(StorageError):
            await storage.put("a", b"", "text/plain")
