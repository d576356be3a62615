"""What is written is read again before it is given out: a question that would come back as another is left out."""

from collections.abc import Callable, Sequence

from backend.domain.assessments import markup
from backend.domain.assessments.errors import KeyUnfit
from backend.domain.assessments.formats import aiken, excel_rows, gift_reader, gift_writer, moodle_reader, moodle_writer
from backend.domain.assessments.formats.excel_cells import Row
from backend.domain.assessments.formats.excel_columns import FEEDBACK, OPTION, WEIGHT, Columns
from backend.domain.assessments.formats.excel_kinds import asked as asked_in
from backend.domain.assessments.formats.excel_rows import Line
from backend.domain.assessments.formats.findings import Asked, Findings, Format, Part, QuestionUnfit, ReadFile, Severity
from backend.domain.assessments.formats.sameness import is_same
from backend.domain.assessments.terms import QuizType

_TEXTS: dict[Format, tuple[Callable[[Sequence[Asked], Findings], str], Callable[[bytes], ReadFile]]] = {
    Format.AIKEN: (aiken.write, aiken.read),
    Format.GIFT: (gift_writer.write, gift_reader.read),
    Format.MOODLE_XML: (moodle_writer.write, moodle_reader.read),
}


def sayable(format_: Format, questions: Sequence[Asked], found: Findings) -> list[Asked]:
    """The questions that come back from a format as they are, or of which their writer tells what it leaves out."""
    return [asked for asked in questions if _comes_back(format_, asked, found)]


def _comes_back(format_: Format, asked: Asked, found: Findings) -> bool:
    told = Findings()
    again = _sheet_again(asked, told) if format_ is Format.XLSX else _text_again(format_, asked, told)
    is_told = told.counts[Severity.UNSUPPORTED] > 0
    if told.left_out or (len(again) == 1 and (is_told or is_same(_clean(asked), again[0]))):
        return True
    found.left_out_as(asked.line, Part.OTHERWISE, asked.text)
    return False


def _clean(asked: Asked) -> Asked:
    """A question as it is kept, if it is as old as to be kept in another way."""
    try:
        return markup.cleaned(asked)
    except KeyUnfit:
        return asked


def _text_again(format_: Format, asked: Asked, told: Findings) -> list[Asked]:
    write, read = _TEXTS[format_]
    again = read(write([asked], told).encode(errors="replace"))
    return [] if again.errors else again.questions


def _sheet_again(asked: Asked, told: Findings) -> list[Asked]:
    """Without the workbook around it."""
    line = excel_rows.line(asked, told)
    row = _row(asked.line, line)
    row.parts = [_row(asked.line, part) for part in line.parts]
    again = Findings()
    try:
        again.take(asked_in(row, QuizType.MULTIPLE_CHOICE))
    except QuestionUnfit:
        return []
    return again.questions


def _row(number: int, line: Line) -> Row:
    at = {key: column for column, key in enumerate(line.cells)}
    series = {(OPTION, number): text for number, text in enumerate(line.options)}
    series |= {(FEEDBACK, number): text for number, text in enumerate(line.feedback)}
    series |= {(WEIGHT, number): text for number, text in enumerate(line.weights)}
    places = {key: column for column, key in enumerate(series, len(at))}
    cells = [(text.strip(), text) for text in [*line.cells.values(), *series.values()]]
    return Row(number, cells, Columns(0, at, places, {}))
