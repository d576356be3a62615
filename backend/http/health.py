"""Can this process do its work? Each part is asked at the same time, and none for longer than two seconds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from backend import migrate
from backend.core import db
from backend.core.settings import settings
from backend.http import shared

PATIENCE_S = 2.0

Check = Callable[[], Awaitable[None]]


class Part(msgspec.Struct, frozen=True):
    """How one part does. `error` names what was raised, without its text, which may hold addresses."""

    ok: bool
    ms: float
    error: str | None = None


class Health(msgspec.Struct, frozen=True):
    """`status` is "ok"; "degraded" when only the broker is away, since commands are accepted; or "down"."""

    status: str
    parts: dict[str, Part]

    @property
    def http_status(self) -> int:
        """503 only when requests cannot be served."""
        return 503 if self.status == "down" else 200


class MigrationsPending(Exception):
    """The database is older than the code."""


async def database() -> None:
    """Whether a statement runs."""
    await db.value("SELECT 1")


async def migrations() -> None:
    """Whether the database is up to date. Raises: MigrationsPending."""
    if await migrate.pending():
        raise MigrationsPending


async def storage() -> None:
    """Whether the bucket answers."""
    await shared.storage().ping()


async def broker() -> None:
    """Whether Valkey answers, asked on a connection of its own."""
    client = redis.asyncio.Redis.from_url(
        settings().redis_url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=Retry(NoBackoff(), 0)
    )
    try:
        await client.execute_command("PING")  # type: ignore[no-untyped-call]  # upstream has no annotation
    finally:
        await client.aclose()


CHECKS: Mapping[str, Check] = {
    "database": database,
    "migrations": migrations,
    "storage": storage,
    "broker": broker,
}
OPTIONAL = frozenset({"broker"})


async def health(checks: Mapping[str, Check] = CHECKS, *, patience_s: float = PATIENCE_S) -> Health:
    """Ask all parts."""
    asked = await asyncio.gather(*(_ask(check, patience_s) for check in checks.values()))
    parts = dict(zip(checks, asked, strict=True))
    away = {name for name, part in parts.items() if not part.ok}
    return Health("down" if away - OPTIONAL else "degraded" if away else "ok", parts)


async def _ask(check: Check, patience_s: float) -> Part:
    begun = time.perf_counter()
    error = None
    try:
        async with asyncio.timeout(patience_s):
            await check()
    except Exception as broken:  # noqa: BLE001 - whatever it is, the part does not work
        error = type(broken).__name__
    return Part(error is None, round((time.perf_counter() - begun) * 1000, 1), error)
