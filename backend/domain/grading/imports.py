"""What can be done with grading sheets: ask for an import, carry it out, commit what was previewed."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref, new_uuid
from backend.core.outbox import emit
from backend.domain.assignments import queries as assignments
from backend.domain.assignments.queries import AssignmentView
from backend.domain.files import commands as files
from backend.domain.grading import gradebook, previews, reports
from backend.domain.grading.errors import PreviewIsStale, PreviewNotFound, SheetHasProblems, SheetIsStale
from backend.domain.grading.events import GradesImported
from backend.domain.grading.grades import Origin, Wanted, lock_grades, write_grades
from backend.domain.grading.previews import Preview, PreviewRow
from backend.domain.grading.reports import RowChange, SheetReport
from backend.domain.grading.roster import Roster, roster
from backend.domain.grading.sheets import Change, ParsedSheet, judge
from backend.domain.grading.terms import GradeSource
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import queries as job_queries
from backend.domain.jobs.commands import Queued
from storage import keys

KIND = "import_grades"


class SheetOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an import's job."""

    assignment_id: int
    actor_id: int
    object_key: str
    sha256: str
    dry_run: bool = False
    skip_stale: bool = False


async def announce_sheet(actor: Actor, ref: Ref) -> str:
    """Say under which key a sheet for an assignment is to be stored.

    The row that will have it deleted is written first: whatever happens later, no object is left behind.

    Raises: AssignmentNotFound, NotTeachingBatch.
    """
    async with transaction():
        await gradebook.gradable(actor, ref)
        key = keys.sheet(new_uuid())
        await files.discard([key])
        return key


async def order_import(
    actor: Actor, ref: Ref, object_key: str, sha256: str, *, dry_run: bool, skip_stale: bool
) -> Queued:
    """Have a stored sheet taken, or with `dry_run` only looked at, by a job of the actor's.

    Raises: AssignmentNotFound, NotTeachingBatch.
    """
    async with transaction():
        task = await gradebook.gradable(actor, ref)
        order = SheetOrder(
            assignment_id=task.id,
            actor_id=actor.person_id,
            object_key=object_key,
            sha256=sha256,
            dry_run=dry_run,
            skip_stale=skip_stale,
        )
        return await jobs.enqueue(KIND, order, owner_id=actor.account_id)


async def take_sheet(order: SheetOrder, sheet: ParsedSheet, job_id: int) -> SheetReport:
    """Hold a sheet against the grades as they stand, and take it whole or not at all; a dry run keeps a preview.

    Safe to repeat: what this job has written is told again, not written again. Whether the actor still grades here
    is asked anew: between asking for the import and its run there may be hours.

    Raises: AssignmentNotFound, NotTeachingBatch, SheetHasProblems, SheetIsStale.
    Emits: GradesImported.
    """
    async with transaction():
        task = await _locked(order.assignment_id)
        before = [] if order.dry_run else await previews.changes_of(job_id)
        if not before:
            await gradebook.must_still_grade(order.actor_id, task.batch_id)
        people = await roster(task)
        found = judge(sheet, people.current, assignment=task.uuid)
        told = reports.report(found, people.names, dry_run=order.dry_run)
        if order.dry_run:
            if not found.problem_count:
                await previews.keep(job_id, task.id, order.sha256, _rows([*found.changes, *found.stale], people))
            return told
        if before:
            return _again(told, before, {row.user: row.row for row in sheet.rows})
        if found.problem_count:
            raise SheetHasProblems(**reports.refused(told))
        if found.stale and not order.skip_stale:
            raise SheetIsStale(**reports.refused(told))
        await _write(task, _rows(found.changes, people), order.actor_id, job_id)
        return told


async def commit_preview(actor: Actor, ref: Ref, job: Ref, *, skip_stale: bool) -> SheetReport:
    """Write exactly what a preview has shown, at most once; the second time the same answer is given.

    One grade that has changed since refuses all of it, unless such rows are to be skipped.

    Raises: AssignmentNotFound, NotTeachingBatch, JobNotFound, PreviewNotFound, PreviewIsStale.
    Emits: GradesImported.
    """
    async with transaction():
        task = await gradebook.gradable(actor, ref)
        shown = await job_queries.job(actor, job)
        await _locked(task.id)
        preview = await previews.lock(shown.id, task.id)
        if preview is None:
            raise PreviewNotFound
        if not preview.is_applied:
            await _commit(preview, actor, skip_stale=skip_stale)
        return await _told(preview, shown.report)


async def _commit(preview: Preview, actor: Actor, *, skip_stale: bool) -> None:
    count, rows = await previews.stale(preview, reports.LISTED_MAX)
    if count and not skip_stale:
        raise PreviewIsStale(count=count, rows=rows)
    if await previews.apply(preview, actor.person_id):
        await emit(GradesImported(preview.assignment_id, preview.job_id))


async def _write(task: AssignmentView, rows: Sequence[PreviewRow], actor_id: int, job_id: int) -> None:
    if not rows:
        return
    wanted = [Wanted(row.account_id, row.grade, row.feedback) for row in rows]
    await write_grades(task.id, wanted, Origin(GradeSource.SHEET, actor_id, job_id))
    await emit(GradesImported(task.id, job_id))


async def _locked(assignment_id: int) -> AssignmentView:
    """Hold the grades of an assignment, and keep work from being taken back that is being graded."""
    await lock_grades(assignment_id)
    await db.statement("SELECT 1 FROM submission WHERE assignment_id = $1 FOR SHARE", assignment_id)
    return await assignments.assignment_of(assignment_id)


def _rows(changes: Sequence[Change], people: Roster) -> list[PreviewRow]:
    """What is to be written; a row that is stale keeps the version that its sheet had."""
    return [
        PreviewRow(
            row=change.row,
            account_id=people.ids[change.user],
            user_id=change.user,
            version=change.version if change.sheet_version is None else change.sheet_version,
            grade=change.new_grade,
            feedback=change.new_feedback or "",
        )
        for change in changes
        if change.new_grade is not None
    ]


def _again(told: SheetReport, before: Sequence[RowChange], rows: Mapping[UUID, int]) -> SheetReport:
    """The report of a run that had committed before it could say so."""
    users = {change.user_id for change in before}
    stale = sum(change.user_id in users for change in told.stale_rows)
    return msgspec.structs.replace(
        told,
        applied=len(before),
        unchanged=max(0, told.unchanged - len(before) + stale),
        stale=told.stale - stale,
        changes=[
            msgspec.structs.replace(change, row=rows.get(change.user_id, 0)) for change in before[: reports.LISTED_MAX]
        ],
        stale_rows=[change for change in told.stale_rows if change.user_id not in users],
    )


async def _told(preview: Preview, dry: Any) -> SheetReport:  # noqa: ANN401 - a job's report is any JSON
    """What a preview came to, from the history of changes, with the counts that its dry run had."""
    count, first = await previews.applied(preview, reports.LISTED_MAX)
    counts = msgspec.convert(dry, SheetReport, strict=False)
    return SheetReport(
        applied=count,
        unchanged=counts.unchanged,
        blank=counts.blank,
        stale=preview.count - count,
        changes=first,
    )
