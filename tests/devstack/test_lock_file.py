import subprocess
import sys
from pathlib import Path

import pytest

from backend.devstack.procfile import read_procfile
from tests.devstack.stack import ROOT


def test_requirements_are_the_export_of_the_lock():
    uv = Path(sys.executable).with_name("uv")
    export = [uv, "export", "--frozen", "--no-emit-project", "--no-header", "--offline", "--quiet"]
    exported = subprocess.run(export, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "requirements.txt").read_text() == exported, "run: make lock"


def test_the_procfile_lists_the_five_processes():
    assert list(read_procfile(ROOT / "Procfile")) == ["web", "worker", "relay", "schedule", "release"]


def test_a_line_that_is_no_process_is_named(tmp_path):
    (tmp_path / "Procfile").write_text("# a comment\n\nweb: true\nnonsense\n")
    with pytest.raises(ValueError, match="line 4"):
        read_procfile(tmp_path / "Procfile")
