"""The length of a long list is counted once in a while, that of a short one each time."""

import msgspec
import pytest

from backend.core import listing
from backend.core.listing import Lens, page
from backend.core.paging import Listing


class Number(msgspec.Struct):
    """A row."""

    n: int


@pytest.fixture(autouse=True)
async def _nothing_known(database):
    listing._Lengths.kept.clear()
    yield
    listing._Lengths.kept.clear()


async def asked(rows, **filters):
    lens = Lens(key="n", filters={"n": ("n", int)})
    found = await page(
        Number, lens, Listing(filters=filters), select="n", source="generate_series(1, $1::int) n", args=[rows]
    )
    return found.total, len(found.items)


async def test_a_short_list_is_counted_each_time(statements):
    for _ in range(2):
        assert await asked(listing.LONG) == (listing.LONG, 10)
    assert len(statements) == 4


async def test_a_long_list_is_counted_once_in_a_while(statements, monkeypatch):
    for _ in range(3):
        assert await asked(listing.LONG + 1) == (listing.LONG + 1, 10)
    assert len(statements) == 4
    monkeypatch.setattr(listing, "KEPT_S", 0.0)
    await asked(listing.LONG + 1)
    assert len(statements) == 6


async def test_lists_that_differ_are_counted_apart():
    assert await asked(listing.LONG + 1) == (listing.LONG + 1, 10)
    assert await asked(listing.LONG + 2) == (listing.LONG + 2, 10)
    assert await asked(listing.LONG + 1, n="7") == (1, 1)


async def test_not_more_lengths_are_kept_than_stated(monkeypatch):
    monkeypatch.setattr(listing, "_KEPT_MOST", 2)
    for more in range(1, 5):
        await asked(listing.LONG + more)
    assert len(listing._Lengths.kept) == 2
