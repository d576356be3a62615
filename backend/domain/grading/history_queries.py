"""What can be asked about the history of grades: who, when, from what, before and after."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.listing import Lens, page
from backend.core.paging import Listing, Paged
from backend.domain.assignments import queries as assignments
from backend.domain.assignments import submissions
from backend.domain.assignments.errors import NotYourSubmission
from backend.domain.grading import gradebook
from backend.domain.grading.errors import GradeNotSeen
from backend.domain.grading.terms import GradeSource


class GradeChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a grade. `before` None: there was none; `after` None: an import was undone that gave the first.

    `job` is the import it came with or undoes, as long as that is kept (30 days).
    """

    account_uuid: UUID
    name: str
    before: Decimal | None
    after: Decimal | None
    feedback_before: str | None
    feedback_after: str
    source: GradeSource
    by: UUID | None
    by_name: str | None
    job: UUID | None
    created_at: datetime


_COLUMNS = (
    "p.uuid AS account_uuid, p.name, c.before, c.after, c.feedback_before, c.feedback_after, c.source, u.uuid AS by,"
    " u.name AS by_name, j.uuid AS job, c.created_at"
)
_SOURCE = (
    "grade_change c JOIN grade g ON g.id = c.grade_id JOIN account p ON p.id = g.account_id"
    " LEFT JOIN account u ON u.id = c.actor_id LEFT JOIN job j ON j.id = c.job_id"
)
_LENS = Lens(
    key="c.id",
    order="c.id DESC",
    sorts={"created_at": "c.id", "name": "p.name"},
    filters={"user_id": ("p.uuid", UUID), "source": ("c.source", str), "job_id": ("j.uuid", UUID)},
    search=("p.name", "p.email"),
)


async def grade_changes(actor: Actor, ref: Ref, listing: Listing) -> Paged[GradeChangeView]:
    """The changes of an assignment's grades, the latest first: for staff everybody's, for a student their own.

    Raises: AssignmentNotFound, NotInBatch, NotTeachingBatch.
    """
    task = await (assignments.assignment(actor, ref) if actor.is_student else gradebook.gradable(actor, ref))
    return await _changes(task.id, actor.account_id if actor.is_student else None, listing)


async def grade_changes_of_work(actor: Actor, ref: Ref, listing: Listing) -> Paged[GradeChangeView]:
    """The changes of one submission's grade, for who may see the grade; also for who has left the batch.

    Raises: SubmissionNotFound, GradeNotSeen.
    """
    try:
        work = await submissions.submission(actor, ref)
    except NotYourSubmission:
        raise GradeNotSeen from None
    return await _changes(work.assignment_id, work.account_id, listing)


async def _changes(assignment_id: int, account_id: int | None, listing: Listing) -> Paged[GradeChangeView]:
    return await page(
        GradeChangeView,
        _LENS,
        listing,
        select=_COLUMNS,
        source=_SOURCE,
        where="g.assignment_id = $1 AND ($2::bigint IS NULL OR g.account_id = $2)",
        args=[assignment_id, account_id],
    )
