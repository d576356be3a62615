"""Progress in per cent."""

from decimal import Decimal

import pytest

from backend.domain.enrolments.rules import percent


@pytest.mark.parametrize(
    ("done", "total", "expected"),
    [
        (0, 0, "0.00"),
        (0, 3, "0.00"),
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1, 8, "12.50"),
        (3, 3, "100.00"),
        (19_999, 20_000, "99.99"),
    ],
)
def test_percent(done, total, expected):
    assert percent(done, total) == Decimal(expected)
