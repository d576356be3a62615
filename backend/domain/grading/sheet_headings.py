"""Columns are found by their headings, in either language and any order."""

import re
from collections.abc import Sequence

import msgspec

from backend.domain.grading.sheet_cells import FOUND_MAX, Cell, shown
from backend.domain.grading.sheet_values import Expected, Problem, ProblemCode

SHEET_NAMES = ("penilaian", "grades")
REQUIRED = {"user": "UserID", "grade": "Nilai"}
WIDE = {"user": "UserID", "grade": "Tugas [kode]"}

_KEYS = {
    "user": "userid idsiswa studentid",
    "name": "namasiswa nama name studentname",
    "grade": "nilai grade score skor",
    "feedback": "feedback umpanbalik catatan",
    "version": "versi version",
}
_BY_WORD = {word: key for key, words in _KEYS.items() for word in words.split()}
_CODED = re.compile(r"\[(versi )?([0-9a-f]{12})\]\s*$", re.IGNORECASE)
_NOISE = re.compile(r"[\s_\-*:.]+")


class Headings(msgspec.Struct, frozen=True):
    """Where the columns are. at and names are by key (user, name, grade, feedback, version); row from 1.

    In a batch's sheet each assignment has keys of its own: "grade:" and "version:" with its code.
    """

    row: int
    at: dict[str, int]
    names: dict[str, str]
    problems: list[Problem]


def key_of(heading: str, *, wide: bool = False) -> str | None:
    """Which column a heading means; spaces, case and marks such as "Nilai *" do not matter.

    In a batch's sheet (`wide`) a heading that ends in the code of an assignment is its grade: "Essay [0f…]".
    """
    key = _BY_WORD.get(_NOISE.sub("", heading).casefold())
    if not wide:
        return key
    coded = _CODED.search(heading)
    if coded:
        return f"{'version' if coded[1] else 'grade'}:{coded[2].lower()}"
    return key if key in ("user", "name") else None


def key_for(kind: str, task: str | None) -> str:
    """The key of a column: of the only assignment, or of the one with this code."""
    return kind if task is None else f"{kind}:{task}"


def letters(column: int) -> str:
    """A column's letters as Excel shows them; 0 is A."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def find(rows: Sequence[Sequence[Cell]], *, wide: bool = False) -> Headings:
    """Read the headings from the one of the first rows that has most of them.

    A heading that is missing or stands there twice is a problem in the answer, not an exception.
    """
    counts = [len({key_of(shown(cell), wide=wide) for cell in row} - {None}) for row in rows]
    if not any(counts):
        filled = next((n for n, row in enumerate(rows) if any(shown(cell).strip() for cell in row)), 0)
        return _read(filled + 1, rows[filled] if rows else [], wide=wide)
    best = counts.index(max(counts))
    return _read(best + 1, rows[best], wide=wide)


def _read(row: int, cells: Sequence[Cell], *, wide: bool) -> Headings:
    at: dict[str, int] = {}
    names: dict[str, str] = {}
    problems = []
    for column, cell in enumerate(cells):
        text = shown(cell).strip()
        key = key_of(text, wide=wide)
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
        for key, heading in (WIDE if wide else REQUIRED).items()
        if not any(known == key or known.startswith(f"{key}:") for known in at)
    ]
    return Headings(row, at, names, problems)
