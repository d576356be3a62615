"""The gradebook of a batch as a file: everybody with grades, quizzes, attendance and progress, page by page."""

import asyncio
import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO

import msgspec
import xlsxwriter
from asyncpg import Record

from backend.core import db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.assessments import queries as assessments
from backend.domain.assignments import queries as assignments
from backend.domain.batches import queries as batches
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments import rules
from backend.domain.grading import gradebook
from backend.domain.grading.counting import counting_score
from backend.domain.grading.sheet_template import CELL_MAX, OPTIONS, STARTS

PAGE = 500

Cell = str | int | float | None

_WIDTHS = (6, 32, 16, 32)
"""Of the columns that say who it is; a title is wrapped."""
_WIDTH = 16
_HEADING = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}


class Format(StrEnum):
    """What kind of file."""

    XLSX = "xlsx"
    CSV = "csv"


class _Columns(msgspec.Struct, frozen=True):
    """What a batch has, in the order of meetings: (id, title)."""

    tasks: Sequence[tuple[int, str]]
    quizzes: Sequence[tuple[int, str]]
    meetings: Sequence[tuple[int, str]]

    def headings(self) -> list[str]:
        kinds = {"Tugas": self.tasks, "Kuis": self.quizzes, "Pertemuan": self.meetings}
        titles = [f"{kind}: {title}" for kind, some in kinds.items() for _, title in some]
        return ["No", "Nama Siswa", "NIM", "Email", *titles, "Hadir", "Pertemuan", "Progres (%)"]


_PEOPLE = """
SELECT e.id AS enrolment_id, p.id, p.name, f.nim, p.email FROM enrolment e JOIN account p ON p.id = e.account_id
LEFT JOIN profile f ON f.account_id = p.id
WHERE e.batch_id = $1 AND e.state = 'active' AND (p.name, p.id) > ($2, $3) ORDER BY p.name, p.id LIMIT $4
"""
_GRADES = "SELECT account_id, assignment_id AS id, grade AS value FROM grade WHERE assignment_id = ANY($1)"
_SCORES = f"""
SELECT t.account_id, a.id, {counting_score("a")} AS value FROM attempt t JOIN result r ON r.attempt_id = t.id
JOIN assessment a ON a.id = t.assessment_id WHERE a.id = ANY($1) AND t.account_id = ANY($2) GROUP BY t.account_id, a.id
"""  # noqa: S608 - our own text
_MARKS = "SELECT account_id, meeting_id AS id, status AS value FROM attendance WHERE meeting_id = ANY($1)"
_STATUS = {"present": "Hadir", "late": "Terlambat", "excused": "Izin", "absent": "Tidak hadir"}


async def write_gradebook(actor: Actor, ref: Ref | str, kind: Format, target: BinaryIO) -> None:
    """Write everybody in a batch with their grades, the score of each quiz that counts, attendance and progress.

    Five statements for each PAGE people, and no more than those in memory; the file is written in a thread. Text that
    a spreadsheet could take for a formula is marked as text (XLSX), or begins with an apostrophe (CSV).

    Raises: BatchNotFound, NotTeachingBatch.
    """
    batch = await batches.batch(ref)
    await gradebook.must_grade(actor, batch.id)
    columns = await _columns(batch.id)
    rows = _rows(batch.id, columns, asyncio.get_running_loop())
    write = _write_xlsx if kind is Format.XLSX else _write_csv
    await asyncio.to_thread(write, target, columns.headings(), rows)


async def _columns(batch_id: int) -> _Columns:
    meetings = await db.fetch("SELECT id, title FROM meeting WHERE batch_id = $1 ORDER BY start_at, id", batch_id)
    ids = [row["id"] for row in meetings]
    grouped = await assessments.quizzes_of_meetings(ids)
    return _Columns(
        tasks=[(task.id, task.title) for task in await assignments.of_batch(batch_id)],
        quizzes=[(quiz.id, quiz.title) for meeting_id in ids for quiz in grouped.get(meeting_id, [])],
        meetings=[(row["id"], row["title"]) for row in meetings],
    )


def _rows(batch_id: int, columns: _Columns, loop: asyncio.AbstractEventLoop) -> Iterator[list[Cell]]:
    """Walked by the thread that writes; each page is asked for on the loop, which is free meanwhile."""
    name, last, count = "", 0, 0
    while True:
        asked = _page(batch_id, columns, name, last)
        people, cells = asyncio.run_coroutine_threadsafe(asked, loop).result()
        for person in people:
            count += 1
            yield [count, person["name"], person["nim"], person["email"], *cells[person["id"]]]
        if len(people) < PAGE:
            return
        name, last = people[-1]["name"], people[-1]["id"]


async def _page(batch_id: int, columns: _Columns, name: str, last: int) -> tuple[list[Record], dict[int, list[Cell]]]:
    people = await db.fetch(_PEOPLE, batch_id, name, last, PAGE)
    ids = [person["id"] for person in people]
    grades = await _values(f"{_GRADES} AND account_id = ANY($2) AND grade IS NOT NULL", columns.tasks, ids)
    scores = await _values(_SCORES, columns.quizzes, ids)
    marks = await _values(f"{_MARKS} AND account_id = ANY($2)", columns.meetings, ids)
    standings = await enrolments.standings([person["enrolment_id"] for person in people])
    cells: dict[int, list[Cell]] = {}
    for person in people:
        of = person["id"]
        found = standings.get(person["enrolment_id"])
        done = (found.attended, found.meetings, float(rules.percent(found.done, found.total))) if found else (0, 0, 0.0)
        cells[of] = [
            *(_number(grades.get((of, id_))) for id_, _ in columns.tasks),
            *(_number(scores.get((of, id_))) for id_, _ in columns.quizzes),
            *(_STATUS.get(str(marks.get((of, id_)))) for id_, _ in columns.meetings),
            *done,
        ]
    return people, cells


async def _values(sql: str, of: Sequence[tuple[int, str]], people: Sequence[int]) -> dict[tuple[int, int], object]:
    rows = await db.fetch(sql, [id_ for id_, _ in of], list(people))
    return {(row["account_id"], row["id"]): row["value"] for row in rows}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, Decimal) else None


def _write_xlsx(target: BinaryIO, headings: Sequence[str], rows: Iterator[list[Cell]]) -> None:
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        sheet = book.add_worksheet("Nilai")
        quoted, bold = book.add_format({"quote_prefix": True}), book.add_format(_HEADING)
        sheet.freeze_panes(1, 2)
        for column, title in enumerate(headings):
            sheet.set_column(column, column, _WIDTHS[column] if column < len(_WIDTHS) else _WIDTH)
            sheet.write_string(0, column, title[:CELL_MAX], bold)
        for at, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(at, column, cell[:CELL_MAX], quoted if cell.startswith(STARTS) else None)
                elif cell is not None:
                    sheet.write_number(at, column, cell)


def _write_csv(target: BinaryIO, headings: Sequence[str], rows: Iterator[list[Cell]]) -> None:
    """With a byte order mark, without which Excel reads names in another encoding."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
    try:
        writer = csv.writer(text)
        writer.writerow([_plain(title) for title in headings])
        writer.writerows([_plain(cell) for cell in row] for row in rows)
    finally:
        text.detach()


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(STARTS) else cell
