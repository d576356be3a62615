"""Letting API clients in: every refusal once, the activity log, the rate, and races."""

import asyncio
import re
from datetime import timedelta

import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.domain.clients import access, commands, queries, rules
from backend.domain.clients.errors import (
    AddressRefused,
    CallsTooOften,
    ClientExpired,
    ClientRevoked,
    ClientUnknown,
    ScopeMissing,
)
from backend.domain.clients.terms import Key, Token
from tests.domain.clients.making import HERE, SCOPE, a_client, key


async def log() -> list[tuple[str, str, str, int]]:
    rows = await db.fetch("SELECT address, route, outcome, uses FROM api_use ORDER BY id")
    return [tuple(row) for row in rows]


async def test_a_secret_and_its_token_open(database: None, statements: list[str]):
    made = await a_client(company="school-1")
    statements.clear()
    assert (await access.authenticate(key(made), **HERE)).id == made.client.id
    assert len(statements) == 2
    assert (await access.authenticate(Key(made.client.code, made.secret), **HERE)).id == made.client.id
    issued = await access.issue_token(key(made), **HERE, lifetime_s=60)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{43}", issued.token)
    statements.clear()
    assert (await access.authenticate(Token(issued.token), **HERE)).id == made.client.id
    assert len(statements) == 2
    assert await log() == [("192.0.2.7", "/somewhere/{id}", "taken", 4)]


async def test_who_is_unknown(database: None):
    made = await a_client(company="school-1")
    other = await a_client(company="school-2")
    for proof in (
        Key("school-1", "lulus_x"),
        Key("school-1", ""),
        Key("school-1", "\ud800\x00"),
        Key("", made.secret),
        Key("school-2", made.secret),
        Key(other.client.code, made.secret),
        Key("school-1", made.secret[:-1]),
        Token(made.secret),
        Token(""),
    ):
        with pytest.raises(ClientUnknown):
            await access.authenticate(proof, **HERE)
    assert await log() == []


async def test_every_refusal_is_noted(database: None):
    made = await a_client(addresses=("192.0.2.0/24",))
    token = Token((await access.issue_token(key(made), **HERE, lifetime_s=60)).token)
    for proof in (key(made), token):
        with pytest.raises(ScopeMissing):
            await access.authenticate(proof, **HERE | {"scope": "elsewhere:read"})
        with pytest.raises(AddressRefused):
            await access.authenticate(proof, **HERE | {"address": "198.51.100.1"})
    await db.statement("UPDATE api_token SET expires_at = now()")
    with pytest.raises(ClientExpired):
        await access.authenticate(token, **HERE)
    await db.statement("UPDATE api_token SET expires_at = now() + interval '1 hour'")
    await db.statement("UPDATE api_client SET expires_at = $1", clock.now() - timedelta(seconds=1))
    for proof in (key(made), token):
        with pytest.raises(ClientExpired):
            await access.authenticate(proof, **HERE)
    await commands.revoke_client(SYSTEM, made.client.id)
    for proof in (key(made), token):
        with pytest.raises(ClientRevoked):
            await access.authenticate(proof, **HERE)
    with pytest.raises(ClientRevoked):
        await access.issue_token(key(made), **HERE, lifetime_s=60)
    assert [line[2:] for line in await log()] == [
        ("taken", 1),
        ("out_of_scope", 2),
        ("elsewhere", 2),
        ("expired", 3),
        ("revoked", 3),
    ]
    assert {use.outcome for use in await queries.uses(SYSTEM, made.client.id)} == {line[2] for line in await log()}


async def test_a_token_is_for_its_scope_while_its_client_has_it(database: None):
    made = await a_client(scopes=(SCOPE, "other:read"))
    token = Token((await access.issue_token(key(made), **HERE, lifetime_s=60)).token)
    with pytest.raises(ScopeMissing):
        await access.authenticate(token, **HERE | {"scope": "other:read"})
    await db.statement("UPDATE api_client SET scopes = '{other:read}'")
    for scope in (SCOPE, "other:read"):
        with pytest.raises(ScopeMissing):
            await access.authenticate(token, **HERE | {"scope": scope})


async def test_another_secret_ends_the_old_one_and_its_tokens(database: None):
    made = await a_client()
    token = Token((await access.issue_token(key(made), **HERE, lifetime_s=60)).token)
    again = await commands.rotate_client(SYSTEM, made.client.id)
    for proof in (key(made), token):
        with pytest.raises(ClientUnknown):
            await access.authenticate(proof, **HERE)
    assert (await access.authenticate(key(again), **HERE)).rotated_at is not None


async def test_the_last_use_is_written_once_a_minute(database: None):
    made = await a_client()
    assert made.client.last_used_at is None
    for stored, is_new in (("now() - interval '2 minutes'", True), ("now() - interval '30 seconds'", False)):
        await db.statement(f"UPDATE api_client SET last_used_at = {stored}")
        before = await db.value("SELECT last_used_at FROM api_client")
        await access.authenticate(key(made), **HERE)
        assert (await db.value("SELECT last_used_at FROM api_client") != before) is is_new


async def test_the_oldest_token_ends_when_there_are_too_many(database: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "TOKENS_KEPT", 2)
    made = await a_client()
    issued = [await access.issue_token(key(made), **HERE, lifetime_s=60) for _ in range(3)]
    with pytest.raises(ClientUnknown):
        await access.authenticate(Token(issued[0].token), **HERE)
    for one in issued[1:]:
        await access.authenticate(Token(one.token), **HERE)


async def test_a_company_has_one_rate_for_all_its_clients(database: None):
    one, two = await a_client(company="school", rate_per_s=3), await a_client(company="school", rate_per_s=3)
    for made in (one, two, one):
        await access.authenticate(key(made), **HERE)
    with pytest.raises(CallsTooOften) as refused:
        await access.authenticate(key(two), **HERE)
    assert refused.value.data == {"retry_after_s": 1}
    await access.authenticate(key(await a_client(company="another", rate_per_s=3)), **HERE)
    await db.statement("UPDATE throttle SET window_started_at = now() - interval '2 seconds'")
    await access.authenticate(key(two), **HERE)
    assert [line[2:] for line in await log()] == [("taken", 2), ("taken", 2), ("too_many", 1), ("taken", 1)]


@pytest.mark.commits
async def test_calls_at_once_are_all_counted(database: None):
    made = await a_client(rate_per_s=10)
    calls = [access.authenticate(key(made), **HERE) for _ in range(30)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    let_in = sum(not isinstance(one, CallsTooOften) for one in found)
    noted = {outcome: await db.value("SELECT sum(uses) FROM api_use WHERE outcome = $1", outcome)
             for outcome in ("taken", "too_many")}  # fmt: skip
    assert let_in >= 10
    assert noted["taken"] == let_in
    assert (noted["too_many"] or 0) == 30 - let_in
    assert all(isinstance(one, CallsTooOften) or one.id == made.client.id for one in found)


@pytest.mark.commits
async def test_no_token_survives_a_rotation_that_runs_beside_it(database: None):
    made = await a_client(rate_per_s=1000)
    issuing = [access.issue_token(key(made), **HERE, lifetime_s=60) for _ in range(8)]
    found = await asyncio.gather(*issuing, commands.rotate_client(SYSTEM, made.client.id), return_exceptions=True)
    for one in found[:-1]:
        if isinstance(one, access.IssuedToken):
            with pytest.raises(ClientUnknown):
                await access.authenticate(Token(one.token), **HERE)
        else:
            assert isinstance(one, ClientUnknown)
