"""States and history of attendance, checking in by oneself, excuses from the gate, grades taken back, wide sheets."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T10:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Attendance, excuses from the gate, and the history of grades made whole"

# `special` says what the boolean cannot; everything else follows from both, so that nothing can contradict itself
ATTENDANCE = """
ALTER TABLE attendance
    ADD COLUMN special varchar(16),
    ADD COLUMN checked_in_at timestamptz,
    ADD CONSTRAINT attendance_special CHECK (
        special IS NULL OR special = 'late' AND is_present OR special = 'excused' AND NOT is_present),
    ADD COLUMN status varchar(16) NOT NULL GENERATED ALWAYS AS (
        coalesce(special, CASE WHEN is_present THEN 'present' ELSE 'absent' END)) STORED;
CREATE INDEX attendance_checked_in ON attendance (meeting_id, checked_in_at) WHERE checked_in_at IS NOT NULL;
CREATE TABLE attendance_change (
    id bigserial PRIMARY KEY,
    attendance_id bigint NOT NULL REFERENCES attendance (id) ON DELETE RESTRICT,
    before varchar(16),
    after varchar(16) NOT NULL,
    note_before text,
    note_after text,
    source varchar(16) NOT NULL,
    actor_id bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX attendance_change_attendance ON attendance_change (attendance_id, id);
CREATE TRIGGER attendance_change_append_only BEFORE UPDATE OR DELETE ON attendance_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE meeting
    ADD COLUMN self_check_in boolean NOT NULL DEFAULT false,
    ADD COLUMN late_after_min integer CHECK (late_after_min BETWEEN 0 AND 1440),
    ADD COLUMN check_in_min integer CHECK (check_in_min BETWEEN 1 AND 1440);
"""

EXCUSES = """
CREATE TABLE gate_excuse (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    enrolment_id bigint NOT NULL REFERENCES enrolment (id) ON DELETE RESTRICT,
    meeting_id bigint NOT NULL REFERENCES meeting (id) ON DELETE CASCADE,
    activity_id bigint REFERENCES activity (id) ON DELETE CASCADE,
    reason text NOT NULL DEFAULT '',
    granted_by bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_by bigint,
    revoked_at timestamptz
);
CREATE UNIQUE INDEX gate_excuse_once ON gate_excuse (enrolment_id, meeting_id, coalesce(activity_id, 0))
    WHERE revoked_at IS NULL;
CREATE INDEX gate_excuse_meeting ON gate_excuse (meeting_id);
CREATE INDEX gate_excuse_activity ON gate_excuse (activity_id) WHERE activity_id IS NOT NULL;
"""

# a grade that was taken back keeps its row, so that its version goes on counting for the guard against stale sheets
GRADES = """
ALTER TABLE grade ALTER COLUMN grade DROP NOT NULL;
ALTER TABLE grade_change ALTER COLUMN after DROP NOT NULL;
ALTER TABLE grade_preview DROP CONSTRAINT grade_preview_job_id_key;
CREATE UNIQUE INDEX grade_preview_once ON grade_preview (job_id, assignment_id);
"""

REVERSE = """
DROP INDEX grade_preview_once;
ALTER TABLE grade_preview ADD CONSTRAINT grade_preview_job_id_key UNIQUE (job_id);
ALTER TABLE grade_change ALTER COLUMN after SET NOT NULL;
ALTER TABLE grade ALTER COLUMN grade SET NOT NULL;
DROP TABLE gate_excuse;
ALTER TABLE meeting DROP COLUMN self_check_in, DROP COLUMN late_after_min, DROP COLUMN check_in_min;
DROP TABLE attendance_change;
ALTER TABLE attendance DROP COLUMN status, DROP COLUMN checked_in_at, DROP COLUMN special;
"""


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        for part in (ATTENDANCE, EXCUSES, GRADES):
            await db.script(part)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
