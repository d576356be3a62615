"""The demo school: made once, and the same after the second time."""

import pytest

from backend import seed_clients, seeds
from backend.core import db
from tests.background import drain

pytestmark = pytest.mark.commits

_COUNTS = (
    "SELECT (SELECT count(*) FROM account) AS people, (SELECT count(*) FROM enrolment) AS enrolments,"
    " (SELECT count(*) FROM result) AS results, (SELECT count(*) FROM grade) AS grades,"
    " (SELECT count(*) FROM certificate) AS certificates, (SELECT count(*) FROM file) AS files,"
    " (SELECT count(*) FROM outbox) AS events"
)


async def counts() -> dict[str, int]:
    return dict(await db.row(_COUNTS))


async def test_seeding_twice_changes_nothing(database, storage):
    logins = await seeds.seed()
    assert logins is not None
    assert set(logins) == {"admin", "guru", "siswa"}
    assert set(await seed_clients.seed()) == set(seed_clients.SCOPES)
    made = await counts()
    assert made["people"] == seeds.STUDENTS + 2
    assert made["results"] == made["grades"] == seeds.FINISHED
    assert made["files"] == 2
    assert await db.value("SELECT count(DISTINCT kind) FROM question") >= 8
    assert await db.value("SELECT count(*) FROM attempt WHERE state = 'marking'") == seeds.WAITING
    assert await db.value("SELECT count(*) FROM quiz_override") == 1
    assert await seeds.seed() is None
    assert await seed_clients.seed() == {}
    assert await counts() == made
    await db.statement("DELETE FROM job WHERE kind LIKE 'mail%'")
    await drain()
    assert await db.value("SELECT count(*) FROM certificate WHERE state = 'issued'") == seeds.FINISHED
    assert await db.value("SELECT count(*) FROM file WHERE state = 'ready'") == 2
    assert await db.value("SELECT count(*) FROM job WHERE state NOT IN ('done', 'queued')") == 0
