"""API clients for tests."""

from typing import Any

from backend.core.actor import SYSTEM
from backend.domain.clients import commands
from backend.domain.clients.commands import Revealed
from backend.domain.clients.terms import Key, NewClient

SCOPE = "somewhere:read"
HERE = {"scope": SCOPE, "address": "192.0.2.7", "route": "/somewhere/{id}"}


async def a_client(**values: Any) -> Revealed:
    """A client that may do everything that the tests of this folder ask for."""
    return await commands.create_client(SYSTEM, NewClient(**{"name": "A partner", "scopes": (SCOPE,), **values}))


def key(made: Revealed) -> Key:
    """What the client sends."""
    return Key(made.client.company, made.secret)
