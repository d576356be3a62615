"""The rules of single cells: what a teacher may type for a grade, and what each other thing is called."""

import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from backend.domain.grading.sheet_values import FEEDBACK_MAX, GRADE_MAX, GRADE_MIN, Expected, ProblemCode

Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta
FOUND_MAX = 80
VERSION_MAX = 2**31 - 1

_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,15})?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_CENT = Decimal("0.01")
_TIMES = (dt.date, dt.time, dt.timedelta)


class CellWrong(Exception):
    """A cell breaks a rule; who reads the row knows where it stands."""

    def __init__(self, code: ProblemCode, found: str, expected: Expected) -> None:
        super().__init__(code, found, expected)
        self.code = code
        self.found = found[:FOUND_MAX]
        self.expected = expected


def shown(cell: Cell) -> str:
    """A cell as a person would type it. Numbers keep the 15 digits that Excel keeps."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return format(cell, ".15g")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)


@lru_cache(maxsize=16_384, typed=True)  # typed: True, 1 and 1.0 are different cells
def grade(cell: Cell) -> Decimal | None:
    """A grade from 0 to 100, or None for a blank cell.

    A decimal comma and a point mean the same. More than two decimals are refused, not rounded: the teacher
    decides how. Whether a number is shown as a percentage is not seen here.

    Raises: CellWrong.
    """
    if cell == "":
        return None
    if isinstance(cell, (str, bool, *_TIMES)) or not math.isfinite(cell):
        return _grade_in_words(cell)
    return _fit(Decimal(format(cell, ".15g")), cell)


def _grade_in_words(cell: Cell) -> Decimal | None:
    text = shown(cell).strip()
    if isinstance(cell, _TIMES):
        raise CellWrong(ProblemCode.DATE_FOR_NUMBER, text, Expected.GRADE)
    if not text:
        return None
    if _NUMBER.fullmatch(text):
        return _fit(Decimal(text.replace(",", ".")), text)
    is_percent = text.endswith("%") and _NUMBER.fullmatch(text[:-1].strip())
    raise CellWrong(ProblemCode.PERCENT if is_percent else ProblemCode.NOT_A_NUMBER, text, Expected.GRADE)


def _fit(value: Decimal, cell: Cell) -> Decimal:
    if not GRADE_MIN <= value <= GRADE_MAX:
        raise CellWrong(ProblemCode.OUT_OF_RANGE, shown(cell), Expected.GRADE)
    rounded = abs(value.quantize(_CENT))  # abs: there is no minus zero
    if rounded != value:
        raise CellWrong(ProblemCode.TOO_PRECISE, shown(cell), Expected.GRADE)
    return rounded


def feedback(cell: Cell) -> str | None:
    """Feedback in its canonical form, or None for a blank cell.

    Raises: CellWrong.
    """
    if isinstance(cell, (bool, *_TIMES)):
        raise CellWrong(ProblemCode.NOT_TEXT, shown(cell), Expected.TEXT)
    text = canonical(shown(cell))
    if len(text) > FEEDBACK_MAX:
        raise CellWrong(ProblemCode.TOO_LONG, text, Expected.TEXT)
    return text or None


def canonical(text: str) -> str:
    """The same text whatever program saved it: one kind of line end, no control characters, no edges."""
    if text.isprintable():
        return text.strip()
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def user(cell: Cell) -> UUID:
    """A student's uuid, written as 8-4-4-4-12.

    Raises: CellWrong.
    """
    text = shown(cell).strip()
    if not text:
        raise CellWrong(ProblemCode.STUDENT_MISSING, "", Expected.STUDENT_ID)
    if not _UUID.fullmatch(text):
        raise CellWrong(ProblemCode.STUDENT_MALFORMED, text, Expected.STUDENT_ID)
    return UUID(text)


@lru_cache(maxsize=1_024, typed=True)
def version(cell: Cell) -> int | None:
    """The version of the grade when the template was written, or None for a blank cell.

    Raises: CellWrong.
    """
    text = shown(cell).strip()
    if not text:
        return None
    if isinstance(cell, bool) or not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > VERSION_MAX:
        raise CellWrong(ProblemCode.VERSION_MALFORMED, text, Expected.VERSION)
    return int(text)


RULES: dict[str, Callable[[Cell], Any]] = {
    "user": user,
    "grade": grade,
    "feedback": feedback,
    "version": version,
}
