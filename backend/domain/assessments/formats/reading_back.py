"""What is written is read again before it is given out: a question that would come back as another is left out."""

import base64
from collections.abc import Mapping, Sequence

from backend.domain.assessments import markup
from backend.domain.assessments.errors import KeyUnfit
from backend.domain.assessments.formats import aiken, excel_rows, gift_reader, gift_writer, moodle_reader, moodle_writer
from backend.domain.assessments.formats.excel_cells import Row
from backend.domain.assessments.formats.excel_columns import FEEDBACK, OPTION, WEIGHT, Columns
from backend.domain.assessments.formats.excel_kinds import asked as asked_in
from backend.domain.assessments.formats.excel_rows import Line
from backend.domain.assessments.formats.findings import (
    Asked,
    Findings,
    Format,
    Part,
    Picture,
    QuestionUnfit,
    ReadFile,
    Severity,
)
from backend.domain.assessments.formats.pictures import renamed, token
from backend.domain.assessments.formats.sameness import is_same
from backend.domain.assessments.terms import QuizType

_DOT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""The smallest picture."""


def sayable(format_: Format, questions: Sequence[Asked], found: Findings, album: Mapping[str, Picture]) -> list[Asked]:
    """The questions that come back from a format as they are, or of which their writer tells what it leaves out."""
    return [asked for asked in questions if _comes_back(format_, asked, found, album)]


def _comes_back(format_: Format, asked: Asked, found: Findings, album: Mapping[str, Picture]) -> bool:
    told = Findings()
    again = _AGAIN[format_](asked, told, album)
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


def _gift_again(asked: Asked, told: Findings, _: Mapping[str, Picture]) -> list[Asked]:
    return _good(gift_reader.read(gift_writer.write([asked], told).encode(errors="replace")))


def _aiken_again(asked: Asked, told: Findings, _: Mapping[str, Picture]) -> list[Asked]:
    return _good(aiken.read(aiken.write([asked], told).encode(errors="replace")))


def _moodle_again(asked: Asked, told: Findings, album: Mapping[str, Picture]) -> list[Asked]:
    """With one dot in the place of each picture: what a picture is was seen when it came."""
    dots = {address: Picture(name=album[address].name, content=_DOT) for address in asked.files if address in album}
    again = moodle_reader.read(moodle_writer.write([asked], told, dots).encode(errors="replace"))
    addresses = {dot.name: address for address, dot in dots.items()}
    names = {token(number): addresses.get(picture.name, "") for number, picture in enumerate(again.pictures)}
    return [renamed(one, names) if names else one for one in _good(again)]


def _good(again: ReadFile) -> list[Asked]:
    return [] if again.errors else again.questions


def _sheet_again(asked: Asked, told: Findings, _: Mapping[str, Picture]) -> list[Asked]:
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


_AGAIN = {
    Format.AIKEN: _aiken_again,
    Format.GIFT: _gift_again,
    Format.MOODLE_XML: _moodle_again,
    Format.XLSX: _sheet_again,
}
