"""The spreadsheet a teacher downloads: everybody who is enrolled, with two columns to fill in."""

from pathlib import Path
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from backend.domain.grading.sheet_values import ASSIGNMENT, EXPORTED, FEEDBACK_MAX, GradeRow, GradeSheet, Handed

SHEET = "Penilaian"

# A to E stand where clients expect them that read by position.
HEADINGS = ("UserID", "No", "Nama Siswa", "Nilai", "Feedback", "NIM", "Email", "Status", "Versi")
WIDTHS = (38, 6, 32, 10, 60, 16, 32, 22, 8)
GRADE, FEEDBACK, LAST = 3, 4, 8
HIDDEN = (0, LAST)

_STATUS = {Handed.NO: "Belum mengumpulkan", Handed.YES: "Sudah mengumpulkan", Handed.LATE: "Terlambat"}
# what a spreadsheet could take for a formula once somebody edits it
STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
CELL_MAX = 32_767
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write_template(target: str | Path | BinaryIO, sheet: GradeSheet) -> None:
    """Write a grading sheet as .xlsx, one row in memory at a time. Blocks: call it in a thread.

    Only strings and numbers are written, never formulas or links; text that a spreadsheet could take for a
    formula once somebody edits it carries Excel's own mark for quoted text. A feedback that is too long for
    the sheet is left blank, which leaves it alone on the way back.

    Shape: UserID uuid hidden, No int, Nama Siswa, Nilai 0-100 unlocked, Feedback unlocked, NIM, Email,
    Status, Versi int hidden. The document's properties say which assignment, and when.
    """
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, OPTIONS) as book:
        book.set_properties({"title": sheet.title, "created": sheet.exported_at.replace(tzinfo=None)})
        book.set_custom_property(ASSIGNMENT, str(sheet.assignment), "text")
        book.set_custom_property(EXPORTED, sheet.exported_at.isoformat(), "text")
        page = _Page(book)
        for row in sheet.rows:
            page.add(row)
        page.finish()


class _Page:
    """The one worksheet while it grows."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.sheet: Worksheet = book.add_worksheet(SHEET)
        heading = book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1})
        self.locked: Format = book.add_format()
        self.quoted: Format = book.add_format({"quote_prefix": True})
        self.grade: Format = book.add_format({"locked": False})
        text = {"locked": False, "num_format": "@", "text_wrap": True, "valign": "top"}
        self.text: Format = book.add_format(text)
        self.quoted_text: Format = book.add_format({**text, "quote_prefix": True})
        self.count = 0
        self.sheet.freeze_panes(1, GRADE)
        for column, (title, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
            self.sheet.set_column(column, column, width, None, {"hidden": column in HIDDEN})
            self.sheet.write_string(0, column, title, heading)

    def add(self, row: GradeRow) -> None:
        self.count += 1
        at, sheet = self.count, self.sheet
        sheet.write_string(at, 0, str(row.user))
        sheet.write_number(at, 1, at)
        self._write_text(2, row.name)
        if row.grade is None:
            sheet.write_blank(at, GRADE, None, self.grade)
        else:
            sheet.write_number(at, GRADE, float(row.grade), self.grade)
        self._write_feedback(row.feedback or "")
        self._write_text(5, row.nim or "")
        self._write_text(6, row.email or "")
        sheet.write_string(at, 7, _STATUS[row.handed])
        sheet.write_number(at, LAST, row.version)

    def _write_text(self, column: int, text: str) -> None:
        style = self.quoted if text.startswith(STARTS) else self.locked
        self.sheet.write_string(self.count, column, text[:CELL_MAX], style)

    def _write_feedback(self, text: str) -> None:
        style = self.quoted_text if text.startswith(STARTS) else self.text
        if not text or len(text) > FEEDBACK_MAX:
            self.sheet.write_blank(self.count, FEEDBACK, None, self.text)
        else:
            self.sheet.write_string(self.count, FEEDBACK, text, style)

    def finish(self) -> None:
        """Lock what identifies the rows, and say what a grade is. No password: it is against slips only."""
        last = max(self.count, 1)
        self.sheet.autofilter(0, 0, last, LAST)
        self.sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})
        self.sheet.data_validation(
            *(1, GRADE, last, GRADE),
            {
                "validate": "decimal",
                "criteria": "between",
                "minimum": 0,
                "maximum": 100,
                "ignore_blank": True,
                "input_title": "Nilai",
                "input_message": "0 sampai 100, paling banyak dua desimal. Kosong: nilai tidak diubah.",
                "error_title": "Nilai tidak sah",
                "error_message": "Isi angka dari 0 sampai 100.",
            },
        )
