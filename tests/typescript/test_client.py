"""A client generated from the document compiles under --strict, and runs the README's tour against a running Lulus."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from backend.core import db
from backend.core.actor import Role
from backend.http.docs import document
from tests.architecture.test_routes import lms
from tests.dialects.site.operating import PASSWORD, somebody
from tests.processes import ROOT, Lulus

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "tsconfig.json", "generate.mjs", "tour.ts")
pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.skipif(not (shutil.which("node") and shutil.which("npm")), reason="node or npm is missing"),
]


async def run(folder: Path, *command: str, **environment: str) -> tuple[int, str]:
    """Run a program to its end; its code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 180)
    return process.returncode or 0, said.decode()


@pytest.fixture
async def client(tmp_path: Path) -> Path:
    """The tour beside the types that were generated for it, as JavaScript."""
    for name in FILES:
        shutil.copy(HERE / name, tmp_path)
    code, said = await run(tmp_path, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
    if code:
        pytest.skip(f"npm cannot fetch the locked packages: {said.strip().splitlines()[-1]}")
    (tmp_path / "lms.json").write_bytes(document(lms()))
    for command in (("node", "generate.mjs"), ("node", "node_modules/typescript/bin/tsc", "-p", ".")):
        code, said = await run(tmp_path, *command)
        assert code == 0, said
    return tmp_path


async def test_a_generated_client_runs_the_tour(client: Path, lulus: Lulus):
    people = {
        "ADMIN_EMAIL": await somebody(Role.ADMIN),
        "TEACHER_EMAIL": await somebody(Role.TEACHER),
        "PASSWORD": PASSWORD,
        "PICTURE": str(ROOT / "docs/pictures/verification.png"),
    }
    await db.statement(
        "INSERT INTO price_group (group_type, name, price, created_at, updated_at)"
        " VALUES ('public', 'Umum', 2300000, now(), now())"
    )
    lulus.mail_dir.mkdir(exist_ok=True)
    code, said = await run(client, "node", "out/tour.js", SITE=lulus.url, MAIL_DIR=str(lulus.mail_dir), **people)
    assert (code, said) == (0, "valid\n"), said
