"""This contract's words for a part of a list: `page`, `limit`, `q`, `sort`, `order`; all else filters by column."""

from typing import Any

from litestar import Request

from backend.core.errors import Broken, Invalid
from backend.core.paging import MAX_LIMIT, Listing

DEFAULT_LIMIT = 10
OLD_CLIENTS_ASK_FOR = 10_000
_MAX_PAGE = 1_000_000
_WORDS = frozenset({"page", "limit", "q", "sort", "order", "select"})


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= most or len(text) > 9:
        raise Invalid(fields={name: Broken("range", ("1", str(most)))})
    return int(text)


def read_page(text: str) -> int:
    """Which page, from 1. Raises: Invalid."""
    return _number("page", text, _MAX_PAGE)


def read_limit(text: str) -> int:
    """How many rows at most, where there are no pages. Raises: Invalid."""
    return min(MAX_LIMIT, _number("limit", text, OLD_CLIENTS_ASK_FOR))


def read_listing(request: Request[Any, Any, Any]) -> Listing:
    """The list query of a request.

    Old clients ask for `limit=10000` to get everything: up to that the limit is taken down to 200; beyond it, and
    for anything that is no number above 0, the request is refused.

    Raises: Invalid.
    """
    query = request.query_params
    limit = read_limit(query.get("limit", str(DEFAULT_LIMIT)))
    page = read_page(query.get("page", "1"))
    return Listing(
        offset=(page - 1) * limit,
        limit=limit,
        q=query.get("q", "").strip()[:200] or None,
        sort=query.get("sort"),
        descending=query.get("order", "").lower() == "desc",
        filters={name: value for name, value in query.items() if name not in _WORDS},
    )
