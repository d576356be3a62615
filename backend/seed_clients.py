"""Programs of partners for the demo school, one for each of their dialects, whose calls can be tried at once."""

import msgspec

from backend.core import db
from backend.core.actor import SYSTEM
from backend.domain.clients import commands
from backend.domain.clients.terms import NewClient, Scope

SCOPES = {"learning360": Scope.LEARNING360, "ruangkerja": Scope.RUANGKERJA}


class Program(msgspec.Struct, frozen=True):
    """How a partner's program calls: who it says it is, and its secret."""

    client: str
    secret: str


async def seed() -> dict[str, Program]:
    """Make those that are not there yet; says the secrets of the new ones, by dialect. Needs the pool."""
    made = {}
    for dialect, scope in SCOPES.items():
        name = f"Demo {dialect}"
        async with db.transaction():
            if await db.value("SELECT 1 FROM api_client WHERE name = $1", name):
                continue
            new = NewClient(name=name, scopes=(scope,), company=f"demo-{dialect}")
            revealed = await commands.create_client(SYSTEM, new)
            made[dialect] = Program(revealed.client.company, revealed.secret)
    return made
