"""What goes into a grading sheet and what comes out of one: plain values, no file, no database."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

GRADE_MIN = Decimal(0)
GRADE_MAX = Decimal(100)
FEEDBACK_MAX = 10_000  # characters; Excel itself ends at 32,767
PROBLEMS_MAX = 1_000

ASSIGNMENTS_MAX = 45  # of a batch in one sheet: each takes two columns of a hundred
WIDE_GRADES_MAX = 200_000  # in one sheet of a batch

# Names of the document properties that the templates carry.
ASSIGNMENT = "Assignment"
BATCH = "Batch"
EXPORTED = "Exported"


class Handed(StrEnum):
    """Whether a student has handed in work."""

    NO = "no"
    YES = "yes"
    LATE = "late"


class GradeRow(NamedTuple):
    """One enrolled student as the template shows them. version is 0 while there is no grade."""

    user: UUID
    name: str
    nim: str | None = None
    email: str | None = None
    handed: Handed = Handed.NO
    grade: Decimal | None = None
    feedback: str | None = None
    version: int = 0


class GradeSheet(msgspec.Struct, frozen=True):
    """A template to be written. rows may be a generator; it is walked once, in the order of the sheet."""

    assignment: UUID
    exported_at: datetime
    rows: Iterable[GradeRow]
    title: str = ""


class Task(NamedTuple):
    """An assignment as a column of a batch's sheet."""

    uuid: UUID
    title: str

    @property
    def code(self) -> str:
        """What stands in brackets behind its title: the end of its uuid, which is made by chance."""
        return self.uuid.hex[-12:]


class WideRow(NamedTuple):
    """One enrolled student in a batch's sheet: grade and version (0: none) for each assignment, in their order."""

    user: UUID
    name: str
    nim: str | None
    email: str | None
    grades: Sequence[tuple[Decimal | None, int]]


class WideSheet(msgspec.Struct, frozen=True):
    """The template of a whole batch. rows may be a generator; it is walked once, in the order of the sheet."""

    batch: UUID
    exported_at: datetime
    tasks: Sequence[Task]
    rows: Iterable[WideRow]
    title: str = ""


class ProblemCode(StrEnum):
    """What is wrong with one cell or one heading."""

    ASSIGNMENT_UNKNOWN = "assignment_unknown"
    COLUMN_MISSING = "column_missing"
    COLUMN_TWICE = "column_twice"
    DATE_FOR_NUMBER = "date_for_number"
    ERROR_VALUE = "error_value"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    GRADE_MISSING = "grade_missing"  # feedback for a student who has no grade and gets none
    NOT_A_NUMBER = "not_a_number"
    NOT_TEXT = "not_text"
    OTHER_ASSIGNMENT = "other_assignment"
    OTHER_BATCH = "other_batch"
    OUT_OF_RANGE = "out_of_range"
    PERCENT = "percent"
    STUDENT_MALFORMED = "student_malformed"
    STUDENT_MISSING = "student_missing"
    STUDENT_TWICE = "student_twice"
    STUDENT_UNKNOWN = "student_unknown"
    TOO_LONG = "too_long"
    TOO_PRECISE = "too_precise"
    VERSION_MALFORMED = "version_malformed"


class Expected(StrEnum):
    """What should have been there instead; the dialect has the words."""

    ASSIGNMENT_OF_BATCH = "assignment_of_batch"
    ENROLLED_STUDENT = "enrolled_student"
    GRADE = "grade"  # a number from 0 to 100 with at most two decimals
    HEADING = "heading"
    ONE_ROW_PER_STUDENT = "one_row_per_student"
    ONE_SUCH_COLUMN = "one_such_column"
    STUDENT_ID = "student_id"  # the uuid of the template's hidden column
    TEXT = "text"
    THIS_ASSIGNMENT = "this_assignment"
    THIS_BATCH = "this_batch"
    VERSION = "version"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One finding.

    Shape: row counts from 1 as Excel shows it, 0 for the whole file; column is "D Nilai" or "" for the whole
    row; found is at most 80 characters of what stands there; other_row is the first row of the same student, or in
    that one the next.
    """

    row: int
    column: str
    code: ProblemCode
    found: str
    expected: Expected
    other_row: int | None = None


class ParsedRow(NamedTuple):
    """One student's grade without problems. None means that the cell was blank: leave it alone.

    `task` is the code of its assignment in a batch's sheet, where one row has many of these.
    """

    row: int
    user: UUID
    grade: Decimal | None
    feedback: str | None
    version: int | None
    task: str | None = None


class ParsedSheet(msgspec.Struct):
    """What a file says. columns maps a heading's name (user, grade, ...) to "D Nilai".

    rows holds only rows without problems; problems ends at PROBLEMS_MAX, problem_count does not.
    assignment, batch and exported_at come from the template; other programs may have dropped them. Of a batch's
    sheet `tasks` are the codes of its columns, and blank cells are only counted (`blank`).
    """

    sheet: str
    columns: dict[str, str]
    rows: list[ParsedRow]
    problems: list[Problem]
    problem_count: int
    assignment: UUID | None = None
    exported_at: str | None = None
    batch: UUID | None = None
    tasks: list[str] = []
    blank: int = 0
