"""Events are a contract with rows that lie in the outbox: unique names, and schemas that only grow.

`pytest --golden` writes the schema of a new event; a changed one is a change that a reviewer must see.
"""

import importlib
import json
import re
from pathlib import Path

import msgspec
import pytest

from backend.core.outbox import EVENTS, Event
from tests.architecture.source import modules

GOLDEN = Path(__file__).parent / "events"

for _path in modules():
    if _path.endswith("/events.py") and _path.startswith("backend/domain/"):
        importlib.import_module(_path.removesuffix(".py").replace("/", "."))

OURS = {name: event for name, event in EVENTS.items() if event.__module__.startswith("backend.")}


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_schema_of_an_event_is_the_committed_one(name: str, request: pytest.FixtureRequest):
    schema = msgspec.json.schema(OURS[name])["$defs"][OURS[name].__name__]
    path = GOLDEN / f"{name}.json"
    if request.config.getoption("golden") and not path.exists():
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n")
    assert path.exists(), f"run pytest --golden, and commit {path.name}"
    assert schema == json.loads(path.read_text())


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_event_is_named_for_its_feature_in_the_past_tense_with_a_version(name: str):
    feature = OURS[name].__module__.split(".")[2]
    assert re.fullmatch(rf"{feature}\.[a-z_]+\.[a-z_]+\.v\d+", name)


def test_no_golden_schema_outlives_its_event():
    assert {path.stem for path in GOLDEN.glob("*.json")} - set(OURS) == set()


@pytest.mark.parametrize("name", sorted(OURS))
def test_events_carry_plain_values(name: str):
    event: type[Event] = OURS[name]
    for field in msgspec.structs.fields(event):
        assert not (isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)), field.name
