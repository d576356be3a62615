"""Files of questions, read in a child process with little memory and time, whoever made them."""

import importlib
from pathlib import Path

from backend.core import confined
from backend.core.workbooks import MEMORY_BYTES, WALL_S, FileRefused, Refusal, why_died
from backend.domain.assessments.errors import QuestionFileRefused
from backend.domain.assessments.formats.findings import Format, ReadFile
from backend.domain.assessments.terms import QuizType

_READERS = {Format.GIFT: "gift_reader", Format.AIKEN: "aiken", Format.MOODLE_XML: "moodle_reader"}


async def read_questions(path: Path, format_: Format, quiz_type: QuizType) -> ReadFile:
    """Read a file of questions; what is wrong in it is in the answer, line by line.

    Raises: QuestionFileRefused; confined.Died when the child was killed from outside, which is worth another try.
    """
    try:
        return await confined.run(
            f"{__name__}:read_here",
            str(path),
            str(format_),
            str(quiz_type),
            returns=ReadFile,
            memory_bytes=MEMORY_BYTES,
            wall_s=WALL_S,
            passes=(FileRefused, FileNotFoundError),
        )
    except FileRefused as refused:
        raise QuestionFileRefused(reason=refused.reason, detail=refused.detail) from refused
    except confined.TimedOut as slow:
        raise QuestionFileRefused(reason=Refusal.TOO_SLOW, detail="") from slow
    except confined.Died as died:
        reason = why_died(died)
        if reason is None:
            raise
        raise QuestionFileRefused(reason=reason, detail=died.reason) from died


def read_here(path: str, format_: str, quiz_type: str) -> ReadFile:
    """The child's side: only the one reader is imported. Raises: FileRefused."""
    kind = Format(format_)
    home = __name__.rpartition(".")[0]
    if kind is Format.XLSX:
        found: ReadFile = importlib.import_module(f"{home}.excel_reader").read(path, QuizType(quiz_type))
        return found
    reader = importlib.import_module(f"{home}.{_READERS[kind]}")
    read: ReadFile = reader.read(Path(path).read_bytes())
    return read
