"""This contract's words for a part of a list: `page` and `pageSize`. Source: contract/partners.md 4.4."""

from typing import Any, TypeVar

import msgspec
from litestar import Request

from backend.core.errors import Broken, Invalid
from backend.core.paging import Paged
from backend.dialects.ruangkerja.envelope import Listed

MAX_PAGE = 1_000_000_000
MAX_SIZE = 100
LONGEST_NAME = 255

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]


class Page(msgspec.Struct, frozen=True):
    """What part of a list is asked for, from page 1 on."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many rows stand before it."""
        return (self.number - 1) * self.size

    def listed(self, items: list[T], paged: Paged[Any]) -> Listed[T]:
        """The part on the wire: `items`, made of the `paged` that was found."""
        return Listed(self.number, paged.total, -(-paged.total // self.size), items)


def read_page(request: AnyRequest) -> Page:
    """The part that a request names; it must name one, and nothing is taken down to a limit. Raises: Invalid."""
    return _page(request.query_params.getall("page", []), request.query_params.getall("pageSize", []))


def read_page_or_all(request: AnyRequest) -> Page:
    """The same where the contract names no parameters: without them, as much as an answer may hold. Raises: Invalid."""
    query = request.query_params
    return _page(query.getall("page", ["1"]), query.getall("pageSize", [str(MAX_SIZE)]))


def read_name(request: AnyRequest) -> str | None:
    """A part of a name to look for. Raises: Invalid."""
    name = request.query_params.get("name", "")
    if len(name) > LONGEST_NAME:
        raise Invalid(fields={"name": Broken("longest", (str(LONGEST_NAME),))})
    return name or None


def _page(number: list[str], size: list[str]) -> Page:
    wrong: dict[str, Broken] = {}
    page = Page(_number("page", number, MAX_PAGE, wrong), _number("pageSize", size, MAX_SIZE, wrong))
    if wrong:
        raise Invalid(fields=wrong)
    return page


def _number(name: str, given: list[str], most: int, wrong: dict[str, Broken]) -> int:
    if not given:
        wrong[name] = Broken("required")
        return 0
    text = given[0]
    if len(given) > 1 or not (text.isascii() and text.isdecimal()) or len(text) > 10 or not 1 <= int(text) <= most:
        wrong[name] = Broken("range", ("1", str(most)))
        return 0
    return int(text)
