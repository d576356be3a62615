"""What Piccolo cannot say: defaults made by Postgres, constraints over several columns, partial indexes, triggers."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-21T22:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Constraints, indexes and triggers"

UNIQUE = """
CREATE UNIQUE INDEX account_email ON account (lower(email)) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX account_phone ON account (phone) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX attachment_once ON attachment (file_id, owner_kind, owner_id);
CREATE UNIQUE INDEX batch_day_once ON batch_day (batch_id, day);
CREATE UNIQUE INDEX batch_group_once ON batch_group (batch_id, group_type);
CREATE UNIQUE INDEX meeting_teacher_once ON meeting_teacher (meeting_id, account_id);
CREATE UNIQUE INDEX purchase_open_once ON purchase (account_id, batch_id)
    WHERE state IN ('pending', 'waiting_confirmation', 'paid');
CREATE UNIQUE INDEX purchase_amount_once ON purchase (transfer_amount)
    WHERE state IN ('pending', 'waiting_confirmation');
CREATE UNIQUE INDEX enrolment_once ON enrolment (account_id, batch_id);
CREATE UNIQUE INDEX activity_once ON activity (kind, item_id);
CREATE UNIQUE INDEX completion_once ON completion (enrolment_id, activity_id);
CREATE UNIQUE INDEX attendance_once ON attendance (meeting_id, account_id);
CREATE UNIQUE INDEX section_position ON section (assessment_id, position);
ALTER TABLE question ADD CONSTRAINT question_position UNIQUE (section_id, position) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE option ADD CONSTRAINT option_position UNIQUE (question_id, position) DEFERRABLE INITIALLY DEFERRED;
CREATE UNIQUE INDEX attempt_open_once ON attempt (assessment_id, account_id) WHERE state = 'open';
CREATE UNIQUE INDEX attempt_no_once ON attempt (assessment_id, account_id, attempt_no);
CREATE UNIQUE INDEX answer_once ON answer (attempt_id, question_id);
CREATE UNIQUE INDEX submission_once ON submission (assignment_id, account_id);
CREATE UNIQUE INDEX grade_once ON grade (assignment_id, account_id);
CREATE UNIQUE INDEX certificate_once ON certificate (batch_id, account_id) WHERE state <> 'revoked';
"""

INDEXES = """
CREATE INDEX session_account ON session (account_id);
CREATE INDEX account_avatar ON account (avatar) WHERE avatar IS NOT NULL;
CREATE INDEX profile_nim_proof ON profile (nim_proof) WHERE nim_proof IS NOT NULL;
CREATE UNIQUE INDEX session_refresh ON session (refresh_hash);
CREATE INDEX session_previous ON session (previous_hash);
CREATE INDEX mailed_code_account ON mailed_code (account_id, purpose, id);
CREATE INDEX outbox_waiting ON outbox (id) WHERE expanded_at IS NULL;
CREATE INDEX outbox_old ON outbox (expanded_at) WHERE expanded_at IS NOT NULL;
CREATE INDEX job_waiting ON job (run_at, id) WHERE state = 'queued' AND published_at IS NULL;
CREATE INDEX job_live ON job (state, published_at) WHERE state IN ('queued', 'running');
CREATE INDEX job_owner ON job (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX job_parked ON job (id) WHERE state IN ('parked', 'failed');
CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX file_owner ON file (owner_id, id);
CREATE INDEX file_unsettled ON file (state, created_at) WHERE state IN ('begun', 'processing', 'removed');
CREATE UNIQUE INDEX file_object ON file (object_key) WHERE object_key <> '';
CREATE INDEX file_poster ON file (poster_key) WHERE poster_key IS NOT NULL;
CREATE INDEX attachment_owner ON attachment (owner_kind, owner_id);
CREATE INDEX course_image_course ON course_image (course_id, position);
CREATE INDEX batch_course ON batch (course_id);
CREATE INDEX meeting_batch ON meeting (batch_id, start_at);
CREATE INDEX meeting_teacher_account ON meeting_teacher (account_id, meeting_id);
CREATE INDEX material_meeting ON material (meeting_id);
CREATE INDEX material_file ON material (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX purchase_batch ON purchase (batch_id, state);
CREATE INDEX purchase_account ON purchase (account_id, id);
CREATE INDEX purchase_expiring ON purchase (expires_at) WHERE state = 'pending';
CREATE INDEX purchase_change_purchase ON purchase_change (purchase_id, id);
CREATE INDEX enrolment_batch ON enrolment (batch_id, state);
CREATE INDEX activity_batch ON activity (batch_id);
CREATE INDEX activity_meeting ON activity (meeting_id);
CREATE INDEX completion_activity ON completion (activity_id);
CREATE INDEX attendance_account ON attendance (account_id);
CREATE INDEX assessment_meeting ON assessment (meeting_id);
CREATE INDEX question_assessment ON question (assessment_id);
CREATE INDEX attempt_account ON attempt (account_id, id);
CREATE INDEX attempt_open ON attempt (deadline_at) WHERE state = 'open';
CREATE INDEX answer_question ON answer (question_id);
CREATE INDEX answer_option ON answer (option_id);
CREATE INDEX answer_log_attempt ON answer_log (attempt_id, id);
CREATE INDEX assignment_meeting ON assignment (meeting_id);
CREATE INDEX assignment_file_assignment ON assignment_file (assignment_id);
CREATE INDEX submission_account ON submission (account_id);
CREATE INDEX submission_file_submission ON submission_file (submission_id);
CREATE INDEX grade_account ON grade (account_id);
CREATE INDEX grade_change_grade ON grade_change (grade_id, id);
CREATE INDEX grade_change_job ON grade_change (job_id) WHERE job_id IS NOT NULL;
CREATE INDEX certificate_account ON certificate (account_id);
CREATE UNIQUE INDEX certificate_object ON certificate (object_key) WHERE object_key IS NOT NULL;
CREATE INDEX certificate_job ON certificate (issued_by_job) WHERE issued_by_job IS NOT NULL;
CREATE INDEX certificate_unfinished ON certificate (created_at) WHERE state = 'generating';
CREATE INDEX certificate_check_certificate ON certificate_check (certificate_id, id);
CREATE INDEX idempotency_key_old ON idempotency_key (created_at);
"""

CHECKS = """
ALTER TABLE batch ADD CONSTRAINT batch_seats CHECK (seats_taken BETWEEN 0 AND quota);
ALTER TABLE batch ADD CONSTRAINT batch_period CHECK (end_at > start_at);
ALTER TABLE grade ADD CONSTRAINT grade_range CHECK (grade BETWEEN 0 AND 100);
ALTER TABLE result ADD CONSTRAINT result_range CHECK (score_percent BETWEEN 0 AND 100);
ALTER TABLE throttle SET UNLOGGED;
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER answer_log_append_only BEFORE UPDATE OR DELETE ON answer_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER grade_change_append_only BEFORE UPDATE OR DELETE ON grade_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER purchase_change_append_only BEFORE UPDATE OR DELETE ON purchase_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

DEFAULTS = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name = 'uuid' AND table_name <> 'migration'
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN uuid SET DEFAULT uuidv7()', found.table_name);
    END LOOP;
END $$;
"""

REVERSE = """
DROP TRIGGER answer_log_append_only ON answer_log;
DROP TRIGGER grade_change_append_only ON grade_change;
DROP TRIGGER purchase_change_append_only ON purchase_change;
DROP FUNCTION refuse_change();
"""


async def forwards() -> MigrationManager:
    """Add them; Postgres 18 or newer is needed (uuidv7)."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        for part in (UNIQUE, INDEXES, CHECKS, APPEND_ONLY, DEFAULTS):
            await db.script(part)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
