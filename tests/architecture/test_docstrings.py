"""Documentation that cannot lie: what a command raises and emits is what its docstring names."""

import ast
import builtins
import importlib
import re

import pytest

from backend.core import errors
from backend.core.outbox import EVENTS
from tests.architecture.source import called, functions, modules

for _path in modules():
    if _path.endswith(("/errors.py", "/events.py")):
        importlib.import_module(_path.removesuffix(".py").replace("/", "."))

COMMANDS = sorted(
    path
    for path, tree in modules().items()
    if re.match(r"backend/domain/\w+/\w+\.py", path)
    and not path.endswith(("queries.py", "rules.py", "errors.py", "events.py", "tables.py", "terms.py"))
    and any(isinstance(node, ast.AsyncFunctionDef) for node in tree.body)
)


def _inherits(kind: type) -> set[str]:
    return {kind.__name__} | {name for child in kind.__subclasses__() for name in _inherits(child)}


def _labelled(doc: str, label: str) -> set[str]:
    found = re.search(rf"^\s*{label}:(.*?)(?=\n\s*\n|\n\s*[A-Z][a-z]+(?: [a-z]+)*:|\Z)", doc, re.S | re.M)
    return set(re.findall(r"\b[A-Z][A-Za-z]+\b", found.group(1))) if found else set()


def _is_known(path: str, name: str) -> bool:
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    found = getattr(module, name, None) or getattr(builtins, name, None)
    if found is None:
        found = next((getattr(value, name) for value in vars(module).values() if hasattr(value, name)), None)
    return isinstance(found, type) and issubclass(found, BaseException)


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
        fictional = {name for name in _labelled(doc, "Raises") - known if not _is_known(path, name)}
        untold = (emitted & events) ^ (_labelled(doc, "Emits") & events if not emitted else _labelled(doc, "Emits"))
        wrong += [f"{node.name}: raises {name}, but does not say so" for name in sorted(missing)]
        wrong += [f"{node.name}: says it raises {name}, which is no error of ours" for name in sorted(fictional)]
        wrong += [f"{node.name}: emits and says it emits differ in {name}" for name in sorted(untold)]
    assert not wrong, "\n".join(wrong)
