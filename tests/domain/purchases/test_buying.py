"""Who may buy does so in one statement; everybody else is told why not, as ever."""

import pytest

from backend.core import db
from backend.domain.batches.errors import BatchFull
from backend.domain.purchases import commands, errors
from tests.domain.purchases.shop import a_buyer, prices
from tests.school import a_batch

pytestmark = pytest.mark.usefixtures("database")


async def test_a_purchase_is_one_statement_and_its_event(statements: list[str]):
    await prices()
    batch, buyer = await a_batch(), await a_buyer()
    del statements[:]
    made = await commands.create_purchase(buyer, batch.uuid)
    assert [sql.split()[0] for sql in statements[:2]] == ["WITH", "INSERT"]
    assert len(statements) <= 7
    assert 100 <= made.unique_code <= 999
    assert (made.transfer_amount, made.buyer.id) == (made.price + made.unique_code, buyer.account_id)
    assert await db.value("SELECT seats_taken FROM batch WHERE id = $1", batch.id) == 1
    noted = await db.fetch("SELECT before, after, actor_id FROM purchase_change")
    assert [tuple(row) for row in noted] == [(None, "pending", buyer.account_id)]
    with pytest.raises(errors.AlreadyBuying):
        await commands.create_purchase(buyer, batch.uuid)
    await db.statement("UPDATE batch SET quota = 1 WHERE id = $1", batch.id)
    with pytest.raises(BatchFull):
        await commands.create_purchase(await a_buyer(), batch.uuid)
    assert await db.value("SELECT count(*) FROM purchase") == 1
