"""Everything that a school is, in one folder, and back again: the database, and every object of the bucket.

A backup is a folder with `manifest.json`, which is written last, `database.dump` (of pg_dump) and `objects/`. The
database is dumped first: each object that its rows name was stored before them, and is deleted days after them.
Restoring checks every part first, then puts the objects where no row names them yet, and at last replaces the database
in one transaction: whatever stops it before that, the school is as it was, and it may be started again. Signing keys
are settings, and are not in it.
"""

import asyncio
import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

import msgspec

from backend import migrate, pg_programs
from backend.core import clock, db
from backend.core.settings import settings
from backend.progress import Progress
from storage import s3
from storage.errors import ObjectMissing

FORMAT = 1
MANIFEST, DUMP, OBJECTS = "manifest.json", "database.dump", "objects"
_PIECE = 1 << 20
_RENEW = "SET LOCAL lock_timeout = '20s'; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"


class BackupRefused(Exception):
    """It cannot be done; the text says why, and what would help."""


class Part(msgspec.Struct, frozen=True):
    """One file of a backup, with its path inside it."""

    path: str
    size_bytes: int
    sha256: str
    content_type: str = ""

    @property
    def key(self) -> str:
        """The name of the object that this is."""
        return unquote(self.path.removeprefix(f"{OBJECTS}/"))


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds. `migrations`: those that its database had, oldest first."""

    format: int = FORMAT
    made_at: str
    school: str
    migrations: list[str]
    parts: list[Part]

    @property
    def objects(self) -> list[Part]:
        """The objects of the bucket."""
        return [part for part in self.parts if part.path.startswith(f"{OBJECTS}/")]


async def make(target: Path) -> Manifest:
    """Write a backup into a new folder, which has its name once it is whole. Needs the pool.

    Raises: BackupRefused, ProgramFailed, StorageError.
    """
    beside = await asyncio.to_thread(_begin, target)
    migrations = await _migrations()
    url, secret = pg_programs.address(settings().database_url)
    options = ("--format=custom", "--no-owner", "--no-privileges", "--no-unlogged-table-data")
    await pg_programs.run("pg_dump", *options, f"--file={beside / DUMP}", f"--dbname={url}", environment=secret)
    parts = [await asyncio.to_thread(_part, beside, beside / DUMP)]
    async with s3.connect(settings()) as storage:
        parts += await _fetch(storage, beside)
    manifest = Manifest(
        made_at=clock.now().isoformat(), school=settings().school_name, migrations=migrations, parts=parts
    )
    (beside / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    beside.rename(target)
    return manifest


def _begin(target: Path) -> Path:
    if target.exists():
        raise BackupRefused(f"{target} is there already. Choose another name.")
    beside = target.with_name(f"{target.name}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700, parents=True)
    return beside


async def _migrations() -> list[str]:
    return [row["name"] for row in await db.fetch("SELECT name FROM migration ORDER BY name")]


async def _fetch(storage: s3.Storage, folder: Path) -> list[Part]:
    """Copy every object of the bucket into a folder."""
    entries = [entry async for entry in storage.list()]
    progress, parts = Progress("Objects", len(entries)), list[Part]()
    for entry in entries:
        path = folder / OBJECTS / quote(entry.key, safe="/")
        if {"", ".", ".."} & set(entry.key.split("/")):
            raise BackupRefused(f"The bucket has an object named {entry.key!r}, which is none of ours.")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(ObjectMissing):  # deleted since it was listed
            known = await storage.head(entry.key)
            with path.open("wb") as file:
                digest, size = await _copy(storage.open(entry.key), file)
            parts.append(Part(str(path.relative_to(folder)), size, digest, known.content_type))
        progress.add()
    progress.end()
    return parts


async def _copy(pieces: AsyncIterator[bytes], file: BinaryIO) -> tuple[str, int]:
    """Write what comes, and say its SHA-256 and size."""
    digest, size = hashlib.sha256(), 0
    async for piece in pieces:
        await asyncio.to_thread(file.write, piece)
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _part(folder: Path, path: Path) -> Part:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Part(str(path.relative_to(folder)), path.stat().st_size, digest)


async def restore(source: Path, *, force: bool = False) -> Manifest:
    """Make the school what it was. `force` replaces what is there; objects that the backup lacks stay. Needs the pool.

    Raises: BackupRefused, ProgramFailed, MigrationFailed, StorageError.
    """
    manifest = _read(source)
    await asyncio.to_thread(_verify, source, manifest)
    await _refuse_newer(manifest)
    async with s3.connect(settings()) as storage:
        await storage.ensure_bucket()
        there = {entry.key: entry.size_bytes async for entry in storage.list()}
        if not force:
            await _refuse_full(manifest, set(there))
        await _put(storage, source, manifest, {} if force else there)
    await _replace_database(source)
    await migrate.forward()
    return manifest


def _read(source: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupRefused(f"{source} is no backup: {error}") from error
    if manifest.format != FORMAT:
        raise BackupRefused(f"{source} has the format {manifest.format}; this version reads {FORMAT}.")
    return manifest


def _verify(source: Path, manifest: Manifest) -> None:
    """Compare every part with its checksum. Raises: BackupRefused."""
    progress = Progress("Verified", len(manifest.parts))
    for part in manifest.parts:
        path = source / part.path
        if not path.resolve().is_relative_to(source.resolve()) or not path.is_file():
            raise BackupRefused(f"{part.path} is missing. Nothing was changed.")
        if msgspec.structs.replace(_part(source, path), content_type=part.content_type) != part:
            raise BackupRefused(f"{part.path} is damaged: its checksum is another one. Nothing was changed.")
        progress.add()
    progress.end()


async def _refuse_newer(manifest: Manifest) -> None:
    unknown = set(manifest.migrations) - set(migrate.known())
    if unknown:
        raise BackupRefused(f"The backup was made by a newer version ({min(unknown)}). Restore it with that one.")


async def _refuse_full(manifest: Manifest, keys: set[str]) -> None:
    """Raises: BackupRefused when there is anything that would be lost, or that the backup did not put there."""
    hint = "Nothing was changed; --force replaces it."
    tables = await db.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('migration', 'throttle')"
    )
    for row in tables:
        if await db.value(f'SELECT EXISTS (SELECT FROM "{row["tablename"]}")'):  # noqa: S608 - a table's own name
            raise BackupRefused(f"The database is not empty ({row['tablename']}). {hint}")
    foreign = keys - {part.key for part in manifest.objects}
    if foreign:
        raise BackupRefused(f"The bucket is not empty ({min(foreign)}). {hint}")


async def _put(storage: s3.Storage, source: Path, manifest: Manifest, there: dict[str, int]) -> None:
    """Store every object that is not there yet."""
    progress = Progress("Objects", len(manifest.objects))
    for part in manifest.objects:
        if there.get(part.key) != part.size_bytes:
            await storage.put_file(part.key, source / part.path, part.content_type or "application/octet-stream")
        progress.add()
    progress.end()


async def _replace_database(source: Path) -> None:
    """Drop all there is and make what was dumped, in one transaction."""
    await db.close_pool()
    url, secret = pg_programs.address(settings().database_url)
    with tempfile.TemporaryFile() as script:  # without a name: nothing of it is left, however we end
        await pg_programs.run(
            "pg_restore", "--no-owner", "--no-privileges", "--file=-", str(source / DUMP), writes=script
        )
        script.seek(0)
        options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction")
        commands = (f"--command={_RENEW}", "--file=-")
        await pg_programs.run("psql", *options, f"--dbname={url}", *commands, environment=secret, reads=script)
    await db.open_pool(most=2)
