"""Regrades with what they changed, and the analysis of questions."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Regrades and item analysis"

REGRADES = """
ALTER TABLE result ADD COLUMN revision integer NOT NULL DEFAULT 1;
CREATE FUNCTION raise_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision := OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER result_revision BEFORE UPDATE ON result FOR EACH ROW EXECUTE FUNCTION raise_revision();
CREATE TABLE regrade (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    assessment_id bigint NOT NULL REFERENCES assessment (id) ON DELETE RESTRICT,
    key_version integer NOT NULL,
    policy varchar(16) NOT NULL CHECK (policy IN ('new_key', 'better', 'full_credit')),
    state varchar(16) NOT NULL CHECK (state IN ('preview', 'ordered', 'applied', 'dropped')),
    question_ids bigint[] NOT NULL,
    reason text NOT NULL DEFAULT '',
    asked_by bigint,
    job_id bigint,
    report jsonb,
    certificates jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    applied_at timestamptz,
    CONSTRAINT regrade_applied CHECK ((state = 'applied') = (applied_at IS NOT NULL))
);
CREATE INDEX regrade_assessment ON regrade (assessment_id, id);
CREATE INDEX regrade_job ON regrade (job_id);
CREATE UNIQUE INDEX regrade_under_way ON regrade (assessment_id) WHERE state = 'ordered';
CREATE TABLE regrade_entry (
    id bigserial PRIMARY KEY,
    regrade_id bigint NOT NULL REFERENCES regrade (id) ON DELETE CASCADE,
    attempt_id bigint NOT NULL REFERENCES attempt (id) ON DELETE RESTRICT,
    revision integer NOT NULL,
    is_changed boolean NOT NULL,
    version_before integer NOT NULL,
    correct_before integer NOT NULL,
    correct_after integer NOT NULL,
    points_before numeric(10, 2) NOT NULL,
    points_after numeric(10, 2) NOT NULL,
    max_before numeric(10, 2) NOT NULL,
    max_after numeric(10, 2) NOT NULL,
    percent_before numeric(5, 2) NOT NULL,
    percent_after numeric(5, 2) NOT NULL,
    marks_before jsonb,
    marks_after jsonb
);
CREATE UNIQUE INDEX regrade_entry_once ON regrade_entry (regrade_id, attempt_id);
CREATE INDEX regrade_entry_attempt ON regrade_entry (attempt_id);
CREATE FUNCTION refuse_applied_regrade() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM regrade WHERE id = OLD.regrade_id AND state = 'applied') THEN
        RAISE EXCEPTION 'what a regrade has changed is history';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER regrade_entry_stays BEFORE UPDATE OR DELETE ON regrade_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_applied_regrade();
CREATE FUNCTION refuse_regrade_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'applied' AND (TG_OP = 'DELETE' OR
        (to_jsonb(OLD) - 'certificates' IS DISTINCT FROM to_jsonb(NEW) - 'certificates')) THEN
        RAISE EXCEPTION 'a regrade that was applied is history';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER regrade_stays BEFORE UPDATE OR DELETE ON regrade
    FOR EACH ROW EXECUTE FUNCTION refuse_regrade_change();
CREATE TABLE item_analysis (
    id bigserial PRIMARY KEY,
    assessment_id bigint NOT NULL REFERENCES assessment (id) ON DELETE CASCADE,
    attempts varchar(16) NOT NULL CHECK (attempts IN ('counted', 'first', 'all')),
    stamp varchar(120) NOT NULL,
    found jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX item_analysis_once ON item_analysis (assessment_id, attempts);
"""

REVERSE = """
DROP TABLE item_analysis;
DROP TABLE regrade_entry;
DROP TABLE regrade;
DROP FUNCTION refuse_applied_regrade;
DROP FUNCTION refuse_regrade_change;
DROP TRIGGER result_revision ON result;
DROP FUNCTION raise_revision;
ALTER TABLE result DROP COLUMN revision;
"""


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        await db.script(REGRADES)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
