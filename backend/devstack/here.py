"""The services that `make up` runs in a folder, for commands of the same folder that were told of none."""

from pathlib import Path

from backend.devstack.credentials import Credentials, credentials, development_secrets, remembered_ports
from backend.devstack.service import Service
from backend.devstack.services import KINDS


def environment(var: Path) -> dict[str, str]:
    """What `make up` tells its own processes; empty where it never ran. Whether anything answers is not asked."""
    data = var / "services"
    ports = remembered_ports(data)
    if not ports or not (data / "credentials.json").exists():
        return {}
    known = credentials(data)
    told = {key: value for name, port in ports.items() for key, value in _one(name, data, port, known).items()}
    if (var / "secrets.json").exists():
        made = development_secrets(var)
        told |= {"JWT_SECRET": made.jwt_secret, "TICKET_SECRET": made.ticket_secret}
    return told | {"VAR_DIR": str(var)}


def _one(name: str, data: Path, port: int, known: Credentials) -> dict[str, str]:
    kind: type[Service] = KINDS[name]
    return kind(data, port, known).environment()
