"""The whole of `up`, with real embedded services and a web process small enough to start at once."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from backend.devstack.credentials import private_directory, remember_ports
from backend.devstack.ports import random_port
from backend.devstack.services import KINDS
from tests.devstack.stack import LITTLE_WEB, Stack, born, eventually

pytestmark = pytest.mark.processes

LOGINS = {role: {"email": f"{role}@sekolah.example", "password": role * 3} for role in ("admin", "guru", "siswa")}
SEED = """
import json, os, pathlib, sys
assert all(os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "S3_SECRET_KEY", "JWT_SECRET", "TICKET_SECRET"))
pathlib.Path(os.environ["VAR_DIR"], "demo_logins.json").write_text(sys.argv[1])
"""


@pytest.fixture
def up(tmp_path):
    (tmp_path / "Procfile").write_text(f"web: {LITTLE_WEB}\nrelease: echo migrated\n")
    (tmp_path / "seed.py").write_text(SEED)
    seed = f"{sys.executable} -I -S {tmp_path / 'seed.py'} '{json.dumps(LOGINS)}'"

    def start(**env):
        return Stack(tmp_path, "up", "--procfile", tmp_path / "Procfile", "--seed", seed, env=env)

    return start


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def services_of(stack):
    """The pids of the three servers, by their programs."""
    found = {}
    for pid in children_of(stack.process.pid):
        found[Path(f"/proc/{pid}/comm").read_text().strip()] = pid
    return found


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_one_start_from_the_first_step_to_the_last(tmp_path, up):
    var = tmp_path / "var"
    var.mkdir()
    (var / "up.json").write_text("stale")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with up(WEB_PORT=str(port)) as stack:
            eventually(lambda: not (var / "up.json").exists() or "{" in (var / "up.json").read_text())
            stack.says("Lulus is up")
            assert f"port {port} is taken" in stack.output
            eventually((var / "up.json").exists)
            told = json.loads((var / "up.json").read_text())

            assert set(told) == {"api", "docs", "mail_dir", "logins"}
            assert told["logins"] == LOGINS
            assert told["mail_dir"] == str(var / "mail")
            assert told["docs"].startswith(told["api"])
            assert urllib.request.urlopen(told["api"] + "/readyz").status == 200
            assert mode(var) == 0o700
            assert mode(var / "up.json") == mode(var / "secrets.json") == 0o600
            assert all(what in stack.output for what in ("migrated", "Demo school", "Everything answers", told["api"]))

            second = up()
            assert second.ends() == 1
            assert f"Lulus is running already: {told['api']} (process {stack.process.pid})" in second.output

            os.kill(services_of(stack)["valkey-server"], signal.SIGKILL)
            stack.says("valkey   | ended with signal SIGKILL; starting again in 1 s")
            eventually(lambda: "valkey-server" in services_of(stack))

            stack.signal(signal.SIGINT)
            assert stack.ends() == 0
            assert not (var / "up.json").exists()
            assert not stack.alive()


def test_kill_9_leaves_nothing_and_the_next_start_finds_its_data(tmp_path, up):
    own = {name: random_port(kind.ports) for name, kind in KINDS.items()}  # the usual ones another test may take
    remember_ports(private_directory(tmp_path / "var" / "services"), own)
    with up(WEB_PORT="17411") as stack:
        stack.says("Lulus is up")
        stack.signal(signal.SIGKILL)
        stack.ends()
        secrets = (tmp_path / "var" / "secrets.json").read_text()
        ports = (tmp_path / "var" / "services" / "ports.json").read_text()
        with up(WEB_PORT="17411") as again:  # at once: it has to wait for what is just ending
            again.says("Lulus is up")
            assert not stack.alive()
            assert (tmp_path / "var" / "secrets.json").read_text() == secrets
            assert (tmp_path / "var" / "services" / "ports.json").read_text() == ports
            again.signal(signal.SIGTERM)
            assert again.ends() == 0
            assert not again.alive()


def test_it_stops_when_make_is_killed():
    script = "import os, subprocess, sys; subprocess.run([*sys.argv[1:4], '--parent', str(os.getpid()), *sys.argv[4:]])"
    command = [sys.executable, "-m", "backend.devstack", "run", "--", "sleep", "600"]
    with subprocess.Popen([sys.executable, "-c", script, *command], start_new_session=True) as parent:
        (child,) = eventually(lambda: children_of(parent.pid))
        birth = born(child)
        parent.kill()
    eventually(lambda: born(child) != birth)
