"""Who may buy does so in one statement; everybody else is told why not, as ever."""

import msgspec
import pytest

from backend.core import db
from backend.core.paging import Listing
from backend.domain.batches.errors import BatchFull
from backend.domain.purchases import buying, commands, errors, queries
from backend.domain.purchases.events import PurchaseCreated
from tests.domain.purchases.shop import a_buyer, prices
from tests.school import a_batch

pytestmark = pytest.mark.usefixtures("database")


async def test_a_purchase_is_one_statement_and_its_event(statements: list[str]):
    await prices()
    batch, buyer = await a_batch(), await a_buyer()
    del statements[:]
    made = await commands.create_purchase(buyer, batch.uuid)
    assert [sql.split()[0] for sql in statements] == ["WITH", "SELECT"]
    assert 100 <= made.unique_code <= 999
    assert (made.transfer_amount, made.buyer.id) == (made.price + made.unique_code, buyer.account_id)
    assert await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id) == 1
    (told,) = await db.fetch("SELECT name, body FROM outbox WHERE name = $1", PurchaseCreated.name)
    assert msgspec.json.decode(told["body"], type=PurchaseCreated) == PurchaseCreated(made.id)
    noted = await db.fetch("SELECT before, after, actor_id FROM purchase_change")
    assert [tuple(row) for row in noted] == [(None, "pending", buyer.account_id)]
    with pytest.raises(errors.AlreadyBuying):
        await commands.create_purchase(buyer, batch.uuid)
    await db.statement("UPDATE batch SET quota = 1 WHERE id = $1", batch.id)
    with pytest.raises(BatchFull):
        await commands.create_purchase(await a_buyer(), batch.uuid)
    assert await db.value("SELECT count(*) FROM purchase") == 1


async def test_what_is_shown_is_what_a_list_shows():
    """One statement shows a purchase made, several a page of them: the same, to the last field."""
    await prices()
    batch, buyer = await a_batch(), await a_buyer()
    for day in ("friday", "monday", "wednesday"):
        await db.statement("INSERT INTO batch_day (batch_id, day) VALUES ($1, $2)", batch.id, day)
    made = await commands.create_purchase(buyer, batch.uuid)
    (listed,) = (await queries.purchases_of(buyer.account_id, Listing())).items
    assert made == listed == await queries.purchase(buyer, made.id)
    assert [view.day for view in made.batch.days] == ["monday", "wednesday", "friday"]
    assert made.batch.groups
    assert made.buyer.profile is not None


async def test_a_seat_without_a_purchase_is_given_back_by_the_same_statement(monkeypatch):
    """Whoever loses the amount in the very moment goes the long way, and nothing of the short one is left."""
    await prices()
    batch, buyer = await a_batch(), await a_buyer()
    lost = buying._BUY.replace("ON CONFLICT DO NOTHING RETURNING *", "LIMIT 0 RETURNING *")
    monkeypatch.setattr(buying, "_BUY", lost)
    assert await buying.buy_at_once(buyer, batch.uuid) is None
    assert await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id) == 0
    assert await db.value("SELECT count(*) FROM outbox WHERE name = $1", PurchaseCreated.name) == 0
    made = await commands.create_purchase(buyer, batch.uuid)
    assert await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id) == 1
    assert await db.value("SELECT count(*) FROM outbox WHERE name = $1", PurchaseCreated.name) == 1
    assert made.state == "pending"
