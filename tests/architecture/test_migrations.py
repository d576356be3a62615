"""Migrations in one line: Piccolo keeps them by their ID, and silently passes over one whose ID another has, too."""

import ast
import re

from backend import migrate
from tests.architecture.source import ROOT

FOLDER = ROOT / "backend" / "migrations"


def migrations():
    """Their files by number, with the ID that each says. Shape: (number, name, ID)."""
    found = []
    for path in sorted(FOLDER.glob("*.py")):
        if path.name == "__init__.py":
            continue
        named = re.fullmatch(r"m(\d{4})_[a-z0-9_]+\.py", path.name)
        assert named, f"{path.name} should be named like m0007_payments.py"
        ids = [
            ast.literal_eval(node.value)
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["ID"]
        ]
        assert len(ids) == 1, f"{path.name} says its ID {len(ids)} times"
        found.append((int(named[1]), path.name, ids[0]))
    return found


def test_no_two_migrations_share_a_number_or_an_id():
    there = migrations()
    for what, of in (("number", 0), ("ID", 2)):
        names = {}
        for one in there:
            names.setdefault(one[of], []).append(one[1])
        shared = {value: files for value, files in names.items() if len(files) > 1}
        assert shared == {}, f"migrations with the same {what}: all but one of them would never run"


def test_migrations_run_in_the_order_of_their_numbers():
    there = migrations()
    for _, name, id_ in there:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d:\d{6}", id_), f"{name}: IDs are sorted as text: {id_}"
    by_number = [name for _, name, _ in sorted(there)]
    assert by_number == [name for _, name, _ in sorted(there, key=lambda one: one[2])]


def test_every_migration_is_one_that_runs():
    assert migrate.known() == sorted(id_ for _, _, id_ in migrations())
