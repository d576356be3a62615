"""Grading by spreadsheet: write the template, read it back, say what it would change. No database here.

The template is an .xlsx with every enrolled student. What comes back is read in a child process, because a
file of four kilobytes can make the parser ask for half a terabyte and abort.
"""

from pathlib import Path

from backend.core import confined
from backend.core.errors import Unmet
from backend.core.workbooks import MEMORY_BYTES, WALL_S, FileRefused, Refusal, why_died
from backend.domain.grading.sheet_judgement import Change, Current, Judgement, judge, judge_all
from backend.domain.grading.sheet_template import write_template
from backend.domain.grading.sheet_values import (
    Expected,
    GradeRow,
    GradeSheet,
    Handed,
    ParsedRow,
    ParsedSheet,
    Problem,
    ProblemCode,
    Task,
    WideRow,
    WideSheet,
)
from backend.domain.grading.sheet_wide import write_wide

__all__ = [
    "Change",
    "Current",
    "Expected",
    "GradeRow",
    "GradeSheet",
    "Handed",
    "Judgement",
    "ParsedRow",
    "ParsedSheet",
    "Problem",
    "ProblemCode",
    "Refusal",
    "SheetRefused",
    "Task",
    "WideRow",
    "WideSheet",
    "judge",
    "judge_all",
    "read_grades",
    "write_template",
    "write_wide",
]


class SheetRefused(Unmet):
    """The file is not a grading sheet that can be read. `reason` is a Refusal, `detail` where or what."""

    code = "grading.sheet_refused"


async def read_grades(path: Path, *, wide: bool = False) -> ParsedSheet:
    """Read a grading sheet from a file of ours, whoever made its content; `wide`: the sheet of a whole batch.

    Only .xlsx is taken, whatever the name says; up to 100,000 rows and 100 columns, 256 MiB unpacked, 256 MiB
    of memory and a minute of time in a child process. Formulas are not evaluated: the value saved with them
    counts. What is wrong inside the sheet is in the answer, cell by cell.

    Shape: columns UserID and Nilai are required, Feedback and Versi are not; English names are taken too. A batch's
    sheet has UserID, and a column for each assignment whose heading ends in its code.
    Raises: SheetRefused; confined.Died when the child was killed from outside, which is worth another try.
    """
    try:
        return await confined.run(
            "backend.domain.grading.sheet_reader:read",
            str(path),
            wide,
            returns=ParsedSheet,
            memory_bytes=MEMORY_BYTES,
            wall_s=WALL_S,
            passes=(FileRefused, FileNotFoundError),
        )
    except FileRefused as refused:
        raise SheetRefused(reason=refused.reason, detail=refused.detail) from refused
    except confined.TimedOut as slow:
        raise SheetRefused(reason=Refusal.TOO_SLOW, detail="") from slow
    except confined.Died as died:
        reason = why_died(died)
        if reason is None:
            raise
        raise SheetRefused(reason=reason, detail=died.reason) from died
