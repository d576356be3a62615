"""`backup` and `restore`: everything that a school is, with one command each."""

import argparse
from collections.abc import Awaitable, Callable
from pathlib import Path

from backend import backup
from backend.migrate import MigrationFailed
from backend.pg_programs import ProgramFailed
from storage.errors import StorageError

Say = Callable[[str], None]

_BACKUP = """example:
  python -m backend.cli backup /backups/lulus-2026-11-22

The folder gets the database, every object of the bucket, and a manifest with the SHA-256 of each. Web and workers may
run meanwhile. It holds everything that people told the school: keep it as safe as the database. Secrets and signing
keys are settings and not in it: keep JWT_SECRET, TICKET_SECRET, SIGNING_KEY_FILE and BADGE_KEYS_FILE elsewhere. Needs
pg_dump 18."""
_RESTORE = """examples:
  python -m backend.cli restore /backups/lulus-2026-11-22
  python -m backend.cli restore --force /backups/lulus-2026-11-22

Stop web, workers, relay and schedule first. Every checksum is verified before anything is changed. The objects go
first, then the database in one transaction, so a restore that was interrupted may simply be started again. A database
that is not empty is replaced with --force only. Needs psql and pg_restore 18."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", say: Say) -> None:
    """Add the commands to the operator's."""
    style = argparse.RawDescriptionHelpFormatter
    making = commands.add_parser(
        "backup", help="write database and files into a new folder", epilog=_BACKUP, formatter_class=style
    )
    making.add_argument("folder", type=Path, help="the folder to make; it must not exist yet")
    making.set_defaults(run=lambda given: _tried(_make(given, say), say))
    restoring = commands.add_parser(
        "restore", help="bring back what `backup` wrote", epilog=_RESTORE, formatter_class=style
    )
    restoring.add_argument("folder", type=Path, help="the folder that `backup` made")
    restoring.add_argument("--force", action="store_true", help="replace a school that is there")
    restoring.set_defaults(run=lambda given: _tried(_restore(given, say), say))


async def _make(given: argparse.Namespace, say: Say) -> None:
    made = await backup.make(given.folder)
    size = sum(part.size_bytes for part in made.parts)
    say(f"{given.folder}: the database and {len(made.objects)} objects, {size / (1 << 20):.1f} MiB.")


async def _restore(given: argparse.Namespace, say: Say) -> None:
    found = await backup.restore(given.folder, force=given.force)
    say(f"{found.school} is what it was on {found.made_at}: the database and {len(found.objects)} objects.")


async def _tried(doing: Awaitable[None], say: Say) -> int:
    try:
        await doing
    except (backup.BackupRefused, ProgramFailed, MigrationFailed, StorageError) as error:
        say(str(error))
        return 1
    return 0
