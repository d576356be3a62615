"""People for tests: accounts with a session, and clients signed in as them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from itertools import count
from uuid import UUID

import httpx
import msgspec
import pytest

from backend.core import db, tokens
from backend.core.actor import Actor, Role
from backend.core.settings import settings
from backend.domain.accounts.queries import ACCESS_AUDIENCE

HERE = "http://lulus.test"
_numbers = count(1)


class Person(msgspec.Struct):
    """Someone with an account, a session, and an HTTP client that sends the session's token."""

    actor: Actor
    uuid: UUID
    name: str
    email: str
    token: str
    http: httpx.AsyncClient

    @property
    def id(self) -> int:
        return self.actor.person_id


async def an_account(role: Role, *, name: str = "", group: str = "public") -> tuple[int, UUID, str, str]:
    """A verified account with a profile; its password cannot be known. Shape: (id, uuid, name, email)."""
    number = next(_numbers)
    name = name or f"{role.title()} {number}"
    email = f"{role}{number}@example.test"
    found = await db.row(
        "INSERT INTO account (email, phone, name, password_hash, role, verified_at, created_at, updated_at)"
        " VALUES ($1, $2, $3, '!', $4, now(), now(), now()) RETURNING id, uuid",
        email,
        f"08{number:010}",
        name,
        str(role),
    )
    assert found is not None
    await db.statement(
        "INSERT INTO profile (account_id, group_type, group_verified, institution, origin, address,"
        " created_at, updated_at) VALUES ($1, $2, true, 'Institution', 'Depok', 'Address', now(), now())",
        found["id"],
        group,
    )
    return found["id"], found["uuid"], name, email


async def a_session(account_id: int) -> tuple[int, UUID]:
    """A session of an account. Shape: (id, uuid)."""
    found = await db.row(
        "INSERT INTO session (account_id, refresh_hash, user_agent, address, rotated_at, created_at, last_used_at,"
        " expires_at) VALUES ($1, uuid_send(uuidv7()), '', '', now(), now(), now(), now() + interval '1 day')"
        " RETURNING id, uuid",
        account_id,
    )
    assert found is not None
    return found["id"], found["uuid"]


def a_token(account_uuid: UUID, session_uuid: UUID) -> str:
    """An access token as the login gives it."""
    return tokens.sign(
        settings().jwt_secret,
        audience=ACCESS_AUDIENCE,
        subject=str(account_uuid),
        lifetime=timedelta(minutes=10),
        claims={"sid": str(session_uuid)},
    )


MakePerson = Callable[..., Awaitable[Person]]


@asynccontextmanager
async def people(transport: httpx.AsyncBaseTransport) -> AsyncIterator[MakePerson]:
    """Make people, whose clients are closed at the end."""
    async with AsyncExitStack() as stack:

        async def make(role: Role = Role.STUDENT, *, name: str = "", group: str = "public") -> Person:
            account_id, account_uuid, name, email = await an_account(role, name=name, group=group)
            session_id, session_uuid = await a_session(account_id)
            token = a_token(account_uuid, session_uuid)
            http = httpx.AsyncClient(transport=transport, base_url=HERE, headers={"authorization": f"Bearer {token}"})
            stack.push_async_callback(http.aclose)
            return Person(Actor(account_id, role, session_id), account_uuid, name, email, token, http)

        yield make


@pytest.fixture
async def a_person(client: httpx.AsyncClient) -> AsyncIterator[MakePerson]:
    """Make people: `await a_person(Role.STUDENT, name="…")`."""
    async with people(client._transport) as make:
        yield make


@pytest.fixture
async def admin(a_person: MakePerson) -> Person:
    """Someone who runs the school."""
    return await a_person(Role.ADMIN)


@pytest.fixture
async def teacher(a_person: MakePerson) -> Person:
    """Someone who teaches, as yet nothing."""
    return await a_person(Role.TEACHER)


@pytest.fixture
async def student(a_person: MakePerson) -> Person:
    """Someone who studies, as yet in no batch."""
    return await a_person(Role.STUDENT)
