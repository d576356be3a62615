"""The load of `media`: `python -m bench.media_load up PORT TOKEN BYTES HEAD` or `... down PORT TOKEN PATH ...`.

It sends one recording without holding it, or reads random ranges on connections of their own; the same numbers as
`bare_media` come out.
"""

import asyncio
import os
import random
import sys
import time
from pathlib import Path

import msgspec

PIECE = 1 << 20


async def up(port: int, token: str, size: int, head: bytes) -> tuple[list[float], bytes]:
    """The bytes of HEAD, and then anything."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = (
        "POST /api/v1/upload/media?name=big.mp4 HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {token}",
        "Content-Type: video/mp4",
        f"Content-Length: {size}",
    )
    writer.write("\r\n".join((*lines, "", "")).encode() + head)
    left, piece = size - len(head), os.urandom(PIECE)
    while left > 0:
        writer.write(piece[:left])
        left -= PIECE
        await writer.drain()
    answer = await reader.readuntil(b"}")
    writer.close()
    return [], answer


async def down(port: int, token: str, path: str, size: int, *shape: int) -> tuple[list[float], bytes]:
    readers, ranges, length, seed = shape
    firsts: list[float] = []
    chance = random.Random(seed)
    starts = [[chance.randrange(size - length) for _ in range(ranges)] for _ in range(readers)]
    await asyncio.gather(*[_read(port, token, path, mine, length, firsts) for mine in starts])
    return firsts, b""


async def _read(port: int, token: str, path: str, starts: list[int], length: int, firsts: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    for start in starts:
        begun, left = time.perf_counter(), length
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            f"Range: bytes={start}-{start + length - 1}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 206 " not in head[:20]:
            raise SystemExit(head.decode())
        while left:
            piece = await reader.read(min(PIECE, left))
            if not piece:
                raise SystemExit(f"{left} bytes are missing")
            if left == length:
                firsts.append((time.perf_counter() - begun) * 1000)
            left -= len(piece)
    writer.close()


async def main(mode: str, given: list[str]) -> None:
    port, token, *more = given
    begun, used = time.perf_counter(), time.process_time()
    if mode == "up":
        firsts, sample = await up(int(port), token, int(more[0]), Path(more[1]).read_bytes())  # noqa: ASYNC240 - nothing else runs yet
    else:
        firsts, sample = await down(int(port), token, more[0], *map(int, more[1:]))
    seconds, cpu_s = time.perf_counter() - begun, time.process_time() - used
    answer = {"seconds": seconds, "cpu_s": cpu_s, "firsts": firsts, "sample": sample.decode()}
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
