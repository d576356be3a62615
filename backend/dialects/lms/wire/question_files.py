"""What a file of questions came to, on the wire. Source: contract 2.16, "upload soal"; most of the report is ours."""

from typing import Any

import msgspec

from backend.dialects.lms.words.question_files import findings, summary
from backend.domain.assessments.imports import ImportReport


class FindingOut(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. `row` is a line, in a spreadsheet a row; 0 is the whole file."""

    row: int
    column: str
    code: str
    severity: str
    part: str | None
    found: str
    count: int
    message: str
    expected: str


class ImportReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """A report with a sentence that sums it up."""

    message: str
    dry_run: bool
    mode: str
    format: str
    imported: int
    replaced: int
    skipped: int
    error_count: int
    unsupported_count: int
    errors: list[FindingOut]
    notes: list[FindingOut]

    @classmethod
    def of(cls, report: ImportReport, *, english: bool) -> "ImportReportOut":
        """In the reader's language."""
        values: dict[str, Any] = msgspec.to_builtins(report)
        lists = {name: findings(values[name], english=english) for name in ("errors", "notes")}
        return msgspec.convert({**values, **lists, "message": summary(values, english=english)}, cls)
