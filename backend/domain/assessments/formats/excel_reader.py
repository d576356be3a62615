"""Questions in a spreadsheet. Source: contract 5.5. Runs in a child process with little memory (see `reading`)."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from backend.core.workbook_formats import Cell, displayed, marked
from backend.core.workbook_marks import Marks
from backend.core.workbook_scan import inspect
from backend.core.workbooks import SEARCHED_ROWS, FileRefused, Refusal
from backend.domain.assessments.formats import excel_columns
from backend.domain.assessments.formats.excel_cells import Row
from backend.domain.assessments.formats.excel_columns import OPTION, SHEETS, Columns
from backend.domain.assessments.formats.excel_kinds import asked
from backend.domain.assessments.formats.findings import Asked, Code, Findings, Format, Part, QuestionUnfit, ReadFile
from backend.domain.assessments.terms import QuizType

MOST_PARTS_READ = 100
"""More rows belong to no question; how many gaps or criteria fit, the engine says."""


def read(path: str, quiz_type: QuizType) -> ReadFile:
    """Read the sheet called Soal or Questions, else the first, of an .xlsx file.

    Raises: FileRefused.
    """
    book = inspect(path, sheets=SHEETS, properties=(), marked=marked)
    found = Findings()
    try:
        with Path(path).open("rb") as file, CalamineWorkbook.from_filelike(file) as workbook:
            rows: Iterator[list[Cell]] = iter(workbook.get_sheet_by_name(book.sheet).iter_rows())
            _Sheet(book.marks, quiz_type, found).read(rows)
    except CalamineError as broken:
        raise FileRefused(Refusal.DAMAGED, type(broken).__name__) from broken
    return found.read(Format.XLSX)


class _Sheet:
    """One worksheet while it is read: `open` is the question whose further rows may still come."""

    def __init__(self, marks: Marks, quiz_type: QuizType, found: Findings) -> None:
        self.marks, self.quiz_type, self.found = marks, quiz_type, found
        self.open: Row | None = None
        self.is_broken = False
        self.draws: dict[str, int] = {}

    def read(self, rows: Iterator[list[Cell]]) -> None:
        head = [self._shown(number, cells) for number, cells in enumerate(islice(rows, SEARCHED_ROWS), 1)]
        columns = excel_columns.find([[text for text, _ in row] for row in head], self.found)
        if self.found.kept:
            return
        first = columns.row if columns else _first_filled(head)
        for number, cells in enumerate(head[first:], first + 1):
            self._take(number, cells, columns)
        for number, raw in enumerate(rows, len(head) + 1):
            if self.found.is_full:
                break
            self._take(number, self._shown(number, raw), columns)
        self._close()

    def _shown(self, number: int, cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
        """Each cell as it is seen, and as it is saved."""
        shown = []
        for column, cell in enumerate(cells):
            code = self.marks.formats.get((number - 1, column), "General")
            raw = cell * 100 if isinstance(cell, float) and code.endswith("%") else cell
            shown.append((_clean(displayed(cell, code)), raw))
        return shown

    def _take(self, number: int, cells: list[tuple[str, Cell]], columns: Columns | None) -> None:
        if not any(text for text, _ in cells) and not self._is_marked(number, len(cells)):
            return
        try:
            self._check_marks(number, cells, columns)
            row = Row(number, cells, columns) if columns else _positional(number, cells)
        except QuestionUnfit as why:
            self._close()
            self.is_broken = True
            self.found.unfit(why, number)
            return
        if columns and row.is_blank():
            return
        if row.is_part:
            self._add(row)
        else:
            self._close()
            self.open, self.is_broken = row, False

    def _add(self, part: Row) -> None:
        """A row below its question; below one that is broken nothing more is told."""
        if self.open is not None and len(self.open.parts) < MOST_PARTS_READ:
            self.open.parts.append(part)
        elif not self.is_broken:
            self.is_broken = True
            self._close()
            self.found.error(part.number, Code.PART_MISPLACED, part.text("gap") or part.text("criterion"))

    def _close(self) -> None:
        """The question is whole."""
        row, self.open = self.open, None
        if row is None:
            return
        try:
            question = asked(row, self.quiz_type)
            self._check_draw(row, question)
        except QuestionUnfit as why:
            self.found.unfit(why, row.number)
            return
        for each in (row, *row.parts):
            for name in each.unread():
                self.found.note(each.number, Part.COLUMN, name)
        self.found.take(question)

    def _check_draw(self, row: Row, question: Asked) -> None:
        """All questions of a section say the same of how many are drawn, if they say anything."""
        if question.draw is not None and self.draws.setdefault(question.category, question.draw) != question.draw:
            raise row.unfit(Code.ANSWER_UNREADABLE, "draw")

    def _is_marked(self, number: int, width: int) -> bool:
        places = [(number - 1, column) for column in range(width)]
        return any(place in self.marks.errors or place in self.marks.formulas for place in places)

    def _check_marks(self, number: int, cells: list[tuple[str, Cell]], columns: Columns | None) -> None:
        """What the parser shows as blank although a person sees something else."""
        for column, (text, _) in enumerate(cells):
            place = (number - 1, column)
            name = columns.names.get(column, "") if columns else excel_columns.letter(column)
            if place in self.marks.errors:
                raise QuestionUnfit(Code.CELL_ERROR, self.marks.errors[place], column=name)
            if place in self.marks.formulas and not text:
                raise QuestionUnfit(Code.FORMULA_WITHOUT_VALUE, column=name)


def _first_filled(head: list[list[tuple[str, Cell]]]) -> int:
    """The number of the first row with anything in it: in the old layout the headings, which nobody reads."""
    return next((number for number, row in enumerate(head, 1) if any(text for text, _ in row)), 1)


def _positional(number: int, cells: list[tuple[str, Cell]]) -> Row:
    """The old layout: question, options, and in the last cell that is not blank the letter of the right one."""
    last = max(column for column, (text, _) in enumerate(cells) if text)
    if last < 2:
        raise QuestionUnfit(Code.TOO_FEW_OPTIONS, " | ".join(text for text, _ in cells[: last + 1]))
    names = {column: excel_columns.letter(column) for column in range(last + 1)}
    series = {(OPTION, at): column for at, column in enumerate(range(1, last))}
    return Row(number, cells, Columns(0, {"question": 0, "answer": last}, series, names))


def _clean(text: str) -> str:
    """The same text whatever program saved it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
