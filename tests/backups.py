"""What a school is, to compare it with what was restored, and another place to restore it in."""

import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import msgspec

from backend.core.settings import settings
from storage import s3
from tests.conftest import on_database

ROOT = Path(__file__).parents[1]
OTHER = f"{settings().s3_bucket}-other"


class Elsewhere:
    """Another database and bucket of the same servers, which a restore fills."""

    def __init__(self) -> None:
        self.database = f"{settings().database_url.rpartition('/')[2]}_other"
        self.url = on_database(self.database)
        self.settings = msgspec.structs.replace(settings(), database_url=self.url, s3_bucket=OTHER)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DATABASE_URL": self.url, "S3_BUCKET": OTHER}
        command = [sys.executable, "-m", "backend.cli", *words]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    async def rows(self) -> dict[str, str]:
        return await contents(self.url)

    async def objects(self) -> dict[str, str]:
        async with s3.connect(self.settings) as storage:
            return await hashes(storage)


async def contents(url: str) -> dict[str, str]:
    """A hash of every row of every table."""
    connection = await asyncpg.connect(url)
    try:
        names = [
            row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        return {
            name: await connection.fetchval(
                f"SELECT md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM {name} t"
            )
            for name in names
            if name not in ("throttle", "job_body")
        }
    finally:
        await connection.close()


async def hashes(storage: s3.Storage) -> dict[str, str]:
    found = {}
    async for entry in storage.list():
        body = b"".join([piece async for piece in storage.open(entry.key)])
        known = await storage.head(entry.key)
        found[entry.key] = f"{known.content_type} {hashlib.sha256(body).hexdigest()}"
    return found


@asynccontextmanager
async def another_place(storage: s3.Storage) -> AsyncIterator[Elsewhere]:
    """An empty database and bucket; in the end they are gone, and our own bucket is empty, too."""
    made = Elsewhere()
    connection = await asyncpg.connect(settings().database_url)
    await connection.execute(f"DROP DATABASE IF EXISTS {made.database} WITH (FORCE)")
    await connection.execute(f"CREATE DATABASE {made.database}")
    yield made
    await connection.execute(f"DROP DATABASE {made.database} WITH (FORCE)")
    await connection.close()
    async with s3.connect(made.settings) as other:
        await other.ensure_bucket()
        async for entry in other.list():
            await other.delete(entry.key)
    async for entry in storage.list():
        await storage.delete(entry.key)
