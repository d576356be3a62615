"""Alive, ready, degraded, down."""

import asyncio

import pytest

from backend.http import health


async def works():
    pass


async def breaks():
    raise ConnectionRefusedError("at some.host:5432")


async def hangs():
    await asyncio.Event().wait()


async def test_healthz_asks_nobody(client, statements):
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert statements == []


@pytest.mark.commits  # the parts are asked at the same time
async def test_readyz_asks_all_parts(client):
    answer = await client.get("/readyz")
    found = answer.json()
    assert answer.status_code == 200, found
    assert found["status"] == "ok"
    assert set(found["parts"]) == {"database", "migrations", "storage", "broker"}
    assert all(part["ok"] and part["error"] is None and part["ms"] >= 0 for part in found["parts"].values())


@pytest.mark.parametrize(
    ("away", "status", "http_status"),
    [
        ("broker", "degraded", 200),
        ("database", "down", 503),
        ("storage", "down", 503),
        ("migrations", "down", 503),
    ],
)
@pytest.mark.parametrize("how", [breaks, hangs])
async def test_says_what_is_away(away, status, http_status, how):
    checks = dict.fromkeys(health.CHECKS, works) | {away: how}
    found = await health.health(checks, patience_s=0.05)
    assert (found.status, found.http_status) == (status, http_status)
    assert [name for name, part in found.parts.items() if not part.ok] == [away]
    assert found.parts[away].error == ("ConnectionRefusedError" if how is breaks else "TimeoutError")


async def test_the_broker_that_is_away_is_noticed(monkeypatch, database):
    from backend.core.settings import settings

    elsewhere = settings().__class__(
        **{name: getattr(settings(), name) for name in settings().__struct_fields__}
        | {"redis_url": "redis://127.0.0.1:9/0"}
    )
    monkeypatch.setattr(health, "settings", lambda: elsewhere)
    found = await health.health({"broker": health.broker})
    assert found.status == "degraded"


async def test_migrations_that_are_missing_are_noticed(database):
    from backend.core import db

    assert (await health.health({"migrations": health.migrations})).status == "ok"
    await db.statement("DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)")
    found = await health.health({"migrations": health.migrations})
    assert (found.status, found.parts["migrations"].error) == ("down", "MigrationsPending")
