"""What partners are shown of courses and batches; API clients, their tokens, and what they were used for."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T05:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Partners: more of courses and batches, API clients"

SCHOOL = """
ALTER TABLE course
    ADD COLUMN additional_info text NOT NULL DEFAULT '',
    ADD COLUMN created_by bigint;
ALTER TABLE batch
    ADD COLUMN language varchar(16) NOT NULL DEFAULT 'id',
    ADD COLUMN duration_h double precision,
    ADD COLUMN post_start_at timestamptz,
    ADD COLUMN post_end_at timestamptz,
    ADD COLUMN platform varchar(255) NOT NULL DEFAULT '',
    ADD COLUMN note text NOT NULL DEFAULT '',
    ADD COLUMN additional_info text NOT NULL DEFAULT '',
    ADD COLUMN has_reminders boolean NOT NULL DEFAULT false,
    ADD COLUMN created_by bigint,
    ADD CONSTRAINT batch_post CHECK ((post_start_at IS NULL) = (post_end_at IS NULL) AND post_end_at > post_start_at);
CREATE TABLE custom_field (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    name varchar(100) NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE batch_field (
    id bigserial PRIMARY KEY,
    batch_id bigint NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    field_id bigint NOT NULL REFERENCES custom_field (id) ON DELETE RESTRICT,
    value text NOT NULL
);
CREATE UNIQUE INDEX batch_field_once ON batch_field (batch_id, field_id);
CREATE TABLE batch_requirement (
    id bigserial PRIMARY KEY,
    batch_id bigint NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    course_id bigint NOT NULL REFERENCES course (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX batch_requirement_once ON batch_requirement (batch_id, course_id);
CREATE INDEX batch_requirement_course ON batch_requirement (course_id);
CREATE INDEX batch_of_course ON batch (course_id, start_at, code) INCLUDE (id) WHERE archived_at IS NULL;
"""

# partners keep serials for good; nothing of ours changes one, and a slip shall not, either
SERIALS = """
CREATE FUNCTION refuse_serial_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the code of a % never changes', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER course_code_stays BEFORE UPDATE OF code ON course
    FOR EACH ROW WHEN (OLD.code IS DISTINCT FROM NEW.code) EXECUTE FUNCTION refuse_serial_change();
CREATE TRIGGER batch_code_stays BEFORE UPDATE OF code ON batch
    FOR EACH ROW WHEN (OLD.code IS DISTINCT FROM NEW.code) EXECUTE FUNCTION refuse_serial_change();
"""

CLIENTS = """
CREATE TABLE api_client (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    code varchar(24) NOT NULL UNIQUE,
    name varchar(150) NOT NULL,
    company varchar(64) NOT NULL,
    secret_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    addresses text[] NOT NULL,
    rate_per_s integer NOT NULL DEFAULT 50,
    expires_at timestamptz,
    last_used_at timestamptz,
    rotated_at timestamptz,
    revoked_at timestamptz,
    created_by bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_token (
    id bigserial PRIMARY KEY,
    client_id bigint NOT NULL REFERENCES api_client (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    scope text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX api_token_client ON api_token (client_id, id);
CREATE INDEX api_token_over ON api_token (expires_at);
CREATE TABLE api_use (
    id bigserial PRIMARY KEY,
    client_id bigint NOT NULL REFERENCES api_client (id) ON DELETE CASCADE,
    minute timestamptz NOT NULL,
    address varchar(64) NOT NULL,
    route varchar(200) NOT NULL,
    outcome varchar(16) NOT NULL,
    uses integer NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX api_use_once ON api_use (client_id, minute, address, route, outcome);
CREATE INDEX api_use_old ON api_use (minute);
"""

REVERSE = """
DROP TABLE api_use, api_token, api_client;
DROP TRIGGER course_code_stays ON course;
DROP TRIGGER batch_code_stays ON batch;
DROP FUNCTION refuse_serial_change();
DROP INDEX batch_of_course;
DROP TABLE batch_requirement, batch_field, custom_field;
ALTER TABLE batch
    DROP COLUMN language, DROP COLUMN duration_h, DROP COLUMN post_start_at, DROP COLUMN post_end_at,
    DROP COLUMN platform, DROP COLUMN note, DROP COLUMN additional_info, DROP COLUMN has_reminders,
    DROP COLUMN created_by;
ALTER TABLE course DROP COLUMN additional_info, DROP COLUMN created_by;
"""


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        for part in (SCHOOL, SERIALS, CLIENTS):
            await db.script(part)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
