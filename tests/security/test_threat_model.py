"""The threat model names every row of part B1 of the hazards, and tests that exist."""

import ast
import re
from functools import cache

from tests.architecture.source import ROOT

TEXT = (ROOT / "docs/threat-model.md").read_text()
ROWS = """
BOLA/IDOR
function-level / role escalation
mass assignment / property-level
excessive data / answer key before the end
review leak between windows
clock tampering, late submission
extra attempts, step skipping
double submission, quota oversell, double spend
JWT alg confusion, none, kid/jku/x5u, weak secret
refresh theft
logout / password change / disable / role change
cookie auth + CSRF
CORS
password storage
brute force, enumeration
e-mail verification, reset, resend
anti-automation
upload type
archives
xlsx
formula injection in exports
path traversal
serving uploads
HTML in blogs, names in certificates
SSRF
presigned URLs
certificate forgery
IDs and enumeration of certificates
NUL/surrogate/overlong input
error and log leaks
DoS by shape
multi-tenant
supply chain
""".strip().splitlines()
REASONED = re.compile(r"[Dd]oes not apply|not built yet")


def table() -> dict[str, str]:
    """What stands beside each threat."""
    rows = [line.strip("| ").split(" | ", 1) for line in TEXT.splitlines() if line.startswith("| ")]
    return {name: told for name, told in rows if not name.startswith("Threat")}


def named(text: str) -> set[str]:
    return set(re.findall(r"`(tests/[\w/]+\.py::test_\w+)`", text))


@cache
def functions_of(path: str) -> set[str]:
    """The tests of a file, by their functions' names."""
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {f"{path}::{node.name}" for node in tree.body if isinstance(node, kinds) and node.name.startswith("test_")}


def test_every_threat_is_there_once_and_in_order():
    assert list(table()) == ROWS


def test_every_threat_has_a_test_or_a_reason():
    assert [name for name, told in table().items() if not named(told) and not REASONED.search(told)] == []


def test_every_test_that_is_named_exists():
    missing = {name for name in named(TEXT) if not (ROOT / name.split("::")[0]).exists()}
    assert missing == set()
    known = {test for path in {name.split("::")[0] for name in named(TEXT)} for test in functions_of(path)}
    assert named(TEXT) - known == set()


def test_every_test_of_this_folder_is_named_or_helps_one_that_is():
    """What is tried is told."""
    for path in sorted((ROOT / "tests/security").glob("test_*.py")):
        own = f"tests/security/{path.name}"
        assert path.name == "test_threat_model.py" or named(TEXT) & functions_of(own), own


def test_it_is_short():
    assert len(re.sub(r"`tests/\S+`", "", TEXT).split()) < 1200  # two pages without the names of tests
