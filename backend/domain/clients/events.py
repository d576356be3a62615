"""What has happened to API clients."""

from typing import ClassVar

from backend.core.outbox import Event


class ClientCreated(Event, frozen=True):
    """A client was made; its secret was shown."""

    name: ClassVar[str] = "clients.client.created.v1"
    client_id: int


class SecretRotated(Event, frozen=True):
    """A client has another secret; the old one and its tokens open nothing more."""

    name: ClassVar[str] = "clients.secret.rotated.v1"
    client_id: int


class ClientRevoked(Event, frozen=True):
    """A client may call no more."""

    name: ClassVar[str] = "clients.client.revoked.v1"
    client_id: int
