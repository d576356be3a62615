"""What is made once and kept beside the data: secrets and ports."""

import os
import secrets
from pathlib import Path

import msgspec

_SECRET_BYTES = 32


class Credentials(msgspec.Struct, frozen=True):
    """What the embedded services of one data directory ask for."""

    postgres_password: str
    valkey_password: str
    s3_access_key: str
    s3_secret_key: str


class Secrets(msgspec.Struct, frozen=True):
    """The signing keys of one development installation."""

    jwt_secret: str
    ticket_secret: str


def private_directory(path: Path) -> Path:
    """Make a directory that only its owner may enter. Safe to repeat."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step; no one else can read it at any moment."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _random() -> str:
    return secrets.token_hex(_SECRET_BYTES)


def credentials(data: Path) -> Credentials:
    """Read the services' credentials, or make them. Safe to repeat."""
    path = data / "credentials.json"
    if not path.exists():
        made = Credentials(_random(), _random(), "lulus" + secrets.token_hex(8), _random())
        write_private(path, msgspec.json.encode(made))
    return msgspec.json.decode(path.read_bytes(), type=Credentials)


def remembered_ports(data: Path) -> dict[str, int]:
    """The ports of the last start on this data, by service."""
    try:
        return msgspec.json.decode((data / "ports.json").read_bytes(), type=dict[str, int])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def remember_ports(data: Path, ports: dict[str, int]) -> None:
    """Have the next start prefer these."""
    write_private(data / "ports.json", msgspec.json.encode(remembered_ports(data) | ports))


def development_secrets(data: Path) -> Secrets:
    """Read the signing keys, or make them. Safe to repeat."""
    path = data / "secrets.json"
    if not path.exists():
        write_private(path, msgspec.json.encode(Secrets(_random(), _random())))
    return msgspec.json.decode(path.read_bytes(), type=Secrets)
