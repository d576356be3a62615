"""When the time of a running attempt was changed, by whom, and from what to what."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What was granted while an attempt ran"

TABLE = """
CREATE TABLE attempt_time (
    id bigserial PRIMARY KEY,
    attempt_id bigint NOT NULL,
    deadline_before timestamptz NOT NULL,
    deadline_after timestamptz NOT NULL,
    changed_by bigint,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX attempt_time_attempt ON attempt_time (attempt_id, id);
CREATE TRIGGER attempt_time_append_only BEFORE UPDATE OR DELETE ON attempt_time
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

REVERSE = "DROP TABLE attempt_time;"


async def forwards() -> MigrationManager:
    """Add the table."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        await db.script(TABLE)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
