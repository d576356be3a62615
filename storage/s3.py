"""Bytes in and out of an S3-compatible bucket, in bounded memory, with one client per process."""

import asyncio
import base64
import contextlib
import hashlib
import io
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import aioboto3
import aiohttp
import msgspec
from aiobotocore.config import AioConfig

from backend.core.settings import Settings
from storage.direct import Body, Direct
from storage.errors import ObjectMissing, ObjectTooLarge, StorageDown, StorageError, translated
from storage.lines import PIECE, Patience
from storage.multipart import Upload

if TYPE_CHECKING:  # the stubs are there for development only
    from types_aiobotocore_s3 import S3Client

WRITE = 4 << 20
PING_S = 3.0


class Stored(msgspec.Struct, frozen=True):
    """What was stored; the hash is of the whole object (S3's own ETag is not)."""

    size_bytes: int
    sha256_hex: str


class Entry(msgspec.Struct, frozen=True):
    """An object as storage tells it."""

    key: str
    size_bytes: int
    modified_at: datetime
    content_type: str = ""


class Unfinished(msgspec.Struct, frozen=True):
    """A multipart upload that was begun and neither completed nor aborted."""

    key: str
    upload_id: str
    begun_at: datetime


def _config(pool_size: int) -> AioConfig:
    return AioConfig(
        signature_version="s3v4",
        # Every body that we send has a checksum of its own, which is signed; hashing it once more to
        # sign it would block the loop.
        s3={"addressing_style": "path", "payload_signing_enabled": False},
        # Trailing checksums break several compatible servers (boto3 issues 4392, 4398).
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": 3},
        connect_timeout=3,
        read_timeout=30,
        max_pool_connections=pool_size,
    )


@contextlib.asynccontextmanager
async def connect(settings: Settings, *, pool_size: int = 64) -> AsyncIterator["Storage"]:
    """One client and its pool, for the life of a process. Nothing is asked of the server yet."""
    session = aioboto3.Session()
    config = _config(pool_size)
    patience = Patience(config.connect_timeout, config.read_timeout)  # type: ignore[attr-defined]  # set by name
    async with (
        session.client(
            "s3",
            endpoint_url=settings.s3_endpoint_url,
            aws_access_key_id=settings.s3_access_key,
            aws_secret_access_key=settings.s3_secret_key,
            region_name=settings.s3_region,
            config=config,
        ) as client,
        contextlib.aclosing(Direct(settings, patience, pool_size)) as direct,
    ):
        yield Storage(client, settings.s3_bucket, direct)


class Storage:
    """One bucket. Out of reach, every method raises StorageDown; refused, StorageError."""

    def __init__(self, client: "S3Client", bucket: str, direct: Direct) -> None:
        self.client = client
        self.bucket = bucket
        self._direct = direct

    # In.

    async def put(self, key: str, body: bytes, content_type: str, *, sha256: bytes | None = None) -> Stored:
        """Store bytes at hand. An object of that name is replaced.

        sha256 is the digest the bytes must have, when the caller knows it.

        Raises: BadChecksum.
        """
        if sha256 is None:
            sha256 = await asyncio.to_thread(lambda: hashlib.sha256(body).digest())
        with translated():
            await self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=io.BytesIO(body),
                ContentType=content_type,
                ChecksumSHA256=base64.b64encode(sha256).decode(),
            )
        return Stored(len(body), sha256.hex())

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str, *, max_bytes: int) -> Stored:
        """Store a stream of unknown length, holding three parts of 8 MiB at most.

        Whatever goes wrong (the stream raises, the caller is cancelled, storage breaks off), nothing is
        left: no object and no open upload. What the stream raises passes through.

        Raises: ObjectTooLarge.
        """
        upload = Upload(self.client, self.bucket, key, content_type, max_bytes)
        try:
            async for chunk in chunks:
                await upload.write(chunk)
            size_bytes, digest = await upload.finish()
        except BaseException:
            await upload.discard()
            raise
        return Stored(size_bytes, digest)

    async def put_file(self, key: str, path: Path, content_type: str) -> Stored:
        """Store a file of ours, like put_stream."""
        size = await asyncio.to_thread(lambda: path.stat().st_size)
        async with contextlib.aclosing(_pieces(path)) as pieces:
            return await self.put_stream(key, pieces, content_type, max_bytes=size)

    # Out.

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        """The bytes from start up to, not including, end, in pieces of 256 KiB at least, but for the last.

        Use it inside contextlib.aclosing: leaving half-way closes the connection. A connection that breaks
        after some progress is taken up again where it broke, on the same object; bytes never end short.

        Raises: ObjectMissing, RangeOutside, StorageDown.
        """
        if end is not None and start >= end:
            return
        at, etag = start, None
        while True:
            begun_at = at
            try:
                async with self._body(key, at, end, etag) as body:
                    end, etag = at + body.length, body.etag
                    while at < end:
                        with translated():
                            piece = await body.read()
                        at += len(piece)
                        yield piece
                    return
            except StorageDown:
                if at == begun_at:
                    raise

    @contextlib.asynccontextmanager
    async def _body(self, key: str, start: int, end: int | None, etag: str | None) -> AsyncIterator["Body | _Told"]:
        asked = {"Range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end else {}
        if etag:
            asked["If-Match"] = etag
        with translated():
            body = await self._direct.get(key, asked) or await self._asked_again(key, asked)
        try:
            yield body
        finally:
            body.close()  # given back to the pool if read to its end, dropped if not

    async def _asked_again(self, key: str, asked: dict[str, str]) -> "_Told":
        """By the library, with its retries and its errors."""
        named = {name.replace("-", ""): value for name, value in asked.items()}
        answer = await self.client.get_object(Bucket=self.bucket, Key=key, **named)  # type: ignore[arg-type]
        return _Told(answer["Body"].__wrapped__)

    async def download(self, key: str, path: Path, *, max_bytes: int) -> int:
        """Copy an object into a file; its size. Nothing is left of a file that could not be finished.

        Raises: ObjectMissing, ObjectTooLarge.
        """
        try:
            with await asyncio.to_thread(path.open, "wb") as file:
                return await self._copy_to(file, key, max_bytes)
        except BaseException:
            path.unlink(missing_ok=True)  # noqa: ASYNC240 - quick, and must not be cancelled
            raise

    async def _copy_to(self, file: io.BufferedWriter, key: str, max_bytes: int) -> int:
        size, held = 0, bytearray()
        async with contextlib.aclosing(self.open(key)) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > max_bytes:
                    raise ObjectTooLarge(max_bytes)
                held += piece
                if len(held) >= WRITE:
                    await asyncio.to_thread(file.write, held)
                    held = bytearray()
        await asyncio.to_thread(file.write, held)
        return size

    async def head(self, key: str) -> Entry:
        """What storage knows of an object.

        Raises: ObjectMissing.
        """
        with translated():
            told = await self.client.head_object(Bucket=self.bucket, Key=key)
        return Entry(key, told["ContentLength"], told["LastModified"], told.get("ContentType", ""))

    # Housekeeping.

    async def copy(self, source: str, target: str) -> None:
        """Copy within the bucket, on the server.

        Raises: ObjectMissing.
        """
        with translated():
            await self.client.copy_object(
                Bucket=self.bucket, Key=target, CopySource={"Bucket": self.bucket, "Key": source}
            )

    async def delete(self, key: str) -> None:
        """Delete an object. Safe to repeat: one that is not there is fine."""
        with translated():
            await self.client.delete_object(Bucket=self.bucket, Key=key)

    async def list(self, prefix: str = "", older_than: datetime | None = None) -> AsyncIterator[Entry]:
        """Every object whose name begins with prefix, by name; only those stored before older_than."""
        token: dict[str, str] = {}
        while True:
            with translated():
                page = await self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, **token)  # type: ignore[arg-type]
            for found in page.get("Contents", ()):
                if older_than is None or found["LastModified"] < older_than:
                    yield Entry(found["Key"], found["Size"], found["LastModified"])
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    async def unfinished_uploads(self, older_than: datetime | None = None) -> AsyncIterator[Unfinished]:
        """Every multipart upload that is still open; only those begun before older_than."""
        markers: dict[str, str] = {}
        while True:
            with translated():
                page = await self.client.list_multipart_uploads(Bucket=self.bucket, **markers)  # type: ignore[arg-type]
            for found in page.get("Uploads", ()):
                if older_than is None or found["Initiated"] < older_than:
                    yield Unfinished(found["Key"], found["UploadId"], found["Initiated"])
            if not page.get("IsTruncated"):
                return
            markers = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    async def abort(self, upload: Unfinished) -> None:
        """End an open upload and free its parts. Safe to repeat."""
        with contextlib.suppress(StorageError), translated():
            await self.client.abort_multipart_upload(Bucket=self.bucket, Key=upload.key, UploadId=upload.upload_id)

    async def ensure_bucket(self) -> None:
        """Make the bucket unless it is there. Safe to repeat, and to do in two processes at once."""
        if await self._has_bucket():
            return
        try:
            with translated():
                await self.client.create_bucket(Bucket=self.bucket)
        except StorageError:
            if not await self._has_bucket():  # unless another process was first
                raise

    async def _has_bucket(self) -> bool:
        with contextlib.suppress(ObjectMissing), translated():
            await self.client.head_bucket(Bucket=self.bucket)
            return True
        return False

    async def ping(self) -> None:
        """Whether the bucket answers, within three seconds.

        Raises: ObjectMissing when there is no such bucket, StorageDown, StorageError.
        """
        with translated():
            async with asyncio.timeout(PING_S):
                await self.client.head_bucket(Bucket=self.bucket)


class _Told:
    """The bytes of an answer that the library was given, read as those of our own."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.length = self._left = int(answer.headers["Content-Length"])
        self.etag = answer.headers["ETag"]
        self._answer = answer

    async def read(self) -> bytes:
        """The next piece. Raises: StorageDown, when it ends before its length."""
        held, wanted = list[bytes](), min(PIECE, self._left)
        while wanted > 0:
            piece = await self._answer.content.readany()
            if not piece:
                raise StorageDown("the body ended short")
            held.append(piece)
            wanted -= len(piece)
        whole = b"".join(held)
        self._left -= len(whole)
        return whole

    def close(self) -> None:
        self._answer.close()


async def _pieces(path: Path) -> AsyncGenerator[bytes, None]:
    """A file's bytes, read in threads."""
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, 1 << 20):
            yield piece
