"""The activity log is fed by every command: what people do is told as an event, or stands here with the reason."""

import ast
import re

import pytest

from tests.architecture.source import called, functions, modules

ELSEWHERE = {
    "files/commands": "a file is its own record; what it belongs to is told by that",
    "jobs/commands": "a job is its own record",
    "notifications/commands": "so is what was mailed; what one wants to be told is one's own matter",
}
"""Modules whose rows are the record."""

PARTS = {
    "assessments/commands.mark_taken": "an attempt begins",
    "attempts/commands.start_attempt": "the attempt's row is the record, and the hottest of all",
    "attempts/commands.mark_graded": "grading tells",
    "attempts/commands.retime": "the quiz or the override tells",
    "assessments/commands.locked": "a lock, here and in the next",
    "assessments/commands.editable": "",
    "attempts/commands.change_quiz": "the quiz tells",
    "batches/commands.take_seat": "who takes it tells, here and in the next two",
    "batches/commands.release_seat": "",
    "batches/commands.release_seats": "",
    "batches/material_commands.drop_materials": "the meeting tells",
    "certificates/commands.issue_to_batch": "each certificate tells",
    "certificates/commands.draw_again": "the same certificate",
    "certificates/commands.verify": "a check is its own record",
    "certificates/commands.public_file": "as above, and the next",
    "certificates/commands.public_certificate": "",
    "certificates/commands.slow_down": "a count",
    "certificates/commands.draw": "who numbers it tells",
    "clients/commands.purge": "what is old goes",
    "enrolments/commands.add_activity": "what counts to progress is told by what it is, here and in the next three",
    "enrolments/commands.ask_to_pass": "",
    "enrolments/commands.rename_activity": "",
    "enrolments/commands.remove_activity": "",
    "assignments/handing_in.lock_own": "a lock",
    "grading/grades.lock_grades": "a lock",
    "grading/grades.write_grades": "who calls it tells",
    "assessments/imports.announce_file": "a job is its own record, here and in the next",
    "assessments/imports.order_import": "",
    "assessments/imports.picture_home": "the questions tell, here and in the next two",
    "assessments/imports.keep_picture": "",
    "assessments/imports.let_pictures_go": "",
    "grading/imports.announce_sheet": "a job is its own record, here and in the next",
    "grading/imports.order_import": "",
}
"""Commands that are a part of another, which tells."""

COMMANDS = re.compile(r"backend/domain/(\w+/(\w*commands|handing_in|grades|imports))\.py")


def commands() -> list[tuple[str, ast.AsyncFunctionDef]]:
    """The public commands of every feature."""
    found = []
    for path, tree in modules().items():
        named = COMMANDS.fullmatch(path)
        if named and named[1] not in ELSEWHERE:
            own = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)]
            found += [(f"{named[1]}.{node.name}", node) for node in own if not node.name.startswith("_")]
    return found


def told(feature: str, name: str) -> set[str]:
    """What a function calls, whatever is of its own feature followed."""
    trees = [tree for path, tree in modules().items() if path.startswith(f"backend/domain/{feature}/")]
    own = {node.name: node for tree in trees for node in functions(tree)}
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for node in ast.walk(own[waiting.pop()]):
            callee = called(node) if isinstance(node, ast.Call) else ""
            if callee and callee not in seen:
                seen.add(callee)
                waiting += [callee] if callee in own else []
    return seen


@pytest.mark.parametrize(("name", "node"), [pytest.param(*found, id=found[0]) for found in commands()])
def test_a_command_tells_what_it_did(name: str, node: ast.AsyncFunctionDef):
    seen = told(name.split("/", maxsplit=1)[0], node.name)
    below = {other.rsplit(".", 1)[1] for other, _ in commands() if other not in PARTS}
    if name not in PARTS:
        assert "emit" in seen or seen & below, "emit an event, or say here who tells"


def test_nobody_is_excused_who_is_gone():
    assert set(PARTS) - {name for name, _ in commands()} == set()
    assert {f"backend/domain/{name}.py" for name in ELSEWHERE} <= modules().keys()
