"""How this contract shows work in the background."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.dialects.lms.words.certificates import tell_batch
from backend.dialects.lms.words.question_files import tell_import
from backend.dialects.lms.words.sheets import tell_report
from backend.dialects.lms.words.statements import tell_statement
from backend.domain.jobs.queries import JobView
from backend.domain.jobs.terms import JobState

PREFIX = "/api/v1/jobs"
EXPLAIN = "core.unavailable"


_REPORTS: dict[str, Callable[..., Any]] = {
    "import_grades": tell_report,
    "issue_batch": tell_batch,
    "match_statement": tell_statement,
    "import_questions": tell_import,
}
"""Kinds whose reports have words to be put in."""


class JobAccepted(msgspec.Struct, frozen=True):
    """What a 202 carries: the job, and where to ask for it."""

    job_id: str
    url: str

    @classmethod
    def of(cls, job: UUID) -> "JobAccepted":
        """For a job that was just written."""
        return cls(str(job), f"{PREFIX}/{job}")


class ProgressOut(msgspec.Struct, frozen=True):
    """How far a job is. `percent` is null until the job has said how much there is to do."""

    done: int
    total: int
    percent: int | None


class JobOut(msgspec.Struct, frozen=True, kw_only=True):
    """A job. `error` is the code of the rule that refused it, or "core.unavailable" for one that broke for good."""

    id: str
    kind: str
    state: JobState
    attempt: int
    max_attempts: int
    progress: ProgressOut
    report: Any
    error: str | None
    version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, view: JobView, *, english: bool = False) -> "JobOut":
        """What broke inside is for the operator (`cli jobs show`), not for the wire."""
        return cls(
            id=str(view.uuid),
            kind=view.kind,
            state=view.state,
            attempt=view.attempt,
            max_attempts=view.max_attempts,
            progress=_progress(view),
            report=_REPORTS[view.kind](view.report, english=english) if view.kind in _REPORTS else view.report,
            error={JobState.FAILED: view.error, JobState.PARKED: EXPLAIN}.get(view.state),
            version=view.version,
            created_at=view.created_at,
            started_at=view.started_at,
            finished_at=view.finished_at,
        )


def _progress(view: JobView) -> ProgressOut:
    percent = 100 * view.progress_done // view.progress_total if view.progress_total else None
    return ProgressOut(view.progress_done, view.progress_total, 100 if view.state is JobState.DONE else percent)


class TicketOut(msgspec.Struct, frozen=True):
    """A ticket, the address it opens, and until when."""

    ticket: str
    url: str
    expires_at: datetime
