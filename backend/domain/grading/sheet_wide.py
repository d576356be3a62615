"""The spreadsheet of a whole batch: everybody who is enrolled, with a column for each assignment."""

from pathlib import Path
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from backend.domain.grading.sheet_template import CELL_MAX, OPTIONS, SHEET, STARTS
from backend.domain.grading.sheet_values import BATCH, EXPORTED, WideRow, WideSheet

_FIRST = 3
_TITLE_MAX = 200
_WHOLE = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 100, "ignore_blank": True}


def write_wide(target: str | Path | BinaryIO, sheet: WideSheet) -> None:
    """Write a batch's grading sheet as .xlsx, one row in memory at a time. Blocks: call it in a thread.

    As `write_template`: only strings and numbers, never formulas or links.

    Shape: UserID uuid hidden, No int, Nama Siswa, for each assignment its title with its code in brackets (0-100,
    unlocked), NIM, Email, for each assignment its version hidden. The document's properties say which batch, and when.
    """
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, OPTIONS) as book:
        book.set_properties({"title": sheet.title, "created": sheet.exported_at.replace(tzinfo=None)})
        book.set_custom_property(BATCH, str(sheet.batch), "text")
        book.set_custom_property(EXPORTED, sheet.exported_at.isoformat(), "text")
        page = _Page(book, sheet)
        for row in sheet.rows:
            page.add(row)
        page.finish()


class _Page:
    """The sheet while it is written."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: WideSheet) -> None:
        self.sheet: Worksheet = book.add_worksheet(SHEET)
        self.tasks = len(sheet.tasks)
        self.quoted = book.add_format({"quote_prefix": True})
        self.plain = book.add_format()
        self.grade = book.add_format({"locked": False})
        self.count = 0
        heading = book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "text_wrap": True})
        titles = [f"{task.title[:_TITLE_MAX]} [{task.code}]" for task in sheet.tasks]
        versions = [f"Versi [versi {task.code}]" for task in sheet.tasks]
        headings = ["UserID", "No", "Nama Siswa", *titles, "NIM", "Email", *versions]
        widths = [38, 6, 32, *[18] * self.tasks, 16, 32, *[8] * self.tasks]
        self.sheet.freeze_panes(1, _FIRST)
        for column, (title, width) in enumerate(zip(headings, widths, strict=True)):
            is_hidden = column == 0 or column >= _FIRST + self.tasks + 2
            self.sheet.set_column(column, column, width, None, {"hidden": is_hidden})
            self.sheet.write_string(0, column, title, heading)

    def add(self, row: WideRow) -> None:
        self.count += 1
        at, after = self.count, _FIRST + self.tasks
        self.sheet.write_string(at, 0, str(row.user))
        self.sheet.write_number(at, 1, at)
        self._write_text(2, row.name)
        for column, (grade, _) in enumerate(row.grades, _FIRST):
            if grade is None:
                self.sheet.write_blank(at, column, None, self.grade)
            else:
                self.sheet.write_number(at, column, float(grade), self.grade)
        self._write_text(after, row.nim or "")
        self._write_text(after + 1, row.email or "")
        for column, (_, version) in enumerate(row.grades, after + 2):
            self.sheet.write_number(at, column, version)

    def _write_text(self, column: int, text: str) -> None:
        style = self.quoted if text.startswith(STARTS) else self.plain
        self.sheet.write_string(self.count, column, text[:CELL_MAX], style)

    def finish(self) -> None:
        """Lock all but the grades. No password: it is against slips only."""
        last = max(self.count, 1)
        self.sheet.autofilter(0, 0, last, _FIRST + 2 * self.tasks + 1)
        self.sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})
        if self.tasks:
            self.sheet.data_validation(1, _FIRST, last, _FIRST + self.tasks - 1, dict(_WHOLE))
