"""The database: one engine, and the only doors to it.

`transaction()` joins the transaction that is open, or opens one. `savepoint()` nests: what fails inside it can be
caught outside. `statement()`, `fetch()`, `row()` and `value()` run SQL with `$1` parameters, in the transaction that
is open or in a pooled connection of their own (one autocommit statement).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from asyncpg import Record
from piccolo.columns import Column
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString
from piccolo.table import Table

from backend.core.causes import DATABASE_BROKE
from backend.core.ids import Ref
from backend.core.settings import settings

T = TypeVar("T")

ACQUIRE_TIMEOUT_S = 15
_SESSION = {
    "application_name": "lulus",
    "timezone": "UTC",
    "jit": "off",
    "statement_timeout": "30000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "15000",
}

_depth: ContextVar[int] = ContextVar("transaction_depth", default=0)
_after: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)
_migrating: ContextVar[bool] = ContextVar("migrating", default=False)
_check: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("check_before_commit", default=None)
statements_run: ContextVar[list[str] | None] = ContextVar("statements_run", default=None)
"""When a test puts a list here, the text of every statement is appended to it."""


class _Transaction(PostgresTransaction):
    """Piccolo's, repaired: whatever fails, the connection goes back and the context variable is reset.

    Upstream, a failing COMMIT or a lost connection leaks the pooled connection and leaves the transaction set, so that
    the task can never query again. May go when piccolo resets both in a `finally`.
    """

    async def __aenter__(self) -> "_Transaction":
        self.connection = await self.get_connection()
        self.transaction = self.connection.transaction()
        try:
            await self.begin()  # type: ignore[no-untyped-call]  # upstream has no annotation
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def get_connection(self) -> Any:  # noqa: ANN401 - asyncpg's pool proxy is not typed
        if self.engine.pool:
            return await self.engine.pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
        return await self.engine.get_new_connection()

    async def _give_back(self) -> None:
        if self.engine.pool:
            await self.engine.pool.release(self.connection, timeout=ACQUIRE_TIMEOUT_S)
        else:
            await self.connection.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            if error is None:
                await self.commit()  # type: ignore[no-untyped-call]  # as above
            else:
                with suppress(*DATABASE_BROKE):
                    await self.rollback()  # type: ignore[no-untyped-call]  # as above
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return False


class _PooledConnection(asyncpg.Connection):  # type: ignore[misc]  # upstream has no types
    """Says nothing to Postgres when it goes back to the pool: asyncpg would spend a round trip on each return.

    What that would clear is never left behind here: settings and locks end with their transactions, and who listens
    has a connection of its own (a test reads the source for it). asyncpg still ends an open transaction itself.
    """

    def get_reset_query(self) -> str:
        return ""


class _Engine(PostgresEngine):
    """Refuses nested transactions, records statements where a test asks for it, and does not connect when made."""

    async def check_version(self) -> None:
        """Leave the version to `backend.migrate`, which refuses an old server."""

    async def prep_database(self) -> None:
        """Leave extensions to the migrations."""

    def transaction(self, allow_nested: bool = False) -> PostgresTransaction:  # noqa: FBT001,FBT002 - upstream's
        if _migrating.get() and self.current_transaction.get() is not None:
            return PostgresTransaction(engine=self, allow_nested=True)
        return _Transaction(engine=self, allow_nested=allow_nested)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:  # noqa: ANN401,FBT001,FBT002
        _record(str(querystring))
        return await super().run_querystring(querystring, in_pool)


def _record(sql: str) -> None:
    record = statements_run.get()
    if record is not None:
        record.append(sql)


ENGINE = _Engine(config={"dsn": settings().database_url, "server_settings": _SESSION}, extensions=())


async def open_pool(*, most: int | None = None) -> None:
    """Open the pool of this process on the running loop. Raises what asyncpg raises when the server is away."""
    size = most or settings().db_pool_size
    await ENGINE.start_connection_pool(
        min_size=min(2, size),
        max_size=size,
        command_timeout=60,
        max_inactive_connection_lifetime=300,
        connection_class=_PooledConnection,
    )


async def close_pool() -> None:
    """Close the pool; after two seconds, before the server kills its workers, the connections still out are cut."""
    pool, ENGINE.pool = ENGINE.pool, None
    if pool is None:
        return
    try:
        await asyncio.wait_for(pool.close(), 2)
    except TimeoutError:
        pool.terminate()


def pool_use() -> tuple[int, int]:
    """Connections in use, and the most there may be."""
    pool = ENGINE.pool
    return (pool.get_size() - pool.get_idle_size(), pool.get_max_size()) if pool else (0, 0)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Join the open transaction, or open one and commit it at the end.

    Before the outermost commit the check registered by `checked()` runs; after it, what `after_commit()` collected.
    An error that leaves a joined block must not be caught inside the outer one: use `savepoint()` for that.
    """
    if _depth.get():
        yield
        return
    held = ENGINE.current_transaction.get()
    # only the rollback fixture of the tests holds one at depth 0: stay inside it
    opened = ENGINE.transaction() if held is None else held.connection.transaction()
    async with opened, _outermost() as callbacks:
        yield
    for callback in callbacks:
        callback()


@asynccontextmanager
async def _outermost() -> AsyncIterator[list[Callable[[], None]]]:
    callbacks: list[Callable[[], None]] = []
    depth, after = _depth.set(1), _after.set(callbacks)
    try:
        yield callbacks
        check = _check.get()
        if check is not None:
            await check()
    finally:
        _depth.reset(depth)
        _after.reset(after)


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Run a part of the open transaction that may fail without failing the whole.

    What a failed part left for `after_commit()` is forgotten with it.

    Raises: RuntimeError outside a transaction.
    """
    callbacks = _after.get()
    before = len(callbacks or ())
    try:
        async with _connection("savepoint()").transaction():
            yield
    except BaseException:
        if callbacks is not None:
            del callbacks[before:]
        raise


@asynccontextmanager
async def checked(check: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Have every outermost commit of the block preceded by `check`, in the same transaction (a job's fence)."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def after_commit(callback: Callable[[], None]) -> None:
    """Call `callback` once the open transaction has committed. Raises: RuntimeError outside a transaction."""
    callbacks = _after.get()
    if callbacks is None:
        raise RuntimeError("after_commit() outside a transaction")
    if callback not in callbacks:
        callbacks.append(callback)


def in_transaction() -> bool:
    """Whether a command's transaction is open (the tests' rollback fixture does not count)."""
    return _depth.get() > 0


def holds_connection() -> bool:
    """Whether what runs here runs on a connection of its own: inside a transaction, or the tests' rollback fixture."""
    return ENGINE.current_transaction.get() is not None


def _connection(door: str) -> Any:  # noqa: ANN401 - asyncpg's pool proxy is not typed
    current = ENGINE.current_transaction.get()
    if current is None:
        raise RuntimeError(f"{door} outside a transaction")
    return current.connection


async def _run(method: str, sql: str, args: Sequence[Any]) -> Any:  # noqa: ANN401 - asyncpg's own answer
    _record(sql)
    current = ENGINE.current_transaction.get()
    if current is not None:
        return await getattr(current.connection, method)(sql, *args)
    if ENGINE.pool is None:
        raise RuntimeError("no pool: call open_pool() when the process starts")
    async with ENGINE.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
        return await getattr(connection, method)(sql, *args)


async def fetch(sql: str, *args: Any) -> list[Record]:  # noqa: ANN401 - SQL parameters
    """All rows of a statement."""
    rows: list[Record] = await _run("fetch", sql, args)
    return rows


async def row(sql: str, *args: Any) -> Record | None:  # noqa: ANN401 - SQL parameters
    """The first row of a statement, or None."""
    found: Record | None = await _run("fetchrow", sql, args)
    return found


async def value(sql: str, *args: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    """The first column of the first row, or None."""
    return await _run("fetchval", sql, args)


async def statement(sql: str, *args: Any) -> int:  # noqa: ANN401 - SQL parameters
    """Run a statement and say how many rows it touched."""
    tag: str = await _run("execute", sql, args)
    last = tag.rsplit(" ", 1)[-1]
    return int(last) if last.isdecimal() else 0


@asynccontextmanager
async def migrating() -> AsyncIterator[None]:
    """One transaction round all migrations and their records; Piccolo's own transactions join it."""
    token = _migrating.set(True)
    try:
        async with ENGINE.transaction():
            yield
    finally:
        _migrating.reset(token)


async def script(sql: str) -> None:
    """Run several statements without parameters (migrations)."""
    await _run("execute", sql, ())


def views(type_: type[T], rows: Sequence[Record]) -> list[T]:
    """Rows as view structs; the names of columns are the names of fields."""
    return [view(type_, found) for found in rows]


def view(type_: type[T], found: Record) -> T:
    """One row as a view struct. JSON columns come as text: decode them with `msgspec.json` in the query."""
    return msgspec.convert(dict(found), type_, strict=False)


def match(table: type[Table], ref: Ref) -> Any:  # noqa: ANN401 - Piccolo's Where
    """The condition that picks a row by id or uuid."""
    column: Column = table._meta.get_column_by_name("uuid" if isinstance(ref, UUID) else "id")  # noqa: SLF001 - Piccolo's own way to columns
    return column == ref


async def lock(table: str, ref: Ref) -> int | None:
    """Lock a row for the rest of the transaction and give its id; None when there is none. `table` is one of ours."""
    found: int | None = await value(f"SELECT id FROM {table} WHERE {column_of(ref)} = $1 FOR UPDATE", ref)  # noqa: S608 - our names
    return found


def column_of(ref: Ref) -> str:
    """The column a reference names, for SQL text: "uuid" or "id"."""
    return "uuid" if isinstance(ref, UUID) else "id"
