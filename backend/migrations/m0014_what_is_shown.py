"""When a score is shown, what passing is asked for, and how far somebody is who cannot go back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What is shown, and passing"

# who is at a quiz without a way back is where their last answer is; who was at one saw all of it
COLUMNS = """
ALTER TABLE assessment
    ADD COLUMN show_score varchar(16) NOT NULL DEFAULT 'after_submit'
        CHECK (show_score IN ('after_submit', 'after_close', 'never')),
    ADD COLUMN shows_answered boolean NOT NULL DEFAULT false,
    ADD COLUMN must_pass boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT assessment_pass_mark CHECK (NOT must_pass OR pass_percent IS NOT NULL);
ALTER TABLE activity ADD COLUMN must_pass boolean NOT NULL DEFAULT false;
ALTER TABLE attempt ADD COLUMN reached integer NOT NULL DEFAULT 1 CHECK (reached >= 1);
UPDATE attempt t SET reached = CASE WHEN t.state <> 'open' THEN greatest(1, cardinality(t.question_ids))
    ELSE coalesce((SELECT max(array_position(t.question_ids, w.question_id)) FROM answer w
        WHERE w.attempt_id = t.id), 1) END
WHERE t.is_sequential;
"""

REVERSE = """
ALTER TABLE attempt DROP COLUMN reached;
ALTER TABLE activity DROP COLUMN must_pass;
ALTER TABLE assessment DROP CONSTRAINT assessment_pass_mark;
ALTER TABLE assessment DROP COLUMN show_score, DROP COLUMN shows_answered, DROP COLUMN must_pass;
"""


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        await db.script(COLUMNS)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
