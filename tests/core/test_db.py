import asyncio

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from backend.core import db

pytestmark = pytest.mark.commits


async def count() -> int:
    return await db.value("SELECT count(*) FROM throttle")


async def add(key: str) -> None:
    await db.statement("INSERT INTO throttle (key, hits, window_started_at) VALUES ($1, 1, now())", key)


async def test_a_joined_transaction_commits_and_rolls_back_with_the_outer_one(database):
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            async with db.transaction():
                await add("inner")
            raise ZeroDivisionError
    assert await count() == 0
    async with db.transaction(), db.transaction():
        await add("inner")
    assert await count() == 1


async def test_a_savepoint_may_fail_alone(database):
    async with db.transaction():
        await add("kept")
        with pytest.raises(asyncpg.UniqueViolationError):
            async with db.savepoint():
                await add("kept")
        await add("also")
    assert await count() == 2


async def test_a_savepoint_needs_a_transaction(database):
    with pytest.raises(RuntimeError):
        async with db.savepoint():
            pass


async def test_the_check_runs_before_the_outermost_commit_only(database):
    seen = []

    async def check() -> None:
        seen.append(await count())
        raise ValueError("fenced")

    with pytest.raises(ValueError, match="fenced"):
        async with db.checked(check), db.transaction(), db.transaction():
            await add("effect")
    assert seen == [1]
    assert await count() == 0


async def test_what_follows_a_commit_does_not_follow_a_rollback(database):
    called = []

    def follow() -> None:
        called.append(db.in_transaction())

    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            db.after_commit(follow)
            raise ZeroDivisionError
    assert called == []
    async with db.transaction():
        db.after_commit(follow)
        db.after_commit(follow)
    assert called == [False]


async def test_a_connection_lost_in_a_transaction_poisons_nothing(database):
    for _ in range(30):  # more often than the pool has connections
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            async with db.transaction():
                pid = await db.value("SELECT pg_backend_pid()")
                await _terminate(pid)
                await add("lost")
    assert await count() == 0
    assert db.pool_use()[0] == 0


async def _terminate(pid: int) -> None:
    async with db.ENGINE.pool.acquire() as other:
        await other.execute("SELECT pg_terminate_backend($1, 1000)", pid)


async def test_a_failing_commit_gives_the_connection_back(database):
    await db.statement(
        "CREATE TABLE IF NOT EXISTS deferred (id int PRIMARY KEY, other int REFERENCES deferred"
        " DEFERRABLE INITIALLY DEFERRED)"
    )
    try:
        for _ in range(30):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                async with db.transaction():
                    await db.statement("INSERT INTO deferred VALUES (1, 2)")
        assert await db.value("SELECT count(*) FROM deferred") == 0
    finally:
        await db.statement("DROP TABLE deferred")
    assert db.pool_use()[0] == 0


async def test_cancelling_a_task_in_a_transaction_rolls_back(database):
    inside = asyncio.Event()

    async def work() -> None:
        async with db.transaction():
            await add("cancelled")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count() == 0
    assert db.pool_use()[0] == 0


async def test_the_engine_refuses_to_nest(database):
    async with db.transaction():
        with pytest.raises(TransactionError):
            await _nest()


async def _nest() -> None:
    async with db.ENGINE.transaction():
        pass


async def test_a_connection_goes_back_without_a_round_trip(database):
    said = []
    async with db.ENGINE.pool.acquire() as connection:
        connection.add_query_logger(said.append)
        await connection.execute("SELECT 1")
    async with db.ENGINE.pool.acquire() as connection:
        connection.remove_query_logger(said.append)
    assert [entry.query for entry in said] == ["SELECT 1"]


async def test_what_a_transaction_set_ends_with_it(database):
    usual = await db.value("SHOW lock_timeout")
    async with db.transaction():
        await db.statement("SET LOCAL lock_timeout = '1ms'")
    for _ in range(db.ENGINE.pool.get_size()):
        assert await db.value("SHOW lock_timeout") == usual


async def test_a_transaction_left_open_is_over_for_the_next_user(database):
    async with db.ENGINE.pool.acquire() as connection:
        await connection.execute("BEGIN")
        await connection.execute("INSERT INTO throttle (key, hits, window_started_at) VALUES ('left', 1, now())")
    assert await count() == 0
