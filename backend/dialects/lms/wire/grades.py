"""What a grading sheet came to, on the wire. Source: contract section 5.6; the report is ours."""

import msgspec

from backend.dialects.lms.words.sheets import summary
from backend.domain.grading.reports import SheetReport


class SheetReportOut(SheetReport, frozen=True, kw_only=True):
    """A report with a sentence that sums it up."""

    message: str

    @classmethod
    def of(cls, report: SheetReport, *, english: bool) -> "SheetReportOut":
        """In the reader's language."""
        values = msgspec.structs.asdict(report)
        return cls(**values, message=summary(values, english=english))
