"""Backup and restore, on real services: rows and objects are what they were, and nothing is half-done."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import msgspec
import pytest

from backend import backup, cli
from backend.core import db
from backend.core.settings import settings
from backend.devstack import here
from backend.devstack.credentials import credentials, remember_ports
from backend.progress import Progress
from tests.backups import another_place, contents, hashes

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.commits


@pytest.fixture
async def elsewhere(database, storage):
    async with another_place(storage) as made:
        yield made


@pytest.fixture
async def saved(elsewhere, storage, tmp_path, admin):
    """A backup of a school with rows and objects."""
    await storage.put("documents/0198c0de-0000-7000-8000-000000000001.pdf", b"%PDF-1.7 small", "application/pdf")
    await storage.put("media/0198c0de-0000-7000-8000-000000000002.webm", os.urandom(9 << 20), "video/webm")
    await db.statement("INSERT INTO outbox (name, body, request_id) VALUES ('x.y.z.v1', '{\"a\": \"ä\\n\"}', '-')")
    folder = tmp_path / "saved"
    assert len((await backup.make(folder)).objects) == len(await hashes(storage)) >= 2
    with pytest.raises(backup.BackupRefused):
        await backup.make(folder)
    return folder


async def test_what_was_saved_comes_back_whole(saved, elsewhere, storage):
    again = elsewhere.run("restore", str(saved))
    assert again.returncode == 0, again.stdout + again.stderr
    assert await elsewhere.rows() == await contents(settings().database_url)
    assert await elsewhere.objects() == await hashes(storage)
    assert saved.stat().st_mode & 0o077 == 0

    before = await elsewhere.rows()
    connection = await asyncpg.connect(elsewhere.url)
    await connection.execute("CREATE TABLE later (id int)")
    await connection.execute("DELETE FROM session")
    await connection.close()
    forced = elsewhere.run("restore", "--force", str(saved))
    assert forced.returncode == 0, forced.stdout + forced.stderr
    assert await elsewhere.rows() == before

    half = elsewhere.run("restore", "--force", str(cut(saved)))
    assert half.returncode == 1
    assert await elsewhere.rows() == before, "a dump that ends in the middle leaves what was"


def cut(saved: Path) -> Path:
    """Take half of the dump away, and say in the manifest that it is so."""
    manifest, dump = saved / "manifest.json", saved / "database.dump"
    told = msgspec.json.decode(manifest.read_bytes())
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    told["parts"][0] |= {"size_bytes": dump.stat().st_size, "sha256": hashlib.sha256(dump.read_bytes()).hexdigest()}
    manifest.write_bytes(msgspec.json.encode(told))
    return saved


async def test_nothing_is_touched_where_something_is_wrong(saved):
    before = await contents(settings().database_url)

    async def refused(*, force: bool = True) -> str:
        with pytest.raises(backup.BackupRefused) as found:
            await backup.restore(saved, force=force)
        return str(found.value)

    assert "--force" in await refused(force=False)
    dump, manifest = saved / "database.dump", saved / "manifest.json"
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "damaged" in await refused()
    dump.unlink()
    assert "missing" in await refused()
    dump.write_bytes(whole)
    told = msgspec.json.decode(manifest.read_bytes())
    manifest.write_bytes(msgspec.json.encode(told | {"migrations": [*told["migrations"], "2999-01-01"]}))
    assert "newer version" in await refused()
    told["parts"][0]["path"] = "../database.dump"
    manifest.write_bytes(msgspec.json.encode(told))
    assert "missing" in await refused()
    manifest.write_bytes(msgspec.json.encode(told | {"format": 2}))
    assert "format" in await refused()
    manifest.unlink()
    assert "no backup" in await refused()
    assert await contents(settings().database_url) == before


def test_routes_and_documents_are_printed(capsys):
    assert cli.main(["routes", "lms"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert ["lms", "DELETE", "/api/v1/batches/{batch_id}"][1] in told[0]
    assert any(line.split()[1:3] == ["POST", "/api/v1/auth/login"] and line.endswith("public") for line in told)
    assert any(line.split()[1:3] == ["GET", "/api/v1/users"] and line.endswith("admin") for line in told)
    assert cli.main(["routes", "none"]) == 1
    capsys.readouterr()
    assert cli.main(["openapi", "lms"]) == 0
    document = msgspec.json.decode(capsys.readouterr().out)
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/courses" in document["paths"]
    assert cli.main(["openapi", "site"]) == 1


@pytest.mark.parametrize("words", [["backup"], ["restore"], ["routes"], ["openapi"]])
def test_help_has_examples(words, capsys):
    with pytest.raises(SystemExit):
        cli.main([*words, "--help"])
    assert "example" in capsys.readouterr().out


def test_without_an_address_the_services_of_this_folder_are_used(tmp_path):
    (tmp_path / "services").mkdir()
    assert here.environment(tmp_path) == {}
    remember_ports(tmp_path / "services", {"postgres": 15999, "valkey": 16999, "s3": 18999})
    secrets = credentials(tmp_path / "services")
    found = here.environment(tmp_path)
    assert found["DATABASE_URL"] == f"postgresql://lulus:{secrets.postgres_password}@127.0.0.1:15999/lulus"
    assert {"REDIS_URL", "S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "VAR_DIR"} <= found.keys()
    environment = {"PATH": os.defpath, "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "backend.cli", "jobs", "list"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "using the services of `make up`" in done.stderr
    assert "does not answer" in done.stdout


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for out, shown in (
        (Terminal(), "\rObjects [########################] 100% (2 of 2)\n"),
        (io.StringIO(), "Objects: 100% (2 of 2)\n"),
    ):
        progress = Progress("Objects", 2, out=out)
        progress.add(2)
        progress.end()
        assert out.getvalue() == shown
