"""Blogs, testimonials, the activity log, and the indexes that dashboards stand on."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T07:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Blogs, testimonials, the activity log, dashboards"

LOG = """
ALTER TABLE outbox ADD COLUMN actor_id bigint, ADD COLUMN is_activity boolean NOT NULL DEFAULT false;
DROP INDEX outbox_old;
CREATE INDEX outbox_old ON outbox (expanded_at) WHERE expanded_at IS NOT NULL AND NOT is_activity;
CREATE INDEX outbox_activity ON outbox (created_at DESC, id DESC) WHERE is_activity;
"""

PAGES = """
CREATE TABLE blog (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    slug varchar(200) NOT NULL UNIQUE,
    title varchar(255) NOT NULL,
    description text NOT NULL,
    content text NOT NULL,
    image varchar(500) NOT NULL,
    author_id bigint REFERENCES account (id) ON DELETE RESTRICT,
    published_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX blog_published ON blog (published_at, id);
CREATE TABLE testimonial (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    batch_id bigint NOT NULL REFERENCES batch (id) ON DELETE RESTRICT,
    rating smallint NOT NULL CONSTRAINT testimonial_rating CHECK (rating BETWEEN 1 AND 5),
    title varchar(255) NOT NULL,
    description text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX testimonial_once ON testimonial (account_id, batch_id);
CREATE INDEX testimonial_batch ON testimonial (batch_id, id);
"""

DASHBOARDS = """
CREATE INDEX purchase_paid ON purchase (paid_at) INCLUDE (price) WHERE state = 'paid';
CREATE INDEX enrolment_person ON enrolment (account_id) WHERE state = 'active';
CREATE INDEX certificate_holder ON certificate (account_id) WHERE state = 'issued';
CREATE INDEX certificate_issued ON certificate (issued_at) WHERE state = 'issued';
CREATE INDEX certificate_checked ON certificate_check (created_at DESC, id DESC);
CREATE INDEX batch_end ON batch (end_at) WHERE archived_at IS NULL;
CREATE INDEX meeting_begin ON meeting (start_at);
"""

REVERSE = """
DROP INDEX purchase_paid;
DROP INDEX enrolment_person;
DROP INDEX certificate_holder;
DROP INDEX certificate_issued;
DROP INDEX certificate_checked;
DROP INDEX batch_end;
DROP INDEX meeting_begin;
DROP TABLE testimonial, blog;
DROP INDEX outbox_activity;
DROP INDEX outbox_old;
CREATE INDEX outbox_old ON outbox (expanded_at) WHERE expanded_at IS NOT NULL;
ALTER TABLE outbox DROP COLUMN actor_id, DROP COLUMN is_activity;
"""


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        for part in (LOG, PAGES, DASHBOARDS):
            await db.script(part)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
