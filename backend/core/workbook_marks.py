"""Look at every cell of a worksheet's XML, as bytes: where it lies, and whether it needs a word of its own.

The parser (calamine) allocates the whole rectangle that the cells span, reads error cells as blank, and does
not show formulas or formats. What is unusual enough to escape these patterns meets the memory limit of the
child process that all of this runs in.
"""

import re
from collections.abc import Iterable, Mapping

import msgspec

from backend.core.workbooks import SEARCHED_ROWS, FileRefused, Refusal

CELLS_MAX = 2_000_000
DATA_ROWS_MAX = 100_000
COLUMNS_MAX = 100
ROWS_MAX = DATA_ROWS_MAX + SEARCHED_ROWS

_FORMULA = re.compile(rb"<(?:\w+:)?c(\s[^<>]*)>\s*<(?:\w+:)?f[\s/>]")
_ERROR_TEXT = re.compile(rb"\s*(?:<(?:\w+:)?f[^>]*>(?:[^<]*</(?:\w+:)?f>)?)?\s*<(?:\w+:)?v>([^<]{1,20})")
_ATTRIBUTE = re.compile(rb"""\s(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PLACE = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")


class Marks(msgspec.Struct):
    """Cells of one worksheet, by (row, column) from 0, whose value alone does not say what they are."""

    formulas: set[tuple[int, int]] = msgspec.field(default_factory=set)  # with no text as a result
    errors: dict[tuple[int, int], str] = msgspec.field(default_factory=dict)
    formats: dict[tuple[int, int], str] = msgspec.field(default_factory=dict)  # the number formats that were asked for


def marks(pieces: Iterable[bytes], styles: Mapping[bytes, str]) -> Marks:
    """Walk over a worksheet in pieces that cut no cell in two; styles are those whose number format is asked for.

    Raises: FileRefused.
    """
    return _Scanner(styles).read(pieces)


class _Scanner:
    """Looks at every cell of one worksheet; only those that are not plain cost more than a glance."""

    def __init__(self, styles: Mapping[bytes, str]) -> None:
        self.styles = styles
        self.marks = Marks()
        self.cells = 0
        unless = b"(?!(?:" + b"|".join(styles) + b')")' if styles else b""
        plain = b' r="[AB]?[A-Z][0-9]{1,5}"(?: s="' + unless + b'[0-9]+")?'
        plain += b'(?: t="(?:s|n|str|inlineStr|b)")? ?/?>'
        self.odd = re.compile(rb"<(?:\w+:)?c(?=[\s/>])(?!" + plain + rb")([^<>]*)>")

    def read(self, pieces: Iterable[bytes]) -> Marks:
        for piece in pieces:
            self.cells += piece.count(b"<c ") + piece.count(b":c ")
            if self.cells > CELLS_MAX:
                raise FileRefused(Refusal.TOO_MANY_CELLS, str(CELLS_MAX))
            for found in self.odd.finditer(piece):
                self._look(piece, found)
            if b"<f" in piece or b":f" in piece:
                for found in _FORMULA.finditer(piece):
                    self._look_at_formula(found)
        return self.marks

    def _look(self, piece: bytes, found: re.Match[bytes]) -> None:
        if found[1].rstrip().endswith(b"/"):
            return  # a style without a value
        attributes = _attributes(found[1])
        place = _place(attributes)
        if attributes.get(b"t") == b"e":
            text = _ERROR_TEXT.match(piece, found.end())
            self.marks.errors[place] = text[1].decode("ascii", "replace") if text else "#"
        code = self.styles.get(attributes.get(b"s", b""))
        if code is not None:
            self.marks.formats[place] = code

    def _look_at_formula(self, found: re.Match[bytes]) -> None:
        attributes = _attributes(found[1])
        if attributes.get(b"t") != b"str":
            self.marks.formulas.add(_place(attributes))


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(tag)}


def _place(attributes: dict[bytes, bytes]) -> tuple[int, int]:
    """Row and column from 0 of a cell that is within the limits."""
    where = attributes.get(b"r", b"")
    found = _PLACE.fullmatch(where)
    if not found:
        raise FileRefused(Refusal.UNUSUAL_CELLS, where[:20].decode("ascii", "replace"))
    row, column = int(found[2]), 0
    for letter in found[1]:
        column = column * 26 + letter - ord("A") + 1
    if column > COLUMNS_MAX:
        raise FileRefused(Refusal.TOO_MANY_COLUMNS, where.decode())
    if row > ROWS_MAX:
        raise FileRefused(Refusal.TOO_MANY_ROWS, where.decode())
    return row - 1, column - 1
