"""The README's tour, pasted into a shell while `make up` runs, as a stranger would."""

import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.devstack.stack import ROOT, Stack
from tests.processes import free_port

pytestmark = pytest.mark.processes

LAST_WORDS = "trap 'echo \"failed: $BASH_COMMAND\" >&2; exit 1' ERR\n"


def tour() -> str:
    """The shell blocks of the tour, in order."""
    _, found, rest = (ROOT / "README.md").read_text().partition("\n## The tour\n")
    assert found
    blocks = re.findall(r"^```sh\n(.*?)^```$", rest.partition("\n## ")[0], re.DOTALL | re.MULTILINE)
    assert len(blocks) > 10
    return "".join(blocks)


def pasted(lines: str, folder: Path) -> str:
    """Give the lines to a shell that knows nothing but where the data is; it stops at the first command that fails."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder), "VAR_DIR": str(folder / "var")}
    done = subprocess.run(
        ["bash"],
        input=LAST_WORDS + lines,
        capture_output=True,
        check=False,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=240,
    )
    assert (done.returncode, done.stderr) == (0, ""), f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_tour_ends_with_a_valid_certificate(tmp_path: Path) -> None:
    with Stack(tmp_path, "up", env={"WEB_PORT": str(free_port())}) as stack:
        stack.says("Lulus is up", 120)
        try:
            told = pasted(tour(), tmp_path)
        except AssertionError:
            print(stack.output)
            raise
        *_, page, verdict = told.splitlines()
        assert verdict == "valid", told
        assert "Budi Santoso" in urllib.request.urlopen(page.rpartition(" ")[2]).read().decode()
        stack.signal(signal.SIGINT)
        assert stack.ends(30) == 0
