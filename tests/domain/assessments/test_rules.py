from datetime import timedelta

import pytest

from backend.core import clock
from backend.domain.assessments import rules
from backend.domain.assessments.errors import NotOneRight, NotTwoOptions, PeriodBackwards, TooFewOptions
from backend.domain.assessments.terms import OptionDraft, QuestionKind

SINGLE, BOTH = QuestionKind.SINGLE_CHOICE, QuestionKind.TRUE_FALSE


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (SINGLE, "RWW", None),
        (SINGLE, "RW", None),
        (SINGLE, "WWR", None),
        (SINGLE, "", TooFewOptions),
        (SINGLE, "R", TooFewOptions),
        (SINGLE, "WWW", NotOneRight),
        (SINGLE, "RRW", NotOneRight),
        (BOTH, "RW", None),
        (BOTH, "WR", None),
        (BOTH, "RR", NotOneRight),
        (BOTH, "WW", NotOneRight),
        (BOTH, "R", NotTwoOptions),
        (BOTH, "RWW", NotTwoOptions),
    ],
)
def test_options(kind, right, wrong):
    found = rules.why_options_unfit(kind, [OptionDraft(letter, letter == "R") for letter in right])
    assert found is None if wrong is None else type(found) is wrong


@pytest.mark.parametrize(
    ("opens", "closes", "fits"),
    [(None, None, True), (0, None, True), (None, 0, True), (0, 1, True), (0, 0, False), (1, 0, False)],
)
def test_period(opens, closes, fits):
    now = clock.now()
    begin, end = (None if hours is None else now + timedelta(hours=hours) for hours in (opens, closes))
    found = rules.why_period_unfit(begin, end)
    assert found is None if fits else isinstance(found, PeriodBackwards)
