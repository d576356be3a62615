"""Documentation that cannot lie: what a command raises and emits is what its docstring names."""

import ast
import importlib
import re

import pytest

from backend.core import errors
from backend.core.outbox import EVENTS
from tests.architecture.source import called, functions, modules

for _path in modules():
    if _path.endswith(("/errors.py", "/events.py")):
        importlib.import_module(_path.removesuffix(".py").replace("/", "."))

COMMANDS = sorted(path for path in modules() if path.endswith("/commands.py"))


def _inherits(kind: type) -> set[str]:
    return {kind.__name__} | {name for child in kind.__subclasses__() for name in _inherits(child)}


def _labelled(doc: str, label: str) -> set[str]:
    found = re.search(rf"^\s*{label}:(.*?)(?=\n\s*\n|\n\s*[A-Z][a-z]+(?: [a-z]+)*:|\Z)", doc, re.S | re.M)
    return set(re.findall(r"\b[A-Z][A-Za-z]+\b", found.group(1))) if found else set()


class _Said:
    """What a module's functions raise and emit, private helpers of the module followed."""

    def __init__(self, tree: ast.Module) -> None:
        self.own = {function.name: function for function in functions(tree)}

    def of(self, name: str, seen: frozenset[str] = frozenset()) -> tuple[set[str], set[str]]:
        raised: set[str] = set()
        emitted: set[str] = set()
        for node in ast.walk(self.own[name]):
            if isinstance(node, ast.Raise) and node.exc is not None:
                raised.add(called(node.exc))
            if not isinstance(node, ast.Call):
                continue
            callee = called(node)
            if callee == "emit":
                emitted |= {called(argument) for argument in ast.walk(node) if isinstance(argument, ast.Call)} - {
                    "emit"
                }
            elif callee.startswith("_") and callee in self.own and callee not in seen:
                more_raised, more_emitted = self.of(callee, seen | {name})
                raised |= more_raised
                emitted |= more_emitted
        return raised, emitted


@pytest.mark.parametrize("path", COMMANDS)
def test_commands_name_what_they_raise_and_emit(path: str):
    tree = modules()[path]
    known = _inherits(errors.DomainError)
    events = {event.__name__ for event in EVENTS.values()}
    wrong = []
    said = _Said(tree)
    for node in tree.body:
        if not isinstance(node, ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        doc = ast.get_docstring(node) or ""
        raised, emitted = said.of(node.name)
        missing = (raised & known) - _labelled(doc, "Raises")
        fictional = {name for name in _labelled(doc, "Raises") if name not in known and name not in ("RuntimeError",)}
        untold = (emitted & events) ^ (_labelled(doc, "Emits") & events if not emitted else _labelled(doc, "Emits"))
        wrong += [f"{node.name}: raises {name}, but does not say so" for name in sorted(missing)]
        wrong += [f"{node.name}: says it raises {name}, which is no error of ours" for name in sorted(fictional)]
        wrong += [f"{node.name}: emits and says it emits differ in {name}" for name in sorted(untold)]
    assert not wrong, "\n".join(wrong)
