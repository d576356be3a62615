"""What a failure of the database means to a caller: try again, or a value that cannot be held."""

import asyncpg

_TRANSIENT: tuple[type[BaseException], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    ConnectionError,
    TimeoutError,
)


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
