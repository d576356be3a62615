"""Patterns of numbers: what is taken, and what comes out."""

import pytest

from backend.core import patterns
from backend.core.patterns import Values
from backend.core.settings import SettingsError, load

FULL = "{course}-{year}-{batch}-{seq:04}-{random}"
VALUES = Values(course="BREV", year=2026, batch="01")


@pytest.mark.parametrize(
    "pattern",
    [
        FULL,
        "LULUS-{year}-{seq:04}-{random}",
        "{seq}.{random}",
        "LULUS-{seq:06}-{random}",
        "{year}.{seq:09}.{random}",
        "a{seq}-{random}",
    ],
)
def test_fit_patterns(pattern):
    assert patterns.fault(pattern) is None
    assert patterns.fill(pattern, VALUES, seq=7, random="K7Q2MX").endswith("K7Q2MX")


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("", "count"),
        ("{random}", "count"),
        ("{seq:04}", "end in"),
        ("{random}-{seq}", "end in"),
        ("{seq}{random}", "end in"),
        ("{seq}-{random}-{random}", "end in"),
        ("{seq}-{seq}-{random}", "count"),
        ("{course}/{seq}-{random}", "may hold"),
        ("{course} {seq}-{random}", "may hold"),
        ("{holder}-{seq}-{random}", "may hold"),
        ("{seq:4}-{random}", "may hold"),
        ("{seq:0}-{random}", "may hold"),
        ("{year:04}-{seq}-{random}", "may hold"),
        ("{0}{seq}-{random}", "may hold"),
        ("{course.__class__}-{seq}-{random}", "may hold"),
        ("é{seq}-{random}", "may hold"),
        ("{seq}-{random}\n", "may hold"),
        ("-{seq}-{random}", "begin"),
        ("A" * 80 + "{seq}-{random}", "80"),
    ],
)
def test_unfit_patterns(pattern, word):
    assert word in patterns.fault(pattern)
    with pytest.raises(SettingsError, match="CERTIFICATE_PATTERN"):
        load({"LULUS_ENV": "test", "CERTIFICATE_PATTERN": pattern})


def test_numbers_are_written_in_capitals_and_without_what_breaks_addresses():
    values = Values(course="Brevet A/B", year=2026, batch="../kelas malam 1")
    assert patterns.fill(FULL, values, seq=42, random="K7Q2MX") == "BREVET-A-B-2026-KELAS-MALAM-1-0042-K7Q2MX"
    assert patterns.fill("{course}{seq}-{random}", Values(course="!", year=1, batch=""), seq=12, random="A") == "X12-A"
    long = Values(course="C" * 99, year=2026, batch="B" * 99)
    assert len(patterns.fill(FULL, long, seq=10**9, random="K7Q2MX")) <= patterns.LONGEST_NUMBER


def test_the_counter_is_shared_by_numbers_that_differ_in_count_and_chance_alone():
    assert patterns.scope(FULL, VALUES) == "BREV-2026-01--"
    assert patterns.scope(FULL, VALUES) != patterns.scope(FULL, Values(course="BREV", year=2027, batch="01"))
