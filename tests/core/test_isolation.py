"""What keeps tests apart: who did not ask for the database cannot write into it."""

import contextlib

import pytest

from backend.core import db
from backend.domain.jobs.tables import Job
from tests.conftest import _no_database


@pytest.mark.parametrize("reach", [lambda: db.value("SELECT 1"), Job.count, lambda: db.transaction().__aenter__()])
async def test_who_did_not_ask_for_the_database_is_told_so(reach):
    told = r"this one reaches the database.*ask for the fixture `database`"
    with (
        pytest.raises(pytest.fail.Exception, match=told),
        _no_database("this one"),
        contextlib.suppress(BaseException),
    ):
        await reach()


async def test_who_only_counts_connections_is_not():
    with _no_database("this one"):
        assert db.pool_use() == (0, 0)
