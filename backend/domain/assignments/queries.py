"""What can be asked about assignments. Handed-in work is in `submissions`; grades are known only to `grading`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from backend.core import db, listing
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.core.paging import Listing, Paged
from backend.domain.assignments.errors import AssignmentNotFound, NotInBatch, NotTeachingMeeting, NotYourMeeting
from backend.domain.assignments.terms import AssignmentType
from backend.domain.batches import queries as batches
from backend.domain.enrolments import queries as enrolments


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    """A file of an assignment or a submission, by its address."""

    uuid: UUID
    file_url: str
    created_at: datetime
    updated_at: datetime


class AssignmentView(msgspec.Struct, frozen=True, kw_only=True):
    """A task of a meeting. `teacher_uuid` is who made it, None once their account is gone."""

    id: int
    uuid: UUID
    meeting_id: int
    meeting_uuid: UUID
    batch_id: int
    teacher_uuid: UUID | None
    title: str
    description: str | None
    kind: AssignmentType
    start_at: datetime
    end_at: datetime
    created_at: datetime
    updated_at: datetime
    files: Sequence[LinkView] = ()


_SELECT = (
    "a.id, a.uuid, a.meeting_id, m.uuid AS meeting_uuid, m.batch_id, t.uuid AS teacher_uuid, a.title, a.description,"
    " a.kind, a.start_at, a.end_at, a.created_at, a.updated_at"
)
_SOURCE = "assignment a LEFT JOIN meeting m ON m.id = a.meeting_id LEFT JOIN account t ON t.id = a.teacher_id"

_LENS = listing.Lens(
    key="a.id",
    sorts={
        "title": "a.title",
        "type": "a.kind",
        "start_at": "a.start_at",
        "end_at": "a.end_at",
        "created_at": "a.created_at",
        "updated_at": "a.updated_at",
    },
    filters={
        "id": ("a.uuid", UUID),
        "type": ("a.kind", str),
        "meeting_id": ("m.uuid", UUID),
        "title": ("a.title", str),
    },
    search=("a.title", "m.title"),
)
_UPCOMING = msgspec.structs.replace(_LENS, order="a.end_at")


async def assignment(actor: Actor, ref: Ref) -> AssignmentView:
    """An assignment, for admins, who teaches its meeting, and who is in its batch.

    Raises: AssignmentNotFound, NotYourMeeting, NotInBatch.
    """
    found = await assignment_of(ref)
    if actor.is_admin:
        return found
    if actor.is_teacher:
        if not await batches.teaches_meeting(actor.person_id, found.meeting_id):
            raise NotYourMeeting
    elif await enrolments.enrolment(actor.person_id, found.batch_id) is None:
        raise NotInBatch
    return found


async def assignment_of(ref: Ref) -> AssignmentView:
    """An assignment, for callers that decide themselves who may see it.

    Raises: AssignmentNotFound.
    """
    found = await db.row(f"SELECT {_SELECT} FROM {_SOURCE} WHERE a.{db.column_of(ref)} = $1", ref)  # noqa: S608 - our names
    if found is None:
        raise AssignmentNotFound
    return (await _with_files([db.view(AssignmentView, found)]))[0]


async def of_meetings(meeting_ids: Sequence[int]) -> dict[int, list[AssignmentView]]:
    """The assignments of some meetings with their files, by the meeting's id, in the order they were made.

    For callers that decide themselves who may see them. Two statements.
    """
    rows = await db.fetch(
        f"SELECT {_SELECT} FROM {_SOURCE} WHERE a.meeting_id = ANY($1) ORDER BY a.id",  # noqa: S608 - our names
        list(meeting_ids),
    )
    grouped: dict[int, list[AssignmentView]] = {meeting_id: [] for meeting_id in meeting_ids}
    for view in await _with_files(db.views(AssignmentView, rows)):
        grouped[view.meeting_id].append(view)
    return grouped


async def of_batch(batch_id: int) -> list[AssignmentView]:
    """All assignments of a batch with their files, meeting by meeting, for callers that decide who may see them."""
    rows = await db.fetch(
        f"SELECT {_SELECT} FROM {_SOURCE} WHERE m.batch_id = $1 ORDER BY m.start_at, m.id, a.id",  # noqa: S608 - our names
        batch_id,
    )
    return await _with_files(db.views(AssignmentView, rows))


async def assignments(wanted: Listing) -> Paged[AssignmentView]:
    """All assignments of the school, for admins."""
    return await _page(wanted)


async def assignments_of_meeting(actor: Actor, meeting: Ref, wanted: Listing) -> Paged[AssignmentView]:
    """The assignments of a meeting, for admins and who teaches it.

    Raises: MeetingNotFound, NotTeachingMeeting.
    """
    found = await batches.meeting(meeting)
    await must_teach(actor, found.id)
    return await _page(wanted, where="a.meeting_id = $1", args=(found.id,))


async def upcoming(actor: Actor, wanted: Listing) -> Paged[AssignmentView]:
    """What the actor still has to hand in, in the batches they are in; those overdue are among them, and first."""
    return await _page(
        wanted,
        lens=_UPCOMING,
        where="EXISTS (SELECT 1 FROM enrolment e WHERE e.batch_id = m.batch_id AND e.account_id = $1"
        " AND e.state = 'active') AND NOT EXISTS (SELECT 1 FROM submission s"
        " WHERE s.assignment_id = a.id AND s.account_id = $1)",
        args=(actor.person_id,),
    )


async def _page(
    wanted: Listing, *, lens: listing.Lens = _LENS, where: str = "true", args: Sequence[object] = ()
) -> Paged[AssignmentView]:
    paged = await listing.page(AssignmentView, lens, wanted, select=_SELECT, source=_SOURCE, where=where, args=args)
    return Paged(await _with_files(paged.items), paged.total)


async def _with_files(views: list[AssignmentView]) -> list[AssignmentView]:
    rows = await db.fetch(
        "SELECT assignment_id, uuid, file_url, created_at, updated_at FROM assignment_file"
        " WHERE assignment_id = ANY($1) ORDER BY id",
        [view.id for view in views],
    )
    files: dict[int, list[LinkView]] = {}
    for row in rows:
        files.setdefault(row["assignment_id"], []).append(db.view(LinkView, row))
    return [msgspec.structs.replace(view, files=files.get(view.id, [])) for view in views]


async def must_teach(actor: Actor, meeting_id: int) -> None:
    """Let in admins and who teaches the meeting. Raises: NotTeachingMeeting."""
    if actor.is_admin or await batches.teaches_meeting(actor.account_id, meeting_id):
        return
    found = await db.row(
        "SELECT m.uuid AS meeting, (SELECT uuid FROM account WHERE id = $2) AS person FROM meeting m WHERE m.id = $1",
        meeting_id,
        actor.account_id,
    )
    raise NotTeachingMeeting(**{name: str(value) for name, value in (found or {}).items()})
