"""Lists: a `Listing` goes in, a `Paged` comes out. Dialects translate words and cap the limit."""

from collections.abc import Mapping
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")

MAX_LIMIT = 200
MAX_WHOLE = 1000
"""The most rows of a list that a contract shows whole."""


class Listing(msgspec.Struct, frozen=True):
    """What part of a list is asked for. Unknown sort and filter names are ignored by the query."""

    offset: int = 0
    limit: int = 10
    q: str | None = None
    sort: str | None = None
    descending: bool = False
    filters: Mapping[str, str] = {}


class Paged(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list, and how long the whole is."""

    items: list[T]
    total: int
