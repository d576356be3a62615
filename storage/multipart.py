"""One upload of unknown length: a single put when small, else parts, two in flight; or nothing at all.

The client library's own upload holds up to 100 parts in memory and leaves its upload and its tasks
behind when it is cancelled (aioboto3 PR 409).
"""

import asyncio
import base64
import contextlib
import hashlib
import io
from typing import TYPE_CHECKING

from storage.errors import ObjectTooLarge, StorageDown, StorageError, translated

if TYPE_CHECKING:  # the stubs are there for development only
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

PART = 8 << 20
IN_FLIGHT = 2
CLEAN_S = 20.0


class Upload:
    """Write, then finish; or discard, from whatever state. Used by storage.s3 alone."""

    def __init__(self, client: "S3Client", bucket: str, key: str, content_type: str, max_bytes: int) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._content_type = content_type
        self._max_bytes = max_bytes
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._in_turn = asyncio.Lock()  # parts come into the whole object's hash in their order
        self._part = io.BytesIO()
        self._begun: asyncio.Task[str] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._sent: dict[int, CompletedPartTypeDef] = {}
        self._numbers = 0
        self._final: asyncio.Task[None] | None = None

    async def write(self, chunk: bytes) -> None:
        """Take a chunk of any length; waits while two parts are on their way.

        Raises: ObjectTooLarge, StorageDown, StorageError.
        """
        self._size += len(chunk)
        if self._size > self._max_bytes:
            raise ObjectTooLarge(self._max_bytes)
        rest = memoryview(chunk)
        while rest:
            taken = self._part.write(rest[: PART - self._part.tell()])
            rest = rest[taken:]
            if self._part.tell() == PART:
                await self._send_part()

    async def finish(self) -> tuple[int, str]:
        """Make the object appear: its size and SHA-256.

        Raises: StorageDown, StorageError.
        """
        if self._begun is None:
            digest = await self._digest(self._part)
            self._final = asyncio.create_task(self._put(self._part, digest))
        else:
            if self._part.tell():
                await self._send_part()
            await self._room_for(at_most=0)
            self._final = asyncio.create_task(self._complete(await self._upload_id()))
        await asyncio.shield(self._final)  # once asked for, its outcome must be known before it can be undone
        return self._size, self._sha256.hexdigest()

    async def discard(self) -> None:
        """Leave neither object nor open upload, although the caller is being cancelled.

        Storage that cannot be reached keeps what it has; the sweep finds that later.
        """
        cleaning = asyncio.create_task(self._clean())
        while not cleaning.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({cleaning})
        with contextlib.suppress(StorageDown, StorageError, TimeoutError):
            cleaning.result()

    async def _digest(self, part: io.BytesIO) -> str:
        """The part's own checksum; the whole object's takes the part in, too."""

        def work() -> bytes:
            with part.getbuffer() as body:
                self._sha256.update(body)
                return hashlib.sha256(body).digest()

        return base64.b64encode(await asyncio.to_thread(work)).decode()

    async def _send_part(self) -> None:
        part, self._part = self._part, io.BytesIO()
        upload_id = await self._upload_id()
        await self._room_for(at_most=IN_FLIGHT - 1)
        self._numbers += 1
        self._sending.add(asyncio.create_task(self._send(upload_id, self._numbers, part)))

    async def _upload_id(self) -> str:
        if self._begun is None:
            self._begun = asyncio.create_task(self._begin())
        return await asyncio.shield(self._begun)  # cancelled half-way, it might be open without our knowing

    async def _room_for(self, *, at_most: int) -> None:
        while len(self._sending) > at_most:
            done, self._sending = await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def _put(self, body: io.BytesIO, digest: str) -> None:
        body.seek(0)
        with translated():
            await self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=body,
                ContentType=self._content_type,
                ChecksumSHA256=digest,
            )

    async def _begin(self) -> str:
        with translated():
            begun = await self._client.create_multipart_upload(
                Bucket=self._bucket, Key=self._key, ContentType=self._content_type, ChecksumAlgorithm="SHA256"
            )
        return begun["UploadId"]

    async def _send(self, upload_id: str, number: int, body: io.BytesIO) -> None:
        """Hash and send a part, while the next one comes in."""
        async with self._in_turn:
            digest = await self._digest(body)
        body.seek(0)
        with translated():
            answer = await self._client.upload_part(
                Bucket=self._bucket,
                Key=self._key,
                UploadId=upload_id,
                PartNumber=number,
                Body=body,
                ChecksumSHA256=digest,
            )
        self._sent[number] = {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": digest}

    async def _complete(self, upload_id: str) -> None:
        parts = [self._sent[number] for number in sorted(self._sent)]
        with translated():
            await self._client.complete_multipart_upload(
                Bucket=self._bucket, Key=self._key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )

    async def _clean(self) -> None:
        for task in self._sending:
            task.cancel()
        if self._sending:
            await asyncio.wait(self._sending)
        async with asyncio.timeout(CLEAN_S):
            if await self._may_exist():
                with translated():
                    await self._client.delete_object(Bucket=self._bucket, Key=self._key)
            await self._abort()

    async def _may_exist(self) -> bool:
        """Whether the object may have appeared: storage was asked for it and did not refuse."""
        if self._final is None:
            return False
        await asyncio.wait({self._final})
        return not isinstance(self._final.exception(), StorageError)

    async def _abort(self) -> None:
        if self._begun is None:
            return
        upload_id = await self._begun
        with translated():
            await self._client.abort_multipart_upload(Bucket=self._bucket, Key=self._key, UploadId=upload_id)
