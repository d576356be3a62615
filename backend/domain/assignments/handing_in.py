"""What a person can do with their work for an assignment: hand it in, change it, take it back.

Whether it was graded is known only to `grading`, so changing and taking back are called from there.
"""

from collections.abc import Sequence

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import Deed, emit
from backend.domain.assignments import queries, rules, submissions
from backend.domain.assignments.errors import (
    AssignmentNotFound,
    MeetingNotOpen,
    NotBegun,
    NotYourSubmission,
    SubmissionExists,
    SubmissionNotFound,
    WorkUnfit,
)
from backend.domain.assignments.events import WorkChanged, WorkHandedIn
from backend.domain.assignments.submissions import SubmissionView
from backend.domain.assignments.terms import AssignmentType
from backend.domain.enrolments import commands as completions
from backend.domain.enrolments import queries as enrolments
from backend.domain.enrolments.terms import ActivityKind
from backend.domain.files import commands as uploads
from backend.domain.files.terms import OwnerKind


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed in. `files` are addresses. In a change, what is unset stays, and `files` replace all."""

    note: str | UnsetType | None = UNSET
    essay_text: str | UnsetType | None = UNSET
    files: Sequence[str] | UnsetType = UNSET


async def hand_in(actor: Actor, assignment: Ref, work: Work) -> SubmissionView:
    """Hand in work; there is one submission per person and assignment, of two at once one wins.

    Late is after the assignment's end by the database's clock; that is allowed, and noted.

    Raises: AssignmentNotFound, NotYourSubmission, MeetingNotOpen, NotBegun, AttendanceNotTaken, WasAbsent,
        AssignmentOpen, QuizOpen, WorkUnfit, SubmissionExists, FileNotFound, FileNotReady.
    Emits: WorkHandedIn.
    """
    async with transaction():
        task = await queries.assignment_of(assignment)
        place = await enrolments.enrolment(actor.person_id, task.batch_id)
        if place is None:
            raise NotYourSubmission
        await _must_be_time(task.id)
        await enrolments.pass_gate(place.id, task.meeting_id)
        files = [] if work.files is UNSET else list(work.files)
        _must_fit(task.kind, work.essay_text or None, len(files))
        submission_id = await _insert(task.id, actor.person_id, place.id, work)
        await _write_files(actor, submission_id, files)
        await completions.complete(actor.person_id, ActivityKind.ASSIGNMENT, task.id)
        await emit(WorkHandedIn(submission_id))
        return await submissions.submission_of(submission_id)


async def lock_own(actor: Actor, ref: Ref) -> SubmissionView:
    """Lock a submission of the actor's, who is still in the batch, for the rest of the transaction.

    Raises: SubmissionNotFound, NotYourSubmission.
    """
    if await db.lock("submission", ref) is None:
        raise SubmissionNotFound
    found = await submissions.submission_of(ref)
    if found.account_id != actor.account_id:
        raise NotYourSubmission
    if await enrolments.enrolment(found.account_id, found.batch_id) is None:
        raise NotYourSubmission
    return found


async def change_work(actor: Actor, found: SubmissionView, work: Work) -> SubmissionView:
    """Change a submission that the caller has locked; whether it is late is asked anew.

    Raises: WorkUnfit, FileNotFound, FileNotReady.
    Emits: WorkChanged.
    """
    async with transaction():
        task = await queries.assignment_of(found.assignment_id)
        text = found.essay_text if work.essay_text is UNSET else work.essay_text
        note = found.note if work.note is UNSET else work.note
        _must_fit(task.kind, text, len(found.files if work.files is UNSET else work.files))
        await db.statement(
            "UPDATE submission s SET note = $2, essay_text = $3, is_late = now() > a.end_at, updated_at = now()"
            " FROM assignment a WHERE a.id = s.assignment_id AND s.id = $1",
            found.id,
            note,
            text,
        )
        if work.files is not UNSET:
            await db.statement("DELETE FROM submission_file WHERE submission_id = $1", found.id)
            await _write_files(actor, found.id, work.files)
        await emit(WorkChanged(found.id, found.assignment_id, found.account_id, Deed.UPDATED))
        return await submissions.submission_of(found.id)


async def take_back(found: SubmissionView) -> None:
    """Delete a submission that the caller has locked; it counts to progress no longer.

    Emits: WorkChanged.
    """
    async with transaction():
        await uploads.detach(OwnerKind.SUBMISSION, found.id)
        await db.statement("DELETE FROM submission WHERE id = $1", found.id)
        await completions.uncomplete(found.account_id, ActivityKind.ASSIGNMENT, found.assignment_id)
        await emit(WorkChanged(found.id, found.assignment_id, found.account_id, Deed.REMOVED))


async def _must_be_time(assignment_id: int) -> None:
    found = await db.row(
        "SELECT m.is_open, a.start_at, a.start_at > now() AS is_early FROM assignment a"
        " JOIN meeting m ON m.id = a.meeting_id WHERE a.id = $1",
        assignment_id,
    )
    if found is None or not found["is_open"]:
        raise MeetingNotOpen
    if found["is_early"]:
        raise NotBegun(start_at=found["start_at"].isoformat())


def _must_fit(kind: AssignmentType, essay_text: str | None, files: int) -> None:
    broken = rules.why_unfit(kind, essay_text, files)
    if broken:
        raise WorkUnfit(fields=broken)


async def _insert(assignment_id: int, account_id: int, enrolment_id: int, work: Work) -> int:
    try:
        async with db.savepoint():
            found = await db.value(
                "INSERT INTO submission (assignment_id, account_id, enrolment_id, note, essay_text, is_late,"
                " created_at, updated_at) SELECT a.id, $2, $3, $4, $5, now() > a.end_at, now(), now()"
                " FROM assignment a WHERE a.id = $1 RETURNING id",
                assignment_id,
                account_id,
                enrolment_id,
                work.note or None,
                work.essay_text or None,
            )
    except asyncpg.UniqueViolationError:
        raise SubmissionExists from None
    if found is None:  # deleted since it was looked up
        raise AssignmentNotFound
    return int(found)


async def _write_files(actor: Actor, submission_id: int, urls: Sequence[str]) -> None:
    await uploads.replace(actor, urls, OwnerKind.SUBMISSION, submission_id)
    await db.statement(
        "INSERT INTO submission_file (submission_id, file_url, created_at, updated_at)"
        " SELECT $1, url, now(), now() FROM unnest($2::text[]) WITH ORDINALITY AS f (url, position) ORDER BY position",
        submission_id,
        list(urls),
    )
