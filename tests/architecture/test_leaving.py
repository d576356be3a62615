"""A dialect can go: without its folder and its line all else keeps every contract and passes its architecture tests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.app import DIALECTS
from tests.architecture.source import ROOT

OURS = {"lms", "site"}
"""Our own API, which the architecture tests themselves speak of, and the last resort: these two stay."""

GUESTS = [name for name in (module.rsplit(".", 1)[1] for module in DIALECTS) if name not in OURS]
COPIED = ("backend", "workers", "storage", "tests", "docs", "bench", "pyproject.toml", "piccolo_conf.py", "README.md")
BIN = Path(sys.executable).parent
CUT_S = 120


def without(name: str, place: Path) -> Path:
    """A copy of the tree in which a dialect has never been."""
    for part in COPIED:
        found = ROOT / part
        copy = shutil.copytree if found.is_dir() else shutil.copy2
        copy(found, place / part)
    for folder in (f"backend/dialects/{name}", f"tests/dialects/{name}"):
        shutil.rmtree(place / folder)
    front = place / "backend" / "app.py"
    text = front.read_text()
    line = f'    "backend.dialects.{name}",\n'
    assert text.count(line) == 1
    front.write_text(text.replace(line, ""))
    return place


def run(place: Path, *argv: str) -> subprocess.Popen[str]:
    """Start a check in a copy; its tests get a database of their own, if they want one."""
    env = {**os.environ, "PYTEST_XDIST_WORKER": f"without_{place.name}"}
    env.pop("PYTEST_ADDOPTS", None)
    return subprocess.Popen(argv, cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def left(place: Path, name: str) -> list[str]:
    """The files in which something of ours still imports the dialect."""
    imports = re.compile(rf"\bdialects\.{name}\b|\bdialects import .*\b{name}\b")
    files = [
        path
        for folder in ("backend", "workers", "storage", "tests", "bench")
        for path in (place / folder).rglob("*.py")
    ]
    return [str(path.relative_to(place)) for path in files if imports.search(path.read_text())]


@pytest.mark.parametrize("name", GUESTS)
def test_without_a_dialect_all_else_stands(name: str, tmp_path: Path):
    place = tmp_path / name
    place.mkdir()
    without(name, place)
    assert left(place, name) == []
    apart = f"--ignore=tests/architecture/{Path(__file__).name}"
    checks = [
        run(place, str(BIN / "lint-imports"), "--no-cache"),
        run(place, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/architecture", apart),
    ]
    try:
        for check in checks:
            said, _ = check.communicate(timeout=CUT_S)
            assert check.returncode == 0, said
    finally:
        for check in checks:
            check.kill()
    assert " passed" in said
