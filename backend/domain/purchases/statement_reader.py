"""Read a bank's list of mutations, a CSV. Runs in a child process with little memory (see statements.read_statement).

Columns are found by their headings, in Indonesian or in English, wherever the table begins; separated by commas,
semicolons or tabs. The reader walks the file and keeps only what came in. One bank's CR and DB stand below no heading,
beside the amount, its dates have no year, and commas in its texts shift what follows.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TextIO

import msgspec

from backend.domain.purchases.statement_values import (
    PROBLEMS_MAX,
    ROWS_MAX,
    SHOWN_MAX,
    FileRefused,
    Line,
    ParsedStatement,
    Problem,
    amount,
    day,
    marked,
    side,
)
from backend.domain.purchases.terms import StatementCell, StatementFault

SEARCHED_ROWS = 50
FIELD_MAX = 20_000
COLUMNS_MAX = 100
_HEAD = 4096
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CURRENCY = re.compile(r"\b(idr|rp|rupiah)\b")
_FULL_DATE = re.compile(r"\b\d{1,2}[-/.]\d{1,2}[-/.]\d{4}\b")


class _Column(StrEnum):
    DATE = "date"
    CREDIT = "credit"
    DEBIT = "debit"
    AMOUNT = "amount"
    SIDE = "side"
    TEXT = "text"


_NAMES: dict[_Column, str] = {
    _Column.DATE: "tanggal|tgl|tanggal transaksi|tgl transaksi|tgl trans|tanggal mutasi|date|transaction date"
    "|trans date|txn date|posting date|post date|tanggal posting|booking date|waktu transaksi|date time|tanggal waktu"
    "|postdate|tgl tran",
    _Column.CREDIT: "kredit|credit|mutasi kredit|jumlah kredit|credit amount|cr|uang masuk|dana masuk|pemasukan"
    "|money in|setoran|deposit",
    _Column.DEBIT: "debit|debet|mutasi debit|mutasi debet|jumlah debit|debit amount|db|uang keluar|dana keluar"
    "|pengeluaran|money out|penarikan|withdrawal",
    _Column.AMOUNT: "jumlah|nominal|amount|mutasi|transaction amount|nilai|jumlah transaksi|nominal transaksi",
    _Column.SIDE: "d k|db cr|dk|dbcr|dr cr|cr db|cr dr|k d|jenis|tipe|type|jenis transaksi|tipe transaksi|debit kredit"
    "|debet kredit|debit credit|transaction type|indikator|sign",
    _Column.TEXT: "keterangan|keterangan transaksi|uraian|uraian transaksi|deskripsi|description|remark|remarks|berita"
    "|details|detail|transaction description|narrative|catatan|rincian|rincian transaksi|desk tran",
}
_COLUMNS = {name: column for column, names in _NAMES.items() for name in names.split("|")}

Headings = dict[_Column, tuple[int, str]]


class _Table(msgspec.Struct, frozen=True, kw_only=True):
    """Where the table is. `first` is the row of its headings, `width` how many there are."""

    delimiter: str
    first: int
    headings: Headings
    width: int


def read(path: str, today: str = "") -> ParsedStatement:
    """Read the statement in a file. `today` (ISO 8601) is needed for dates without a year.

    Raises: FileRefused.
    """
    csv.field_size_limit(FIELD_MAX)
    for encoding in _encodings(path):
        try:
            return _read(path, encoding, date.fromisoformat(today) if today else None)
        except UnicodeError:
            continue
        except csv.Error as broken:
            raise FileRefused(StatementFault.DAMAGED, str(broken)[:SHOWN_MAX]) from broken
    raise FileRefused(StatementFault.NOT_TEXT)


def _encodings(path: str) -> Sequence[str]:
    with Path(path).open("rb") as file:
        head = file.read(_HEAD)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return (encoding,)
    if b"\0" in head or head.startswith((b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0")):
        raise FileRefused(StatementFault.NOT_TEXT)
    return ("utf-8", "cp1252")


def _read(path: str, encoding: str, today: date | None) -> ParsedStatement:
    with Path(path).open(encoding=encoding, newline="") as file:
        table = _find(file)
        until = _until(file, table, today) if today else None
        file.seek(0)
        rows = enumerate(_rows(file, table.delimiter), 1)
        return _Body(table, until).read(islice(rows, table.first, None))


def _until(file: TextIO, table: _Table, today: date) -> date:
    """The last day that a statement can tell of: the latest that stands above the table, as its period, or today."""
    file.seek(0)
    above = " ".join(" ".join(cells) for cells in islice(_rows(file, table.delimiter), table.first - 1))
    found = (day(text) for text in _FULL_DATE.findall(above))
    return min(max((on for on in found if on is not None), default=today), today)


def _rows(file: TextIO, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(file, delimiter=delimiter)


def _find(file: TextIO) -> _Table:
    """The table that is found with the delimiter that finds most of its columns."""
    best: _Table | None = None
    for delimiter in ",;\t":
        file.seek(0)
        for number, cells in enumerate(islice(_rows(file, delimiter), SEARCHED_ROWS), 1):
            headings = _headings(cells)
            if headings and (best is None or len(headings) > len(best.headings)):
                best = _Table(delimiter=delimiter, first=number, headings=headings, width=len(cells))
    if best is None:
        raise FileRefused(StatementFault.NO_HEADINGS)
    return best


def _headings(cells: Sequence[str]) -> Headings:
    """The columns that a row names; none if it does not name a date and an amount."""
    found: Headings = {}
    for at, cell in enumerate(cells[:COLUMNS_MAX]):
        column = _COLUMNS.get(_name(cell))
        if column is not None:
            found.setdefault(column, (at, cell.strip()[:SHOWN_MAX]))
    _find_side(cells, found)
    has_amount = _Column.CREDIT in found or _Column.AMOUNT in found
    return found if _Column.DATE in found and has_amount else {}


def _find_side(cells: Sequence[str], found: Headings) -> None:
    """An amount that has a column without a heading behind it has its CR or DB there."""
    if _Column.AMOUNT not in found or _Column.SIDE in found:
        return
    at, heading = found[_Column.AMOUNT]
    if at + 1 < len(cells) - 1 and not cells[at + 1].strip():
        found[_Column.SIDE] = (at + 1, heading)


def _name(cell: str) -> str:
    bare = " ".join(re.sub(r"[^a-z]+", " ", cell.lower()).split())
    return " ".join(_CURRENCY.sub(" ", bare).split()) or bare


class _Unreadable(Exception):
    """A cell of a column is not what it should be."""

    def __init__(self, column: _Column, found: str, expected: StatementCell) -> None:
        super().__init__(column, found, expected)
        self.column, self.found, self.expected = column, found, expected


class _Body:
    """The rows below the headings, as they are read."""

    def __init__(self, table: _Table, until: date | None) -> None:
        self.table = table
        self.headings = table.headings
        self.until = until
        self.lines: list[Line] = []
        self.problems: list[Problem] = []
        self.problem_count = 0
        self.rows = 0
        self.ignored = 0

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> ParsedStatement:
        for number, cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            self.rows += 1
            if self.rows > ROWS_MAX:
                raise FileRefused(StatementFault.TOO_MANY_ROWS, str(ROWS_MAX))
            self._read_row(number, self._aligned(cells))
        return ParsedStatement(
            rows=self.rows,
            lines=self.lines,
            problems=self.problems,
            problem_count=self.problem_count,
            ignored=self.ignored,
        )

    def _aligned(self, cells: list[str]) -> Sequence[str]:
        """A row whose text has the delimiter in it, unquoted: it is too long, and CR or DB stand too far behind."""
        extra = len(cells) - self.table.width
        text = self.headings.get(_Column.TEXT, (0, ""))[0]
        if extra <= 0 or _Column.SIDE not in self.headings or side(self._cell(cells, _Column.SIDE)) is not None:
            return cells
        joined = [*cells[:text], self.table.delimiter.join(cells[text : text + extra + 1]), *cells[text + extra + 1 :]]
        return joined if side(self._cell(joined, _Column.SIDE)) is not None else cells

    def _read_row(self, number: int, cells: Sequence[str]) -> None:
        try:
            line = self._line(number, cells)
        except _Unreadable as wrong:
            self.problem_count += 1
            if len(self.problems) < PROBLEMS_MAX:
                column = self.headings[wrong.column][1]
                self.problems.append(Problem(number, column, wrong.found[:SHOWN_MAX], wrong.expected))
            return
        if line is None:
            self.ignored += 1
        else:
            self.lines.append(line)

    def _line(self, number: int, cells: Sequence[str]) -> Line | None:
        """What came in by a row; None for a debit, or what is no mutation at all."""
        on = day(self._cell(cells, _Column.DATE), self.until)
        has_figures = any(
            amount(marked(self._cell(cells, column))[0]) is not None
            for column in (_Column.CREDIT, _Column.DEBIT, _Column.AMOUNT)
        )
        if on is None and not has_figures:
            return None  # a line below the table, or between its parts
        if on is None:
            if not self._cell(cells, _Column.DATE):
                return None  # a total
            raise _Unreadable(_Column.DATE, self._cell(cells, _Column.DATE), StatementCell.DATE)
        came = self._credited(cells)
        if came is None or came <= 0:
            return None
        return Line(number, on, came, " ".join(self._cell(cells, _Column.TEXT).split())[:SHOWN_MAX])

    def _credited(self, cells: Sequence[str]) -> Decimal | None:
        if _Column.CREDIT in self.headings:
            return self._of_two_columns(cells)
        return self._of_one_column(cells)

    def _of_two_columns(self, cells: Sequence[str]) -> Decimal | None:
        text = self._cell(cells, _Column.CREDIT)
        if text in ("", "-"):
            if not self._cell(cells, _Column.DEBIT):
                raise _Unreadable(_Column.CREDIT, text, StatementCell.AMOUNT)
            return None
        return self._amount(_Column.CREDIT, marked(text)[0])

    def _of_one_column(self, cells: Sequence[str]) -> Decimal | None:
        bare, is_credit = marked(self._cell(cells, _Column.AMOUNT))
        found = self._amount(_Column.AMOUNT, bare)
        told = self._cell(cells, _Column.SIDE)
        if told and is_credit is None:
            is_credit = side(told)
            if is_credit is None:
                raise _Unreadable(_Column.SIDE, told, StatementCell.SIDE)
        return None if is_credit is False else found

    def _amount(self, column: _Column, text: str) -> Decimal:
        found = amount(text)
        if found is None:
            raise _Unreadable(column, text, StatementCell.AMOUNT)
        return found

    def _cell(self, cells: Sequence[str], column: _Column) -> str:
        at = self.headings.get(column, (len(cells), ""))[0]
        return cells[at].strip() if at < len(cells) else ""
