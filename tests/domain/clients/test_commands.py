"""What admins do with API clients: every refusal once."""

from datetime import timedelta

import pytest

from backend.core import clock, db
from backend.core.actor import SYSTEM
from backend.core.ids import new_uuid
from backend.core.paging import Listing
from backend.domain.clients import access, commands, queries
from backend.domain.clients.errors import AddressUnfit, ClientNotFound, ClientOver, ClientsKeptByAdmins
from backend.domain.clients.terms import ClientState, NewClient
from tests.domain.clients.making import HERE, SCOPE, a_client, key
from tests.people import Person
from workers.jobs.housekeeping import purge_clients
from workers.schedule import Empty

NEW = NewClient(name="A partner", scopes=(SCOPE,))


async def test_only_admins_look_after_clients(teacher: Person):
    made = await a_client()
    for act in (
        commands.create_client(teacher.actor, NEW),
        commands.rotate_client(teacher.actor, made.client.id),
        commands.revoke_client(teacher.actor, made.client.id),
        queries.clients(teacher.actor, Listing()),
        queries.client(teacher.actor, made.client.id),
        queries.uses(teacher.actor, made.client.id),
    ):
        with pytest.raises(ClientsKeptByAdmins):
            await act


async def test_what_is_not_there(database: None):
    for act in (
        commands.rotate_client(SYSTEM, new_uuid()),
        commands.revoke_client(SYSTEM, 987654),
        queries.client(SYSTEM, "CLIENT-NOBODY"),
    ):
        with pytest.raises(ClientNotFound):
            await act


async def test_an_address_that_is_none_is_named(database: None):
    with pytest.raises(AddressUnfit) as refused:
        await a_client(addresses=("192.0.2.7", "300.1.1.1"))
    assert list(refused.value.data["fields"]) == ["addresses[1]"]


async def test_a_secret_is_kept_nowhere(database: None):
    made = await a_client()
    token = await access.issue_token(key(made), **HERE, lifetime_s=60)
    tables = ("api_client", "api_token", "api_use", "outbox", "throttle")
    kept = "".join([str(await db.value(f"SELECT json_agg(t)::text FROM {table} t")) for table in tables])
    assert made.client.code in kept
    for secret in (made.secret, token.token, token.token.split(".")[1]):
        assert secret not in kept
    assert token.token not in repr(token)


async def test_a_client_without_a_company_goes_by_its_code(database: None):
    made = await a_client(addresses=("192.0.2.9/24",))
    assert made.client.company == made.client.code
    assert (made.client.state, list(made.client.addresses)) == (ClientState.ACTIVE, ["192.0.2.0/24"])
    assert (await queries.client(SYSTEM, made.client.code)).uuid == made.client.uuid
    expired = await a_client(expires_at=clock.now() - timedelta(seconds=1))
    assert expired.client.state is ClientState.EXPIRED


async def test_one_that_was_revoked_stays_so(database: None):
    made = await a_client()
    revoked = await commands.revoke_client(SYSTEM, made.client.uuid)
    assert revoked.state is ClientState.REVOKED
    assert await commands.revoke_client(SYSTEM, made.client.id) == revoked
    with pytest.raises(ClientOver):
        await commands.rotate_client(SYSTEM, made.client.id)
    names = await db.fetch("SELECT name FROM outbox ORDER BY id")
    assert [row["name"] for row in names] == ["clients.client.created.v1", "clients.client.revoked.v1"]


async def test_what_is_over_is_swept(database: None):
    made = await a_client()
    for lifetime_s in (60, -90_000):
        await access.issue_token(key(made), **HERE, lifetime_s=lifetime_s)
    await db.statement(
        "INSERT INTO api_use (client_id, minute, address, route, outcome)"
        " VALUES ($1, now() - interval '91 days', '', '', 'taken')",
        made.client.id,
    )
    assert await purge_clients(Empty()) == 2
    assert await purge_clients(Empty()) == 0
    assert await db.value("SELECT count(*) FROM api_token") == 1
    assert await db.value("SELECT sum(uses) FROM api_use") == 2
