"""What a bank statement has confirmed, on the wire. Ours, not the contract's."""

from typing import Any

import msgspec

from backend.dialects.lms.words.statements import tell_statement
from backend.domain.purchases.statement_reports import StatementReport


def report_out(report: StatementReport, *, english: bool) -> dict[str, Any]:
    """A report in the reader's language, as the job of the preview tells it."""
    told: dict[str, Any] = tell_statement(msgspec.to_builtins(report), english=english)
    return told
