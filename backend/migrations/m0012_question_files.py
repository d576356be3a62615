"""Files of questions: what was sent, what became of it, and previews."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Files of questions"

# the row comes before the bytes, so that the sweep of storage finds whatever was left behind
TABLE = """
CREATE TABLE question_file (
    id bigserial PRIMARY KEY,
    assessment_id bigint NOT NULL REFERENCES assessment (id) ON DELETE CASCADE,
    object_key varchar(100) NOT NULL UNIQUE,
    format varchar(16) NOT NULL CHECK (format IN ('xlsx', 'gift', 'aiken', 'moodle_xml')),
    mode varchar(16) NOT NULL DEFAULT 'replace' CHECK (mode IN ('replace', 'append')),
    sha256 varchar(64) NOT NULL DEFAULT '',
    job_id bigint UNIQUE,
    questions jsonb,
    key_version integer,
    imported integer,
    replaced integer,
    applied_at timestamptz,
    created_by bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX question_file_assessment ON question_file (assessment_id);
CREATE INDEX question_file_old ON question_file (created_at) WHERE applied_at IS NULL OR questions IS NOT NULL;
"""


async def forwards() -> MigrationManager:
    """Add the table."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        await db.script(TABLE)

    async def run_backwards() -> None:
        await db.script("DROP TABLE question_file;")

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
