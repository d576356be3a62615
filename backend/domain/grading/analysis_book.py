"""An analysis as a workbook: the test, its questions, their options. Pure but for the file it writes."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from backend.core.dates import Lang
from backend.domain.grading.analysis_words import BANDS, SOURCES, WHICH, WORDS
from backend.domain.grading.item_analysis import FEW, Analysis
from backend.domain.grading.sheet_template import CELL_MAX, OPTIONS, STARTS

Cell = str | float | None

_QUESTIONS = (
    *("number", "question", "kind", "points", "asked", "unanswered", "facility", "sd", "guess", "intended"),
    *("effective", "discrimination", "efficiency", "band", "distractors"),
)
_CHOICES = ("number", "question", "option", "fraction", "chosen", "share", "discrimination", "functions")
_WIDE = {"question": 60, "option": 40, "band": 26}


def write_book(target: BinaryIO, found: Analysis, lang: Lang) -> None:
    """Write an analysis as .xlsx. Blocks: call it in a thread.

    Only strings and numbers are written, never formulas or links; text that could be taken for a formula carries
    Excel's own mark for quoted text. What cannot be said is left blank.

    Shape: sheet 1 a line for each figure of the test; sheet 2 a row for each question; sheet 3 one for each option.
    Facility, spread, guess, efficiencies and shares are fractions of 1; weights, mean and errors are percent.
    """
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        book.set_properties({"title": f"{WORDS[lang]['title']}: {found.title}"[:255]})
        styles = _Styles(book)
        _Page(book.add_worksheet(WORDS[lang]["summary"]), styles).fill(_summary(found, lang), (32, 60))
        for name, columns, rows in (
            ("questions", _QUESTIONS, _questions(found, lang)),
            ("options", _CHOICES, _options(found, lang)),
        ):
            page = _Page(book.add_worksheet(WORDS[lang][name]), styles)
            page.head([WORDS[lang][column] for column in columns])
            page.fill(rows, [_WIDE.get(column, 14) for column in columns])


class _Styles:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.heading: Format = book.add_format({"bold": True, "bg_color": "#E8EEF7", "bottom": 1, "text_wrap": True})
        self.plain: Format = book.add_format({"valign": "top"})
        self.quoted: Format = book.add_format({"quote_prefix": True, "valign": "top"})
        self.number: Format = book.add_format({"num_format": "0.00##", "valign": "top"})


class _Page:
    """One worksheet while it grows."""

    def __init__(self, sheet: Worksheet, styles: _Styles) -> None:
        self.sheet, self.styles, self.at = sheet, styles, 0

    def head(self, titles: Sequence[str]) -> None:
        self.sheet.freeze_panes(1, 1)
        for column, title in enumerate(titles):
            self.sheet.write_string(0, column, title, self.styles.heading)
        self.at = 1

    def fill(self, rows: Iterable[Sequence[Cell]], widths: Sequence[int]) -> None:
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        for row in rows:
            for column, cell in enumerate(row):
                self._write(column, cell)
            self.at += 1

    def _write(self, column: int, cell: Cell) -> None:
        if isinstance(cell, str):
            style = self.styles.quoted if cell.startswith(STARTS) else self.styles.plain
            self.sheet.write_string(self.at, column, cell[:CELL_MAX], style)
        elif cell is not None:
            is_whole = float(cell).is_integer()
            self.sheet.write_number(self.at, column, cell, self.styles.plain if is_whole else self.styles.number)


def _summary(found: Analysis, lang: Lang) -> list[Sequence[Cell]]:
    words, quiz = WORDS[lang], found.quiz
    rows: list[Sequence[Cell]] = [
        (words["title"], found.title),
        (words["asked"], quiz.attempts),
        ("", WHICH[lang][found.which]),
        *[
            (words[name], getattr(quiz, name))
            for name in ("mean", "median", "sd", "skewness", "kurtosis", "alpha", "error_ratio", "standard_error")
        ],
    ]
    notes = [words["few"].format(few=FEW)] if quiz.is_few else []
    notes += [] if quiz.is_complete else [words["partial"]]
    rows += [(words["notes"] if at == 0 else "", note) for at, note in enumerate(notes)]
    return [*rows, *[(words["sources"] if at == 0 else "", source) for at, source in enumerate(SOURCES)]]


def _questions(found: Analysis, lang: Lang) -> Iterable[Sequence[Cell]]:
    for one in found.questions:
        yield (
            *(one.number, one.text, one.kind, one.points, one.attempts, one.unanswered, one.facility, one.sd),
            *(one.guess, one.intended_weight, one.effective_weight, one.discrimination),
            *(one.discrimination_efficiency, BANDS[lang][one.band], one.distractor_efficiency),
        )


def _options(found: Analysis, lang: Lang) -> Iterable[Sequence[Cell]]:
    said = {None: "", True: WORDS[lang]["yes"], False: WORDS[lang]["no"]}
    for one in found.questions:
        for option in one.options:
            yield (
                *(one.number, one.text, option.text, option.fraction, option.count, option.share),
                *(option.discrimination, said[option.functions]),
            )
