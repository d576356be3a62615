"""Pooled connections are not reset on their way back, so nothing may outlive its transaction."""

import re
from pathlib import Path

OUTLIVES = re.compile(
    r"pg_(try_)?advisory_lock|\"SET (?!LOCAL\b)[a-z]|\bSET SESSION\b|\"LISTEN\b|set_config\([^)]*false|WITH HOLD"
)
OWN_CONNECTION = {"backend/migrate.py"}


def test_no_session_state_is_left_on_a_pooled_connection():
    found = {
        str(path)
        for folder in ("backend", "workers", "storage")
        for path in Path(folder).rglob("*.py")
        if OUTLIVES.search(path.read_text())
    }
    assert found == OWN_CONNECTION
