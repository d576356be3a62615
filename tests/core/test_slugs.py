"""Slugs from titles."""

import pytest

from backend.core.slugs import first_free, slug_of


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Brevet A & B", "brevet-a-b"),
        ("  Pajak: Dasar!  ", "pajak-dasar"),
        ("Crème Brûlée", "creme-brulee"),
        ("税務", "course"),
        ("--", "course"),
        ("a" * 300, "a" * 180),
        ("a" * 179 + " b", "a" * 179),
    ],
)
def test_a_title_becomes_a_slug(title, slug):
    assert slug_of(title, "course") == slug


def test_the_first_free_number_is_taken():
    assert first_free("a", set()) == "a"
    assert first_free("a", {"a", "a-2"}) == "a-1"
    assert first_free("a", {"a", "a-1", "a-2"}) == "a-3"
