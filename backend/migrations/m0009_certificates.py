"""Certificates: templates, expiry, re-issue, and by which keys they were signed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T08:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Certificates: templates, expiry, re-issue, signers"

# a version of a template never changes: what was drawn with it must stay explainable
FORWARDS = """
CREATE TABLE certificate_template (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    course_id bigint NOT NULL REFERENCES course (id) ON DELETE CASCADE,
    version integer NOT NULL,
    design jsonb NOT NULL,
    valid_months integer CHECK (valid_months BETWEEN 1 AND 1200),
    created_by bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX certificate_template_version ON certificate_template (course_id, version);
CREATE TABLE certificate_validity (
    batch_id bigint PRIMARY KEY REFERENCES batch (id) ON DELETE CASCADE,
    valid_months integer CHECK (valid_months BETWEEN 1 AND 1200)
);
CREATE TABLE certificate_signer (
    fingerprint varchar(64) PRIMARY KEY,
    subject text NOT NULL,
    pem text NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE certificate
    ADD COLUMN template_id bigint REFERENCES certificate_template (id) ON DELETE RESTRICT,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN replaced_by bigint UNIQUE REFERENCES certificate (id) ON DELETE RESTRICT,
    ADD CONSTRAINT certificate_replaced CHECK (replaced_by IS NULL OR state = 'revoked');
CREATE INDEX certificate_of_template ON certificate (template_id) WHERE template_id IS NOT NULL;
CREATE INDEX certificate_sha256 ON certificate (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX certificate_revoked ON certificate (id) WHERE state = 'revoked';
"""

REVERSE = """
DROP INDEX certificate_revoked;
DROP INDEX certificate_sha256;
DROP INDEX certificate_of_template;
ALTER TABLE certificate
    DROP CONSTRAINT certificate_replaced, DROP COLUMN replaced_by, DROP COLUMN expires_at, DROP COLUMN template_id;
DROP TABLE certificate_signer, certificate_validity, certificate_template;
"""


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        await db.script(FORWARDS)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
