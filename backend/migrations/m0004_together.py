"""An index for jobs that are claimed by their kind, many at once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T02:28:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Claiming jobs of one kind together"


async def forwards() -> MigrationManager:
    """Add it. `queued` alone is in it, so that a job leaves it when it is claimed."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        await db.script("CREATE INDEX job_of_kind ON job (kind, run_at, id) WHERE state = 'queued'")

    async def run_backwards() -> None:
        await db.script("DROP INDEX job_of_kind")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
