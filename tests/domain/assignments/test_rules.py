from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.assignments import rules
from backend.domain.assignments.terms import AssignmentType

ESSAY, FILE = AssignmentType.ESSAY, AssignmentType.FILE
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text", "files", "broken"),
    [
        (ESSAY, "words", 0, {}),
        (ESSAY, "words", 10, {}),
        (ESSAY, None, 3, {"essay_text": "required"}),
        (ESSAY, "  \n", 0, {"essay_text": "required"}),
        (ESSAY, "x" * 50_000, 0, {}),
        (ESSAY, "x" * 50_001, 0, {"essay_text": "invalid"}),
        (ESSAY, "words", 11, {"submission_files": "range"}),
        (FILE, None, 1, {}),
        (FILE, "words", 10, {}),
        (FILE, "words", 0, {"submission_files": "required"}),
        (FILE, None, 11, {"submission_files": "range"}),
        (FILE, "x" * 50_001, 1, {"essay_text": "invalid"}),
    ],
)
def test_work_has_to_be_what_is_asked_for(kind, text, files, broken):
    found = rules.why_unfit(kind, text, files)
    assert {name: why.rule for name, why in found.items()} == broken


@pytest.mark.parametrize(("seconds", "lasts"), [(1, True), (0, False), (-1, False)])
def test_an_assignment_lasts(seconds, lasts):
    assert rules.is_period(AT, AT + timedelta(seconds=seconds)) is lasts
