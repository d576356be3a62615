"""What can be asked about handed-in work. What it was graded is known only to `grading`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db, listing
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.paging import Listing, Paged
from backend.domain.assignments.errors import NotYourSubmission, SubmissionNotFound, WorkHidden
from backend.domain.assignments.queries import AssignmentView, LinkView
from backend.domain.batches import queries as batches
from backend.domain.enrolments import queries as enrolments


class SubmissionView(msgspec.Struct, frozen=True, kw_only=True):
    """What a person handed in for an assignment."""

    id: int
    uuid: UUID
    assignment_id: int
    assignment_uuid: UUID
    batch_id: int
    account_id: int
    account_uuid: UUID
    note: str | None
    essay_text: str | None
    is_late: bool
    created_at: datetime
    updated_at: datetime
    files: Sequence[LinkView] = ()


_SELECT = (
    "s.id, s.uuid, s.assignment_id, a.uuid AS assignment_uuid, m.batch_id, s.account_id, p.uuid AS account_uuid,"
    " s.note, s.essay_text, s.is_late, s.created_at, s.updated_at"
)
_SOURCE = (
    "submission s JOIN assignment a ON a.id = s.assignment_id JOIN meeting m ON m.id = a.meeting_id"
    " JOIN account p ON p.id = s.account_id"
)
_LENS = listing.Lens(
    key="s.id",
    order="s.created_at DESC",
    sorts={
        "created_at": "s.created_at",
        "updated_at": "s.updated_at",
        "is_late": "s.is_late",
        "name": "p.name",
        "note": "s.note",
    },
    filters={"id": ("s.uuid", UUID), "is_late": ("s.is_late", listing.boolean), "user_id": ("p.uuid", UUID)},
    search=("p.name", "s.note", "s.essay_text"),
)


async def submission(actor: Actor, ref: Ref) -> SubmissionView:
    """A submission, for its owner, who teaches in its batch, and admins.

    Raises: SubmissionNotFound, NotYourSubmission.
    """
    found = await submission_of(ref)
    if actor.is_admin or found.account_id == actor.account_id:
        return found
    if not actor.is_teacher or not await batches.teaches_batch(actor.account_id, found.batch_id):
        raise NotYourSubmission
    return found


async def submission_of(ref: Ref) -> SubmissionView:
    """A submission, for callers that decide themselves who may see it.

    Raises: SubmissionNotFound.
    """
    found = await db.row(f"SELECT {_SELECT} FROM {_SOURCE} WHERE s.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise SubmissionNotFound
    return (await _with_files([db.view(SubmissionView, found)]))[0]


async def submissions(actor: Actor, task: AssignmentView, wanted: Listing) -> Paged[SubmissionView]:
    """The work handed in for an assignment: for a student in the batch their own, else all; newest first.

    Raises: WorkHidden.
    """
    await must_see_work(actor, task)
    paged = await listing.page(
        SubmissionView,
        _LENS,
        wanted,
        select=_SELECT,
        source=_SOURCE,
        where="s.assignment_id = $1 AND ($2::bigint IS NULL OR s.account_id = $2)",
        args=(task.id, actor.account_id if actor.is_student else None),
    )
    return Paged(await _with_files(paged.items), paged.total)


async def submissions_of(
    assignment_ids: Sequence[int], account_id: int | None = None, *, most: int | None = None
) -> list[SubmissionView]:
    """The work handed in for some assignments, by everybody or by one person, oldest first; all, or so many.

    For callers that decide themselves who may see it.
    """
    rows = await db.fetch(
        f"SELECT {_SELECT} FROM {_SOURCE} WHERE s.assignment_id = ANY($1)"  # noqa: S608 - our names
        " AND ($2::bigint IS NULL OR s.account_id = $2) ORDER BY s.id LIMIT $3",
        list(assignment_ids),
        account_id,
        most,
    )
    return await _with_files(db.views(SubmissionView, rows))


async def must_see_work(actor: Actor, task: AssignmentView) -> None:
    """Let those through who see the work for an assignment: admins, who teaches in the batch, who is in it.

    Raises: WorkHidden.
    """
    if actor.is_admin:
        return
    if actor.is_teacher:
        allowed = await batches.teaches_batch(actor.account_id, task.batch_id)
    else:
        allowed = await enrolments.enrolment(actor.person_id, task.batch_id) is not None
    if not allowed:
        raise WorkHidden


async def _with_files(views: list[SubmissionView]) -> list[SubmissionView]:
    rows = await db.fetch(
        "SELECT submission_id, uuid, file_url, created_at, updated_at FROM submission_file"
        " WHERE submission_id = ANY($1) ORDER BY id",
        [view.id for view in views],
    )
    files: dict[int, list[LinkView]] = {}
    for row in rows:
        files.setdefault(row["submission_id"], []).append(db.view(LinkView, row))
    return [msgspec.structs.replace(view, files=files.get(view.id, [])) for view in views]
