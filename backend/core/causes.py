"""What a failure of the database means to a caller: try again, or a value that cannot be held."""

import asyncpg

AWAY: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DiskFullError,
    asyncpg.InternalClientError,  # a statement on a connection that is just being lost; nothing of it was sent
)
"""The database could not be reached, or not be written to; who asked has nothing to do with it."""

_TRANSIENT: tuple[type[BaseException], ...] = (
    *AWAY,
    asyncpg.InterfaceError,
    asyncpg.CrashShutdownError,
    asyncpg.TransactionRollbackError,  # a deadlock, a conflict of versions
    asyncpg.ReadOnlySQLTransactionError,  # a server that is no longer the first
    asyncpg.InvalidCachedStatementError,  # a migration ran beside us
    asyncpg.PostgresIOError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    ConnectionError,
    TimeoutError,
)

DATABASE_BROKE: tuple[type[BaseException], ...] = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""Everything that the database's client raises; what loops for ever survives it."""


def is_transient(error: BaseException) -> bool:
    """Whether the database was away, busy or full, so that trying again may help."""
    return isinstance(error, _TRANSIENT)


_UNFIT: tuple[type[BaseException], ...] = (
    asyncpg.DataError,
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
)


def is_unfit(error: BaseException) -> bool:
    """Whether a value was one that Postgres cannot hold (a NUL in a text, a number out of range)."""
    return isinstance(error, _UNFIT)


def violated(error: asyncpg.IntegrityConstraintViolationError) -> str:
    """The name of the constraint or unique index that a statement ran into."""
    return str(error.constraint_name or "")
