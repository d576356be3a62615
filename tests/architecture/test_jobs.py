"""Every kind of job that anyone names is one that the workers know, and every job says why it may be repeated."""

import ast
import inspect

from tests.architecture.source import called, modules
from workers import jobs
from workers.registry import KINDS
from workers.schedule import SCHEDULE
from workers.subscriptions import SUBSCRIPTIONS

jobs.load()


def _constant(tree: ast.Module, name: str) -> str:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and name in map(called, node.targets):
            return str(node.value.value)
    return ""


def _enqueued() -> dict[str, str]:
    found = {}
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in ("enqueue", "enqueue_each") and node.args:
                kind = node.args[0]
                name = kind.value if isinstance(kind, ast.Constant) else _constant(tree, called(kind))
                if name:
                    found[name] = path
    return found


def test_kinds_that_are_enqueued_exist():
    assert {kind: path for kind, path in _enqueued().items() if kind not in KINDS} == {}


def test_kinds_that_are_subscribed_exist():
    assert {kind for kinds in SUBSCRIPTIONS.values() for kind in kinds} - KINDS.keys() == set()


def test_kinds_that_are_scheduled_exist():
    assert {line.kind for line in SCHEDULE} - KINDS.keys() == set()


def test_every_job_is_asked_for_somewhere():
    asked = set(_enqueued()) | {kind for kinds in SUBSCRIPTIONS.values() for kind in kinds}
    asked |= {line.kind for line in SCHEDULE}
    ours = {name for name, kind in KINDS.items() if kind.function.__module__.startswith("workers.")}
    assert ours - asked == set()


def test_every_job_says_why_it_is_safe_to_repeat():
    ours = [kind for kind in KINDS.values() if kind.function.__module__.startswith("workers.")]
    assert [k.name for k in ours if "safe to repeat" not in (inspect.getdoc(k.function) or "").lower()] == []
