"""One way to ask for a page of a list in SQL: allow-lists for order and filters, `id` last, one count beside it."""

import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from backend.core import db
from backend.core.paging import Listing, Paged

T = TypeVar("T")

LONG = 2_000
KEPT_S = 15.0
_KEPT_MOST = 256

Parse = Callable[[str], Any]
"""Turns a filter's text into an SQL parameter; raises ValueError when it cannot be one."""


class Lens(msgspec.Struct, frozen=True):
    """What may be sorted, filtered and searched in one list. Values are SQL expressions, never a caller's text.

    Shape: sorts: name → expression; filters: name → (expression, parse); search: expressions matched with ILIKE.
    `key` is the unique expression that ends every order, so that ties neither repeat nor skip a row.
    """

    key: str
    sorts: Mapping[str, str] = {}
    filters: Mapping[str, tuple[str, Parse]] = {}
    search: Sequence[str] = ()
    order: str = ""


def boolean(text: str) -> bool:
    """A filter's truth value. Raises: ValueError."""
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise ValueError(text)


def small(text: str) -> int:
    """A filter's number, as far as a column may hold one. Raises: ValueError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ValueError(text)
    return int(text)


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _conditions(lens: Lens, listing: Listing, args: list[Any]) -> list[str]:
    conditions = []
    for name, text in listing.filters.items():
        if name not in lens.filters:
            continue
        expression, parse = lens.filters[name]
        try:
            args.append(parse(text))
        except ValueError:
            return ["false"]  # a value no row can have: an empty list, as an equality would give
        conditions.append(f"{expression} = ${len(args)}")
    if listing.q and lens.search:
        args.append(_like(listing.q))
        conditions.append("(" + " OR ".join(f"{e} ILIKE ${len(args)}" for e in lens.search) + ")")
    return conditions


def _order(lens: Lens, listing: Listing) -> str:
    direction = "DESC" if listing.descending else "ASC"
    expression = lens.sorts.get(listing.sort or "")
    if expression:
        return f"{expression} {direction} NULLS LAST, {lens.key} {direction}"
    if lens.order and not listing.sort:
        if listing.descending and not lens.order.endswith("DESC"):
            return f"{lens.order} DESC NULLS LAST, {lens.key} DESC"
        return f"{lens.order}, {lens.key}"
    return f"{lens.key} {direction}"


class _Lengths:
    """Lengths of long lists, for some seconds: counting a million rows takes longer than all else that a page needs.

    Shape: kept: (SQL, parameters) → (when it was counted, how many).
    """

    kept: dict[tuple[str, str], tuple[float, int]] = {}  # noqa: RUF012 - one for the process

    @classmethod
    def recall(cls, name: tuple[str, str]) -> int | None:
        at, length = cls.kept.get(name, (0.0, 0))
        return length if length and time.monotonic() - at < KEPT_S else None

    @classmethod
    def note(cls, name: tuple[str, str], length: int) -> None:
        cls.kept.pop(name, None)
        if length > LONG:
            while len(cls.kept) >= _KEPT_MOST:
                del cls.kept[next(iter(cls.kept))]
            cls.kept[name] = (time.monotonic(), length)


async def length(sql: str, parameters: Sequence[Any]) -> int:
    """What a counting statement says; a length of more than 2,000 is asked for at most every 15 seconds."""
    name = (sql, repr(parameters))
    known = _Lengths.recall(name)
    if known is not None:
        return known
    found: int = await db.value(sql, *parameters) or 0
    _Lengths.note(name, found)
    return found


async def page(  # noqa: PLR0913 - a statement has these parts
    type_: type[T],
    lens: Lens,
    listing: Listing,
    *,
    select: str,
    source: str,
    where: str = "true",
    args: Sequence[Any] = (),
) -> Paged[T]:
    """One page of `SELECT {select} FROM {source} WHERE {where}`, and how many rows there are in all.

    `args` are the `$n` parameters of `source` and `where` (not of `select`), from $1 on. `select` names columns like
    the fields of `type_`. Two statements; a list of more than 2,000 rows is counted at most every 15 seconds, so that
    its length may be that much behind. What `source` joins only to show should be joined LEFT: it is not counted then.
    """
    parameters = list(args)
    condition = " AND ".join([f"({where})", *_conditions(lens, listing, parameters)])
    matching = f"FROM {source} WHERE {condition}"
    total = await length(f"SELECT count(*) {matching}", parameters)
    rows = await db.fetch(
        f"SELECT {select} {matching} ORDER BY {_order(lens, listing)}"
        f" LIMIT {int(listing.limit)} OFFSET {int(listing.offset)}",
        *parameters,
    )
    return Paged(db.views(type_, rows), total)


async def mean(
    lens: Lens, listing: Listing, expression: str, *, source: str, where: str = "true", args: Sequence[Any] = ()
) -> Decimal | None:
    """The mean of an expression over a whole list, with two decimals; None when the list is empty. One statement."""
    parameters = list(args)
    condition = " AND ".join([f"({where})", *_conditions(lens, listing, parameters)])
    found: Decimal | None = await db.value(
        f"SELECT round(avg({expression}), 2) FROM {source} WHERE {condition}",  # noqa: S608 - our names
        *parameters,
    )
    return found
