"""Read a grading sheet. Runs in a child process with little memory (see sheets.read_grades)."""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any
from uuid import UUID

from python_calamine import CalamineError, CalamineWorkbook

from backend.core.workbook_marks import Marks
from backend.core.workbook_scan import Book, inspect, shows_percent
from backend.core.workbooks import SEARCHED_ROWS, FileRefused, Refusal
from backend.domain.grading import sheet_headings
from backend.domain.grading.sheet_cells import FOUND_MAX, RULES, Cell, CellWrong
from backend.domain.grading.sheet_headings import Headings
from backend.domain.grading.sheet_values import (
    ASSIGNMENT,
    BATCH,
    EXPORTED,
    PROBLEMS_MAX,
    WIDE_GRADES_MAX,
    Expected,
    ParsedRow,
    ParsedSheet,
    Problem,
    ProblemCode,
)

_EXPECTED = {
    "user": Expected.STUDENT_ID,
    "grade": Expected.GRADE,
    "feedback": Expected.TEXT,
    "version": Expected.VERSION,
}


def read(path: str, wide: bool = False) -> ParsedSheet:  # noqa: FBT001, FBT002 - called across processes
    """Read the sheet called Penilaian or Grades, else the first, of an .xlsx file; `wide`: that of a whole batch.

    Raises: FileRefused.
    """
    carried = (ASSIGNMENT, BATCH, EXPORTED)
    book = inspect(path, sheets=sheet_headings.SHEET_NAMES, properties=carried, marked=shows_percent)
    try:
        with Path(path).open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            return _read_rows(book, workbook.get_sheet_by_name(book.sheet).iter_rows(), wide=wide)
    except CalamineError as broken:
        raise FileRefused(Refusal.DAMAGED, type(broken).__name__) from broken


def _read_rows(book: Book, rows: Iterable[Sequence[Cell]], *, wide: bool) -> ParsedSheet:
    walk = iter(rows)
    head = list(islice(walk, SEARCHED_ROWS))
    headings = sheet_headings.find(head, wide=wide)
    body = _Body(headings, book.marks)
    if headings.problems:
        body.problems, body.problem_count = headings.problems, len(headings.problems)
    else:
        body.read(chain(head[headings.row :], walk))
    return ParsedSheet(
        sheet=book.sheet,
        columns=headings.names,
        rows=[row for row in body.rows if row.user not in body.twice],
        problems=sorted(body.problems, key=lambda problem: problem.row),
        problem_count=body.problem_count,
        assignment=_uuid(book.properties.get(ASSIGNMENT, "")),
        exported_at=book.properties.get(EXPORTED),
        batch=_uuid(book.properties.get(BATCH, "")),
        tasks=[task for task in body.tasks if task is not None],
        blank=body.blank,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class _Body:
    """The rows below the headings, as they are read."""

    def __init__(self, headings: Headings, marks: Marks) -> None:
        self.names = headings.names
        self.first = headings.row + 1
        self.tasks = sorted({key.partition(":")[2] or None for key in headings.at if key.startswith("grade")}, key=str)
        self.columns = [
            (key, headings.at[key], rule)
            for kind, rule in RULES.items()
            for key in ([kind] if kind == "user" else [sheet_headings.key_for(kind, task) for task in self.tasks])
            if key in headings.at
        ]
        self.filled = [at for key, at, _ in self.columns if not key.startswith("version")]
        self.blank = 0
        self.marks = marks
        self.marked_rows = {row for row, _ in chain(marks.formulas, marks.errors, marks.formats)}
        self.rows: list[ParsedRow] = []
        self.seen: dict[UUID, int] = {}
        self.twice: set[UUID] = set()
        self.problems: list[Problem] = []
        self.problem_count = 0

    def read(self, rows: Iterable[Sequence[Cell]]) -> None:
        is_whole = self.tasks == [None] and len(self.columns) == len(RULES)
        for number, cells in enumerate(rows, self.first):
            if number - 1 in self.marked_rows:
                self._read_row(number, cells, is_marked=True)
            elif not (is_whole and self._read_good(number, cells)):
                self._read_row(number, cells, is_marked=False)

    def _read_good(self, number: int, cells: Sequence[Cell]) -> bool:
        """The usual row, at once. Not good: the answer is False and nothing has happened."""
        try:
            user, grade, feedback, version = [rule(cells[at]) for _, at, rule in self.columns]
        except CellWrong:
            return False
        if user in self.seen:
            return False
        self.seen[user] = number
        self.rows.append(ParsedRow(number, user, grade, feedback, version))
        return True

    def _read_row(self, number: int, cells: Sequence[Cell], *, is_marked: bool) -> None:
        """A row cell by cell, so that each one can be at fault."""
        if not is_marked and not any(str(cells[at]).strip() for at in self.filled):
            return
        values: dict[str, Any] = {}
        before = self.problem_count
        for key, at, rule in self.columns:
            try:
                if is_marked:
                    self._check_marks((number - 1, at), key, cells[at])
                values[key] = rule(cells[at])
            except CellWrong as wrong:
                self._report(number, key, wrong)
        if "user" in values:
            self._note(number, values["user"])
        if self.problem_count == before:
            for task in self.tasks:
                self._keep(number, values, task)

    def _keep(self, number: int, values: dict[str, Any], task: str | None) -> None:
        """Take the grade of one assignment from a row; of a batch's sheet the blank ones are many, and only counted."""
        keys = [sheet_headings.key_for(kind, task) for kind in ("grade", "feedback", "version")]
        grade, feedback, version = (values.get(key) for key in keys)
        if task is not None and grade is None:
            self.blank += 1
            return
        if len(self.rows) >= WIDE_GRADES_MAX:
            raise FileRefused(Refusal.TOO_MANY_CELLS, str(WIDE_GRADES_MAX))
        self.rows.append(ParsedRow(number, values["user"], grade, feedback, version, task))

    def _check_marks(self, place: tuple[int, int], key: str, cell: Cell) -> None:
        """What the parser shows as blank, or as a plain number, although a person sees something else."""
        if place in self.marks.errors:
            raise CellWrong(ProblemCode.ERROR_VALUE, self.marks.errors[place], _EXPECTED[key.partition(":")[0]])
        if cell == "" and place in self.marks.formulas:
            raise CellWrong(ProblemCode.FORMULA_WITHOUT_VALUE, "", _EXPECTED[key.partition(":")[0]])
        if key.startswith("grade") and place in self.marks.formats and isinstance(cell, float):
            raise CellWrong(ProblemCode.PERCENT, f"{cell * 100:.15g}%", _EXPECTED[key.partition(":")[0]])

    def _note(self, number: int, user: UUID) -> None:
        """Both rows of a student who is there twice are at fault: the first names the next, all others the first."""
        first = self.seen.setdefault(user, number)
        if first == number:
            return
        wrong = CellWrong(ProblemCode.STUDENT_TWICE, str(user), Expected.ONE_ROW_PER_STUDENT)
        if user not in self.twice:
            self.twice.add(user)
            self._report(first, "user", wrong, number)
        self._report(number, "user", wrong, first)

    def _report(self, row: int, key: str, wrong: CellWrong, other_row: int | None = None) -> None:
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_MAX:
            column = self.names[key][:FOUND_MAX]
            self.problems.append(Problem(row, column, wrong.code, wrong.found, wrong.expected, other_row))
