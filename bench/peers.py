"""The peers' own virtual environment, outside .venv: nothing in it is a dependency of Lulus.

`peers.txt` pins it. It was made by `uv pip compile --universal --python-version 3.11 --generate-hashes` from:
celery[redis], fastapi, kolibri, openpyxl, pyjwt, sqlalchemy[asyncio], asyncpg, uvicorn[standard], psycopg2-binary.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from backend.devstack.install import ROOT, tell_uv
from backend.devstack.ports import is_free, random_port
from backend.devstack.processes import StartError
from bench.stand import Stand

PINS = Path(__file__).with_name("peers.txt")
FOLDER = ROOT / "var" / "peers"
STAMP = ".installed"
READY_S = 60.0


class PeersError(Exception):
    """The peers cannot be installed."""


def python() -> Path:
    """The Python that has the peers; makes it first where `peers.txt` has changed. Raises: PeersError. Safe to repeat.

    Its environment lies in a folder named by the fingerprint of the pins and of this Python.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    fingerprint = hashlib.sha256(PINS.read_bytes() + version.encode()).hexdigest()[:16]
    home = FOLDER / fingerprint
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (FOLDER / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another bench may be installing
        if not (home / STAMP).exists():
            _install(home)
    return home / "bin" / "python"


def folder(name: str) -> Path:
    """A folder that lives as long as the peers' environment, for what a peer makes once. Safe to repeat."""
    made = python().parents[1] / name
    made.mkdir(exist_ok=True)
    return made


def serve(stand: Stand, name: str, app: str, env: Mapping[str, str]) -> int:
    """Start an ASGI application in the peers' environment, one process as Lulus's web is. Returns its port."""
    port = random_port(lambda first: (first,))
    line = f"{python()} -m uvicorn {app} --port {port} --loop uvloop --http httptools --no-access-log"
    stand.start(name, line, env)
    await_port(stand, name, port)
    return port


def await_port(stand: Stand, name: str, port: int) -> None:
    """Wait until a process listens. Raises: StartError when it ends or stays silent."""
    deadline = time.monotonic() + READY_S
    while is_free(port):
        if stand.processes[name].poll() is not None or time.monotonic() > deadline:
            raise StartError(f"{name} does not start: {stand.tail(name)}")
        time.sleep(0.05)


def _install(home: Path) -> None:
    for old in FOLDER.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    print("[bench] installing the peers (FastAPI, SQLAlchemy, Celery, Kolibri ...)", file=sys.stderr, flush=True)
    tell_uv()
    uv = Path(sys.executable).with_name("uv")
    _run(uv, "venv", "--quiet", "--python", sys.executable, home)
    _run(
        *(uv, "pip", "install", "--quiet", "--only-binary", ":all:", "--require-hashes"),
        *("--python", home / "bin" / "python", "-r", PINS),
    )
    (home / STAMP).touch()


def _run(*argv: str | Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    if subprocess.run([str(word) for word in argv], env=environment, check=False).returncode:
        raise PeersError(f"{argv[0]} {argv[1]} failed; see above")


if __name__ == "__main__":
    print(python())
