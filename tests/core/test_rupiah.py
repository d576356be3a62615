"""Amounts with dots, and in words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.rupiah import MOST, dotted, in_words

WORDS = {
    0: "nol",
    1: "satu",
    9: "sembilan",
    10: "sepuluh",
    11: "sebelas",
    12: "dua belas",
    19: "sembilan belas",
    20: "dua puluh",
    21: "dua puluh satu",
    99: "sembilan puluh sembilan",
    100: "seratus",
    101: "seratus satu",
    111: "seratus sebelas",
    119: "seratus sembilan belas",
    200: "dua ratus",
    999: "sembilan ratus sembilan puluh sembilan",
    1000: "seribu",
    1001: "seribu satu",
    1100: "seribu seratus",
    1999: "seribu sembilan ratus sembilan puluh sembilan",
    2000: "dua ribu",
    10_000: "sepuluh ribu",
    11_000: "sebelas ribu",
    21_000: "dua puluh satu ribu",
    100_000: "seratus ribu",
    101_000: "seratus satu ribu",
    750_123: "tujuh ratus lima puluh ribu seratus dua puluh tiga",
    1_000_000: "satu juta",
    1_001_000: "satu juta seribu",
    1_000_999: "satu juta sembilan ratus sembilan puluh sembilan",
    2_300_456: "dua juta tiga ratus ribu empat ratus lima puluh enam",
    11_011_011: "sebelas juta sebelas ribu sebelas",
    1_000_000_000: "satu miliar",
    1_001_001_001: "satu miliar satu juta seribu satu",
    999_999_999_999: (
        "sembilan ratus sembilan puluh sembilan miliar sembilan ratus sembilan puluh sembilan juta"
        " sembilan ratus sembilan puluh sembilan ribu sembilan ratus sembilan puluh sembilan"
    ),
    1_000_000_000_000: "satu triliun",
    100_000_000_000_000: "seratus triliun",
    1_000_000_000_000_000: "satu kuadriliun",
}
SMALL = ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas")
NUMBER = {word: number for number, word in enumerate(SMALL)}
SCALES = {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12, "kuadriliun": 10**15}


def read(text: str) -> int:
    """Read words back, by the grammar and not by our tables: groups, then hundreds, tens and ones."""
    text = re.sub(r"\bseribu\b", "satu ribu", re.sub(r"\bseratus\b", "satu ratus", text))
    total = group = last = 0
    for word in text.split():
        if word in NUMBER:
            last = NUMBER[word]
            group += last
        elif word == "belas":
            group += 10
        elif word in ("puluh", "ratus"):
            group += last * (9 if word == "puluh" else 99)
        else:
            total, group = total + group * SCALES[word], 0
    return total + group


@pytest.mark.parametrize(("amount", "words"), WORDS.items())
def test_an_amount_in_words(amount: int, words: str):
    assert in_words(amount) == words


@given(st.integers(0, MOST))
def test_words_read_back_as_the_amount(amount: int):
    assert read(in_words(amount)) == amount


@pytest.mark.parametrize("amount", [-1, MOST + 1])
def test_what_has_no_words(amount: int):
    with pytest.raises(ValueError, match="no words"):
        in_words(amount)


@pytest.mark.parametrize(("amount", "text"), [(0, "0"), (999, "999"), (1000, "1.000"), (2_300_123, "2.300.123")])
def test_an_amount_with_dots(amount: int, text: str):
    assert dotted(amount) == text
