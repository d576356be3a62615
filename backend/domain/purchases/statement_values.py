"""What a bank statement says, as plain values; and how its dates and amounts are read. Pure."""

import re
from datetime import date
from decimal import Decimal

import msgspec

from backend.domain.purchases.terms import StatementCell, StatementFault

ROWS_MAX = 100_000
PROBLEMS_MAX = 1_000
SHOWN_MAX = 120

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb februari february",
            "mar maret march",
            "apr april",
            "mei may",
            "jun juni june",
            "jul juli july",
            "agu agt ags aug agustus august",
            "sep sept september",
            "okt oct oktober october",
            "nov november",
            "des dec desember december",
        ),
        1,
    )
    for name in names.split()
}
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2}|[A-Za-z]{3,9})[-/. ](\d{1,4})(?:[ T].*)?$")
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[-/. ](\d{1,2}|[A-Za-z]{3,9})$")
_GROUPED = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*")
_CREDIT = frozenset({"cr", "c", "k", "kr", "kredit", "credit", "+", "masuk", "in"})
_DEBIT = frozenset({"db", "d", "dr", "debit", "debet", "-", "keluar", "out"})
_SIDE = re.compile(r"^(.*?)\s*(cr|db|dr|[ckd])\.?$", re.IGNORECASE)
DIGITS_MAX = 18


class Problem(msgspec.Struct, frozen=True):
    """A cell that cannot be read. Rows count from 1 as in the file; `column` is its heading there."""

    row: int
    column: str
    found: str
    expected: StatementCell


class Line(msgspec.Struct, frozen=True):
    """Money that came in. `row` counts from 1 as in the file."""

    row: int
    on: date
    amount: Decimal
    text: str


class ParsedStatement(msgspec.Struct, frozen=True, kw_only=True):
    """A bank statement. `ignored` counts what is no credit: debits, totals, balances."""

    rows: int
    lines: list[Line]
    problems: list[Problem]
    problem_count: int
    ignored: int


class FileRefused(Exception):
    """The file is no statement: (a StatementFault, what about it)."""

    @property
    def fault(self) -> StatementFault:
        """Why."""
        return StatementFault(self.args[0])

    @property
    def detail(self) -> str:
        """What about it, or nothing."""
        return str(self.args[1]) if len(self.args) > 1 else ""


def day(text: str, until: date | None = None) -> date | None:
    """A date as banks write it, the day first or the year first, a time behind it left out; None if it is none.

    Some banks leave the year out: then it is the latest such day that is not after `until`, if that is told.
    """
    bare = text.strip().lstrip("'")
    match = _DATE.match(bare)
    if match is None:
        return _within_a_year(bare, until) if until else None
    first, middle, last = match.groups()
    year, of_month = (first, last) if len(first) == 4 else (last, first)
    if len(year) not in (2, 4) or len(of_month) > 2:
        return None
    return _date(int(year) + (2000 if len(year) == 2 else 0), middle, int(of_month))


def _within_a_year(text: str, until: date) -> date | None:
    match = _DAY_AND_MONTH.match(text)
    if match is None:
        return None
    found = (_date(year, match[2], int(match[1])) for year in (until.year, until.year - 1))
    return next((on for on in found if on is not None and on <= until), None)


def _date(year: int, month: str, of_month: int) -> date | None:
    try:
        return date(year, int(month) if month.isdecimal() else _MONTHS.get(month.lower(), 0), of_month)
    except ValueError:
        return None


def side(text: str) -> bool | None:
    """Whether a word says credit (True) or debit (False); None for neither."""
    word = text.strip().rstrip(".").lower()
    return True if word in _CREDIT else False if word in _DEBIT else None


def marked(text: str) -> tuple[str, bool | None]:
    """An amount's text without the mark behind it, and what the mark says: ``1.000,00 CR``."""
    match = _SIDE.match(text.strip())
    return (match[1], side(match[2])) if match and match[1] else (text, None)


def amount(text: str) -> Decimal | None:
    """An amount with decimals after a comma or a point, grouped by the other, by an apostrophe or blanks, or not.

    One separator before exactly three digits groups: ``1.000`` and ``1,000`` are a thousand, for rupiah have no
    thousandths. Negative amounts have a sign in front or behind, or stand in brackets; ``,-`` behind it says that
    there are no decimals, and nothing needs to stand before them (``.00``). None if it is none.
    """
    bare = re.sub(r"(?i)^(rp|idr)\.?", "", text.strip().strip("'").replace("\u00a0", " ")).strip()
    bare = re.sub(r",[-\u2013]+$", "", bare)
    is_negative = bare.startswith(("-", "(")) or bare.endswith("-")
    bare = bare.strip("+-() ")
    bare = re.sub(r"(?i)^(rp|idr)\.?\s*", "", bare)
    found = _unsigned(bare)
    return -found if found is not None and is_negative else found


def _unsigned(bare: str) -> Decimal | None:
    if sum(letter.isdigit() for letter in bare) > DIGITS_MAX or not bare.isascii():
        return None
    if bare.isdecimal() or _is_grouped(bare):
        return Decimal(re.sub(r"\D", "", bare))
    head, mark, tail = _split(bare)
    if not mark or not tail.isdecimal() or len(tail) > 2:
        return None
    if head and not (head.isdecimal() or (_is_grouped(head) and mark not in head)):
        return None
    return Decimal(f"{re.sub(r'[^0-9]', '', head) or 0}.{tail}")


def _is_grouped(text: str) -> bool:
    return bool(_GROUPED.fullmatch(text)) and not text.startswith("0")


def _split(text: str) -> tuple[str, str, str]:
    at = max(text.rfind("."), text.rfind(","))
    return (text[:at], text[at], text[at + 1 :]) if at >= 0 else (text, "", "")
