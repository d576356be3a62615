"""The ceiling of `media`: aioboto3 straight to the same S3, in a process of its own.

`python -m bench.bare_media up BYTES` sends so many bytes in parts of 8 MiB, two on their way, and hashes them (sha256)
as Lulus does; `down KEY SIZE READERS RANGES LENGTH SEED` reads random ranges. They print seconds, CPU seconds, and
the milliseconds to each first byte.
"""

import asyncio
import hashlib
import os
import random
import sys
import time
from typing import Any

import msgspec

from bench.bare_certificates import s3

PART, PIECE = 8 << 20, 256 << 10
KEY = "bench/upload"


async def up(size: int) -> list[float]:
    bucket, piece, digest = os.environ["S3_BUCKET"], os.urandom(PART), hashlib.sha256()
    async with s3() as client:
        begun = await client.create_multipart_upload(Bucket=bucket, Key=KEY)
        upload = {"Bucket": bucket, "Key": KEY, "UploadId": begun["UploadId"]}
        room, parts = asyncio.Semaphore(2), dict[int, str]()

        async def send(number: int) -> None:
            async with room:
                answer = await client.upload_part(**upload, PartNumber=number, Body=piece)
                parts[number] = answer["ETag"]

        sending = []
        for number in range(1, size // PART + 1):
            await asyncio.to_thread(digest.update, piece)
            async with room:
                pass
            sending.append(asyncio.create_task(send(number)))
        await asyncio.gather(*sending)
        told = {"Parts": [{"PartNumber": number, "ETag": parts[number]} for number in sorted(parts)]}
        await client.complete_multipart_upload(**upload, MultipartUpload=told)
    return []


async def down(key: str, size: int, readers: int, ranges: int, length: int, seed: int) -> list[float]:
    firsts: list[float] = []
    chance = random.Random(seed)
    starts = [[chance.randrange(size - length) for _ in range(ranges)] for _ in range(readers)]
    async with s3() as client:
        await asyncio.gather(*[_read(client, key, mine, length, firsts) for mine in starts])
    return firsts


async def _read(client: Any, key: str, starts: list[int], length: int, firsts: list[float]) -> None:  # noqa: ANN401 - untyped
    for start in starts:
        begun, left = time.perf_counter(), length
        asked = f"bytes={start}-{start + length - 1}"
        answer = await client.get_object(Bucket=os.environ["S3_BUCKET"], Key=key, Range=asked)
        body = answer["Body"]
        while piece := await body.read(min(PIECE, left) or 1):
            if left == length:
                firsts.append((time.perf_counter() - begun) * 1000)
            left -= len(piece)
        body.close()
        if left:
            raise SystemExit(f"{left} bytes are missing")


async def main(mode: str, given: list[str]) -> None:
    begun, used = time.perf_counter(), time.process_time()
    firsts = await (up(int(given[0])) if mode == "up" else down(given[0], *map(int, given[1:])))
    answer = {"seconds": time.perf_counter() - begun, "cpu_s": time.process_time() - used, "firsts": firsts}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
