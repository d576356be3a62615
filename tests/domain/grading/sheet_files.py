"""Workbooks for tests: good ones by XlsxWriter, the hostile ones by hand."""

import datetime as dt
import io
import zipfile
from uuid import UUID

import xlsxwriter

from backend.domain.grading import sheets

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)
TASK = UUID(int=77)
HEADINGS = ("UserID", "No", "Nama Siswa", "Nilai", "Feedback", "Versi")

MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def student(number):
    return UUID(int=number)


def template(path, rows):
    sheets.write_template(path, sheets.GradeSheet(TASK, NOW, rows, "Tugas 1"))
    return path


def written(path, rows, headings=HEADINGS, sheet="Penilaian"):
    """A workbook whose cells are written by their Python types; a callable writes its cell itself."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet)
        formats = {key: book.add_format({"num_format": key}) for key in ("0%", "yyyy-mm-dd", '0.0"%"')}
        for at, row in enumerate([headings, *rows]):
            for column, cell in enumerate(row):
                if callable(cell):
                    cell(page, at, column, formats)
                elif cell is not None:
                    page.write(at, column, cell)
    return path


def graded(path, grade, feedback=None, version=None):
    """One student's sheet with these cells."""
    return written(path, [(str(student(1)), 1, "Ani", grade, feedback, version)])


def by_hand(sheet, *, more=None, main=MAIN, rels=True):
    """The bytes of a small workbook around this worksheet XML."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_NS}" xmlns:r="{_REL}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    if rels:
        parts["xl/_rels/workbook.xml.rels"] = (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (parts | (more or {})).items():
            archive.writestr(name, text)
    return out.getvalue()


def worksheet(rows, before=""):
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{_NS}"><sheetData>{rows}</sheetData></worksheet>'


def cell(place, text="1"):
    return f'<c r="{place}"><v>{text}</v></c>'
