"""What a grading sheet came to, and the history of grades, on the wire. Source: contract 5.6; all of this is ours."""

from datetime import datetime
from uuid import UUID

import msgspec

from backend.dialects.lms.words.sheets import summary
from backend.domain.grading.history_queries import GradeChangeView
from backend.domain.grading.reports import SheetReport
from backend.domain.grading.terms import GradeSource


class SheetReportOut(SheetReport, frozen=True, kw_only=True):
    """A report with a sentence that sums it up."""

    message: str

    @classmethod
    def of(cls, report: SheetReport, *, english: bool) -> "SheetReportOut":
        """In the reader's language."""
        values = msgspec.structs.asdict(report)
        return cls(**values, message=summary(values, english=english))


class GradeChangeOut(msgspec.Struct):
    """One change of a grade: who, when, from what, before and after."""

    user_id: UUID
    user_name: str
    before: float | None
    after: float | None
    feedback_before: str | None
    feedback_after: str
    source: GradeSource
    changed_by: UUID | None
    changed_by_name: str | None
    job_id: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, view: GradeChangeView) -> "GradeChangeOut":
        """As it is shown."""
        return cls(
            user_id=view.account_uuid,
            user_name=view.name,
            before=None if view.before is None else float(view.before),
            after=None if view.after is None else float(view.after),
            feedback_before=view.feedback_before,
            feedback_after=view.feedback_after,
            source=view.source,
            changed_by=view.by,
            changed_by_name=view.by_name,
            job_id=view.job,
            created_at=view.created_at,
        )
