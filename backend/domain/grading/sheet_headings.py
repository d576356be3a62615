"""Columns are found by their headings, in either language and any order."""

import re
from collections.abc import Sequence

import msgspec

from backend.domain.grading.sheet_cells import FOUND_MAX, Cell, shown
from backend.domain.grading.sheet_values import Expected, Problem, ProblemCode

SHEET_NAMES = ("penilaian", "grades")
REQUIRED = {"user": "UserID", "grade": "Nilai"}

_KEYS = {
    "user": "userid idsiswa studentid",
    "name": "namasiswa nama name studentname",
    "grade": "nilai grade score skor",
    "feedback": "feedback umpanbalik catatan",
    "version": "versi version",
}
_BY_WORD = {word: key for key, words in _KEYS.items() for word in words.split()}
_NOISE = re.compile(r"[\s_\-*:.]+")


class Headings(msgspec.Struct, frozen=True):
    """Where the columns are. at and names are by key (user, name, grade, feedback, version); row from 1."""

    row: int
    at: dict[str, int]
    names: dict[str, str]
    problems: list[Problem]


def key_of(heading: str) -> str | None:
    """Which column a heading means; spaces, case and marks such as "Nilai *" do not matter."""
    return _BY_WORD.get(_NOISE.sub("", heading).casefold())


def letters(column: int) -> str:
    """A column's letters as Excel shows them; 0 is A."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def find(rows: Sequence[Sequence[Cell]]) -> Headings:
    """Read the headings from the one of the first rows that has most of them.

    A heading that is missing or stands there twice is a problem in the answer, not an exception.
    """
    counts = [len({key_of(shown(cell)) for cell in row} - {None}) for row in rows]
    if not any(counts):
        filled = next((n for n, row in enumerate(rows) if any(shown(cell).strip() for cell in row)), 0)
        return _read(filled + 1, rows[filled] if rows else [])
    best = counts.index(max(counts))
    return _read(best + 1, rows[best])


def _read(row: int, cells: Sequence[Cell]) -> Headings:
    at: dict[str, int] = {}
    names: dict[str, str] = {}
    problems = []
    for column, cell in enumerate(cells):
        text = shown(cell).strip()
        key = key_of(text)
        if key is None:
            continue
        name = f"{letters(column)} {text}"
        if key in at:
            found = f"{names[key]}, {name}"[:FOUND_MAX]
            problems.append(Problem(row, name[:FOUND_MAX], ProblemCode.COLUMN_TWICE, found, Expected.ONE_SUCH_COLUMN))
            continue
        at[key], names[key] = column, name
    found = ", ".join(text for cell in cells if (text := shown(cell).strip()))[:FOUND_MAX]
    problems += [
        Problem(row, heading, ProblemCode.COLUMN_MISSING, found, Expected.HEADING)
        for key, heading in REQUIRED.items()
        if key not in at
    ]
    return Headings(row, at, names, problems)
