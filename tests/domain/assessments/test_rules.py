from datetime import timedelta

import pytest

from backend.core import clock
from backend.domain.assessments import rules
from backend.domain.assessments.errors import NotOneRight, NotTwoOptions, PeriodBackwards, TooFewOptions
from backend.domain.assessments.keys import NOTHING, WHOLE, Choice, SingleChoiceKey, TrueFalseKey

SINGLE, BOTH = SingleChoiceKey, TrueFalseKey


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
    options = tuple(Choice(text=letter, fraction=WHOLE if letter == "R" else NOTHING) for letter in right)
    found = rules.why_key_unfit(kind(options=options), "")
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
