r"""What was typed: texts compared with patterns, numbers read with their units. Pure.

Texts are compared in Unicode's form NFKC, without case unless it matters, with one space for each run of white space
and none at the ends. In a pattern `*` stands for any text, also for none; `\*` is a star and `\\` a backslash.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from backend.domain.assessments.keys import LARGEST_NUMBER, Unit

_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"[+-]?(?:\d[\d., ']*\d|\d|[.,]\d+)(?:[eE][+-]?\d{1,3})?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:[.,]\d{3})+")
_STAR = "\0"


def normal(text: str, *, is_case_sensitive: bool = False) -> str:
    """A text as it is compared."""
    plain = _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip()
    return plain if is_case_sensitive else unicodedata.normalize("NFKC", plain.casefold())


def matches(pattern: str, text: str, *, is_case_sensitive: bool = False) -> bool:
    """Whether a typed text is what a pattern stands for. As long as both together at worst times their product."""
    parts = [normal(part, is_case_sensitive=is_case_sensitive) for part in _pieces(pattern)]
    found = normal(text, is_case_sensitive=is_case_sensitive)
    if len(parts) == 1:
        return found == parts[0]
    return _fits(parts, found)


def _pieces(pattern: str) -> list[str]:
    """What stands between the stars of a pattern."""
    pieces, held = [""], False
    for letter in pattern:
        if held:
            pieces[-1] += letter if letter in "*\\" else "\\" + letter
            held = False
        elif letter == "\\":
            held = True
        elif letter == "*":
            pieces.append("")
        else:
            pieces[-1] += letter
    if held:
        pieces[-1] += "\\"
    return pieces


def _fits(parts: Sequence[str], text: str) -> bool:
    """Whether a text begins with the first part, ends with the last, and has the others between, in order."""
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


class Typed(msgspec.Struct, frozen=True):
    """A number as it may have been meant: `values` are its readings, `unit` is what stood behind it."""

    values: tuple[Decimal, ...]
    unit: str


def number(text: str, unit: str = "") -> Typed | None:
    """Read a number; None when there is none.

    Comma and point are both taken: with both in it the last is the decimal mark, several of one are between thousands.
    One alone with three digits behind it may be either, so that there are two readings, the decimal one first.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    found = _NUMBER.match(plain)
    if found is None:
        return None
    values = tuple(_readings(found.group().replace(" ", "").replace("'", "")))
    behind = plain[found.end() :].strip()
    return Typed(values, behind or unicodedata.normalize("NFKC", unit).strip()) if values else None


def _readings(digits: str) -> Iterator[Decimal]:
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        thousands, mark = (",", ".") if digits.rfind(".") > digits.rfind(",") else (".", ",")
        texts = [digits.replace(thousands, "").replace(mark, ".")] if digits.count(mark) == 1 else []
    elif commas + points == 1:
        texts = [digits.replace(",", ".")]
        if _THOUSANDS.fullmatch(digits):
            texts.append(digits.replace(",", "").replace(".", ""))
    elif commas + points:
        texts = [digits.replace(",", "").replace(".", "")] if _THOUSANDS.fullmatch(digits) else []
    else:
        texts = [digits]
    for text in texts:
        try:
            value = Decimal(text)
        except InvalidOperation:
            continue
        if abs(value) <= LARGEST_NUMBER:
            yield value


def unit_named(units: Sequence[Unit], name: str) -> Unit | None:
    """The unit of this name: as it is written, or if none is, without looking at case."""
    exact = next((unit for unit in units if unit.name.strip() == name), None)
    return exact or next((unit for unit in units if normal(unit.name) == normal(name)), None)
