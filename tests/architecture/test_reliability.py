"""docs/reliability.md names a test for each fault of the matrix, and every test of the fault suite."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
FAULTS = ROOT / "tests" / "faults"
EXPECTED = [f"F{number}" for number in range(1, 33)] + [f"X{number}" for number in range(1, 8)]


def rows():
    found = {}
    for line in DOCUMENT.read_text().splitlines():
        if match := re.match(r"\| ([FX]\d+) \|", line):
            assert match[1] not in found, f"{match[1]} stands there twice"
            found[match[1]] = [cell.strip() for cell in line.strip("|").split("|")]
    return found


def functions_of(path):
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def ids(cell):
    """The tests that a cell names. Shape: (path, name) each."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", cell)
    return [(ROOT / path if path.startswith("tests/") else FAULTS / path, name) for path, name in named]


def test_every_fault_has_its_tests():
    table = rows()
    assert list(table) == EXPECTED
    for fault, cells in table.items():
        assert len(cells) == 5, fault
        assert all(cells), f"{fault} leaves something out"
        named = ids(cells[2])
        assert named, f"{fault} names no test"
        for path, name in named:
            assert name in functions_of(path), f"{fault}: {path.name} has no {name}"


def test_every_test_of_the_suite_is_named():
    named = {found for cells in rows().values() for found in ids(cells[2])}
    there = {(path, name) for path in FAULTS.glob("test_*.py") for name in functions_of(path)}
    assert {f"{path.name}::{name}" for path, name in there - named} == set()


def test_a_test_that_says_its_fault_is_named_there():
    table = rows()
    for path in FAULTS.glob("test_*.py"):
        for name in functions_of(path):
            for fault in re.findall(r"(?<=_)[fx]\d+(?=_)", name):
                assert (path, name) in ids(table[fault.upper()][2]), f"{fault.upper()} does not name {name}"
