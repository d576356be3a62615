"""Indexes for lists of the whole school, so that a page costs the same however long the list is."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from backend.core import db

ID = "2026-11-22T02:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for long lists"

# in the very order that core.listing asks for; the one on batch makes each seat taken write one entry more per index
FORWARDS = """
CREATE INDEX purchase_newest ON purchase (created_at DESC NULLS LAST, id DESC);
CREATE INDEX purchase_state ON purchase (state, id);
CREATE INDEX purchase_amount ON purchase (transfer_amount, id);
CREATE INDEX batch_wanted ON batch (seats_taken DESC NULLS LAST, id DESC);
CREATE INDEX account_name ON account (name, id) WHERE removed_at IS NULL;
"""

REVERSE = """
DROP INDEX purchase_newest;
DROP INDEX purchase_state;
DROP INDEX purchase_amount;
DROP INDEX batch_wanted;
DROP INDEX account_name;
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
