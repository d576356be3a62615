"""What a sheet would change: its rows held against the grades that stand now. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from backend.domain.grading.sheet_cells import canonical
from backend.domain.grading.sheet_values import (
    PROBLEMS_MAX,
    Expected,
    ParsedRow,
    ParsedSheet,
    Problem,
    ProblemCode,
)


class Current(NamedTuple):
    """What stands in the books for one enrolled student. version is 0 while there is no grade."""

    grade: Decimal | None
    feedback: str | None
    version: int


class Change(msgspec.Struct, frozen=True):
    """One student's row that differs. new_* is what will stand afterwards, blank cells already filled in.

    version is the one that stands now; sheet_version the one in the sheet, None if it had none. task is the code of the
    assignment in a batch's sheet.
    """

    row: int
    user: UUID
    old_grade: Decimal | None
    new_grade: Decimal | None
    old_feedback: str | None
    new_feedback: str | None
    version: int
    sheet_version: int | None = None
    task: str | None = None


class Judgement(msgspec.Struct, frozen=True):
    """What a sheet would do. Every row is counted once: a change, stale, unchanged, blank or a problem.

    stale are changes to a grade that has changed since the sheet was written. problems are in the order of rows
    and end at PROBLEMS_MAX; problem_count does not.
    """

    changes: list[Change]
    stale: list[Change]
    unchanged: int
    blank: int
    problems: list[Problem]
    problem_count: int


def judge(parsed: ParsedSheet, roster: Mapping[UUID, Current], *, assignment: UUID | None = None) -> Judgement:
    """Compare a sheet with the grades of every enrolled student.

    A row without a version is never stale. Feedback needs a grade to stand beside, old or new. With
    `assignment`, a sheet that says it was written for another one has a problem with row 0.
    """
    return _judge(parsed, {None: roster}, _of_another(parsed.assignment, assignment, _OTHER_ASSIGNMENT))


def judge_all(parsed: ParsedSheet, books: Mapping[str, Mapping[UUID, Current]], *, batch: UUID | None) -> Judgement:
    """As `judge`, for a sheet with the assignments of a batch; `books` has what stands by their codes.

    A column of an assignment that the batch does not have is a problem.
    """
    found = _of_another(parsed.batch, batch, _OTHER_BATCH)
    for task in parsed.tasks:
        if task not in books:
            column = parsed.columns.get(f"grade:{task}", "")
            found.append(Problem(0, column[:80], ProblemCode.ASSIGNMENT_UNKNOWN, task, Expected.ASSIGNMENT_OF_BATCH))
    return _judge(parsed, books, found)


def _judge(parsed: ParsedSheet, books: Mapping[Any, Mapping[UUID, Current]], found: list[Problem]) -> Judgement:
    changes: list[Change] = []
    stale: list[Change] = []
    unchanged, blank = 0, parsed.blank
    unknown: set[int] = set()
    for row in parsed.rows:
        book = books.get(row.task)
        if book is None:
            continue  # told once, for the column
        current = book.get(row.user)
        if current is None:
            if row.row not in unknown:
                unknown.add(row.row)
                found.append(_unknown(row, parsed))
        elif row.grade is None and row.feedback is None:
            blank += 1
        elif (change := _change(row, current)) is None:
            unchanged += 1
        elif change.new_grade is None:
            column = parsed.columns.get("grade", "")
            found.append(Problem(row.row, column, ProblemCode.GRADE_MISSING, "", Expected.GRADE))
        else:
            (stale if row.version not in (None, current.version) else changes).append(change)
    problems = sorted(parsed.problems + found, key=lambda problem: problem.row)[:PROBLEMS_MAX]
    return Judgement(changes, stale, unchanged, blank, problems, parsed.problem_count + len(found))


def _change(row: ParsedRow, now: Current) -> Change | None:
    """Compared as the sheet can show it: an old feedback with odd blanks is not a change."""
    grade = now.grade if row.grade is None else row.grade
    same_text = row.feedback is None or row.feedback == canonical(now.feedback or "")
    if grade == now.grade and same_text:
        return None
    text = now.feedback if same_text else row.feedback
    return Change(row.row, row.user, now.grade, grade, now.feedback, text, now.version, row.version, row.task)


def _unknown(row: ParsedRow, parsed: ParsedSheet) -> Problem:
    column = parsed.columns.get("user", "")
    return Problem(row.row, column, ProblemCode.STUDENT_UNKNOWN, str(row.user), Expected.ENROLLED_STUDENT)


_OTHER_ASSIGNMENT = (ProblemCode.OTHER_ASSIGNMENT, Expected.THIS_ASSIGNMENT)
_OTHER_BATCH = (ProblemCode.OTHER_BATCH, Expected.THIS_BATCH)


def _of_another(said: UUID | None, wanted: UUID | None, told: tuple[ProblemCode, Expected]) -> list[Problem]:
    if wanted is None or said in (None, wanted):
        return []
    return [Problem(0, "", told[0], str(said), told[1])]
