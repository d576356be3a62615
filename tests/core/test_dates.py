"""Days in words."""

from datetime import date

import pytest

from backend.core.dates import period, spoken

DASH = "\N{EN DASH}"


def test_each_month_has_its_name():
    assert spoken(date(2026, 8, 7)) == "7 Agustus 2026"
    assert spoken(date(2026, 8, 7), "en") == "7 August 2026"
    for lang in ("id", "en"):
        assert len({spoken(date(2026, month, 1), lang) for month in range(1, 13)}) == 12


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2026, 9, 1), date(2026, 9, 30), f"1 {DASH} 30 September 2026"),
        (date(2026, 8, 3), date(2026, 10, 30), f"3 Agustus {DASH} 30 Oktober 2026"),
        (date(2025, 12, 29), date(2026, 1, 9), f"29 Desember 2025 {DASH} 9 Januari 2026"),
        (date(2026, 5, 1), date(2026, 5, 1), "1 Mei 2026"),
    ],
)
def test_a_period_says_nothing_twice(start, end, words):
    assert period(start, end) == words
