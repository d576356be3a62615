"""Bring the database up to date: under an advisory lock, all or nothing, safe to run many times at once."""

import contextlib
import io

import asyncpg
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.tables import Migration

from backend.core import db
from backend.core.settings import settings
from backend.piccolo_app import APP_CONFIG

_LOCK = 0x4C554C5553  # "LULUS"
_LEAST_POSTGRES = 180000


class MigrationFailed(Exception):
    """A migration could not be applied; nothing of the run was kept."""


async def forward() -> list[str]:
    """Apply what is pending, and say what that was (ids, oldest first). Needs the pool.

    Raises: MigrationFailed, also where Postgres is older than 18 (`uuidv7()` is used).
    """
    lock = await asyncpg.connect(settings().database_url)
    try:
        if lock.get_server_version().major * 10000 < _LEAST_POSTGRES:
            raise MigrationFailed("Postgres 18 or newer is needed.")
        await lock.execute("SELECT pg_advisory_lock($1)", _LOCK)
        waiting = await pending()
        if waiting:
            await _apply()
        return waiting
    finally:
        await lock.close()


async def _apply() -> None:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        async with db.migrating():
            await Migration.create_table(if_not_exists=True)
            result = await run_forwards(app_name=APP_CONFIG.app_name)
    if not result.success:
        raise MigrationFailed(result.message or output.getvalue())


async def pending() -> list[str]:
    """The ids of the migrations that the database lacks, oldest first."""
    ids = known()
    if not await db.value("SELECT to_regclass('public.migration') IS NOT NULL"):
        return ids
    done = await Migration.get_migrations_which_ran(app_name=APP_CONFIG.app_name)
    return [id_ for id_ in ids if id_ not in set(done)]


def known() -> list[str]:
    """The ids of all migrations that this version has, oldest first."""
    manager = BaseMigrationManager()
    modules = manager.get_migration_modules(APP_CONFIG.resolved_migrations_folder_path)
    return sorted(manager.get_migration_ids(modules))
