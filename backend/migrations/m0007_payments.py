"""Refunds, resting amounts, the wait list, receipts, previews of bank statements, and who was told what by mail."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T07:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Payments made whole, the wait list, and notifications"

MONEY = """
CREATE TABLE refund (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    purchase_id bigint NOT NULL UNIQUE REFERENCES purchase (id) ON DELETE RESTRICT,
    amount bigint NOT NULL CHECK (amount > 0),
    refunded_at timestamptz NOT NULL,
    refunded_by bigint,
    note text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER refund_append_only BEFORE UPDATE OR DELETE ON refund
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TABLE resting_amount (
    amount bigint PRIMARY KEY,
    rests_until timestamptz NOT NULL
);
CREATE TABLE receipt (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    purchase_id bigint NOT NULL UNIQUE REFERENCES purchase (id) ON DELETE RESTRICT,
    object_key varchar(255) NOT NULL UNIQUE,
    sha256 varchar(64) NOT NULL,
    size_bytes bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE statement_preview (
    id bigserial PRIMARY KEY,
    job_id bigint NOT NULL UNIQUE,
    sha256 varchar(64) NOT NULL,
    changes jsonb NOT NULL,
    report jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX statement_preview_old ON statement_preview (created_at);
"""

LINE = """
CREATE TABLE wait_place (
    id bigserial PRIMARY KEY,
    uuid uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    batch_id bigint NOT NULL REFERENCES batch (id) ON DELETE RESTRICT,
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE RESTRICT,
    state varchar(16) NOT NULL DEFAULT 'waiting',
    offered_at timestamptz,
    offer_ends_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT wait_place_offer CHECK (state <> 'offered' OR offer_ends_at IS NOT NULL)
);
CREATE UNIQUE INDEX wait_place_once ON wait_place (account_id, batch_id) WHERE state IN ('waiting', 'offered');
CREATE INDEX wait_place_line ON wait_place (batch_id, id) WHERE state IN ('waiting', 'offered');
CREATE INDEX wait_place_lapsing ON wait_place (offer_ends_at) WHERE state = 'offered';
CREATE INDEX wait_place_batch ON wait_place (batch_id, id);
"""

NOTICES = """
CREATE TABLE notice (
    id bigserial PRIMARY KEY,
    fact varchar(150) NOT NULL UNIQUE,
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind varchar(24) NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notice_old ON notice (sent_at);
CREATE INDEX notice_account ON notice (account_id);
CREATE TABLE notice_choice (
    account_id bigint PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    language varchar(2),
    muted text[] NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
"""

REVERSE = """
DROP TABLE notice_choice, notice, wait_place, statement_preview, receipt, resting_amount, refund;
"""


async def forwards() -> MigrationManager:
    """Add them."""
    manager = MigrationManager(migration_id=ID, app_name="lulus", description=DESCRIPTION)

    async def run() -> None:
        for part in (MONEY, LINE, NOTICES):
            await db.script(part)

    async def run_backwards() -> None:
        await db.script(REVERSE)

    manager.add_raw(run)
    manager.add_raw_backwards(run_backwards)
    return manager
