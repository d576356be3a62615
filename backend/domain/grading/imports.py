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
from backend.domain.batches import queries as batches
from backend.domain.files import commands as files
from backend.domain.grading import gradebook, previews, reports, target_queries, undoing
from backend.domain.grading.errors import ImportUndone, PreviewIsStale, PreviewNotFound, SheetHasProblems, SheetIsStale
from backend.domain.grading.events import GradesImported
from backend.domain.grading.grades import Origin, Wanted, lock_grades, write_grades
from backend.domain.grading.previews import Preview, PreviewRow
from backend.domain.grading.reports import RowChange, SheetReport
from backend.domain.grading.roster import Roster, rosters
from backend.domain.grading.sheets import Change, Judgement, ParsedSheet, Task, judge, judge_all
from backend.domain.grading.target_queries import Target
from backend.domain.grading.terms import GradeSource
from backend.domain.jobs import commands as jobs
from backend.domain.jobs import queries as job_queries
from backend.domain.jobs.commands import Queued
from storage import keys

KIND = "import_grades"


class SheetOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an import's job: for one assignment, or for those of a whole batch."""

    actor_id: int
    object_key: str
    sha256: str
    assignment_id: int = 0
    batch_id: int = 0
    dry_run: bool = False
    skip_stale: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether the sheet is that of a whole batch."""
        return bool(self.batch_id)


class How(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a sheet is only looked at, and whether grades that have changed since are left out."""

    dry_run: bool = False
    skip_stale: bool = False


async def announce_sheet(actor: Actor, *, assignment: Ref | None = None, batch: Ref | None = None) -> str:
    """Say under which key a sheet for an assignment, or a batch, is to be stored.

    The row that will have it deleted is written first: whatever happens later, no object is left behind.

    Raises: AssignmentNotFound, BatchNotFound, NotTeachingBatch.
    """
    async with transaction():
        await target_queries.target(actor, assignment=assignment, batch=batch)
        key = keys.sheet(new_uuid())
        await files.discard([key])
        return key


async def order_import(actor: Actor, wanted: Target, object_key: str, sha256: str, how: How) -> Queued:
    """Have a stored sheet taken, or with `dry_run` only looked at, by a job of the actor's."""
    order = SheetOrder(
        assignment_id=wanted.assignment_id,
        batch_id=0 if wanted.assignment_id else wanted.batch_id,
        actor_id=actor.person_id,
        object_key=object_key,
        sha256=sha256,
        dry_run=how.dry_run,
        skip_stale=how.skip_stale,
    )
    async with transaction():
        return await jobs.enqueue(KIND, order, owner_id=actor.account_id)


async def take_sheet(order: SheetOrder, sheet: ParsedSheet, job_id: int) -> SheetReport:
    """Hold a sheet against the grades as they stand, and take it whole or not at all; a dry run keeps a preview.

    Safe to repeat: what this job has written is told again, not written again. Whether the actor still grades here
    is asked anew: between asking for the import and its run there may be hours.

    Raises: AssignmentNotFound, NotTeachingBatch, SheetHasProblems, SheetIsStale.
    Emits: GradesImported, for each assignment.
    """
    async with transaction():
        tasks = await _tasks(order)
        before = [] if order.dry_run else await previews.changes_of(job_id)
        if not before:
            await gradebook.must_still_grade(order.actor_id, tasks.batch_id)
        books = await rosters(tasks.batch_id, [task.id for task in tasks.by_code.values()])
        found = _judged(sheet, tasks, books)
        names = next(iter(books.values())).names if books else {}
        told = reports.report(found, names, tasks.columns(), dry_run=order.dry_run)
        if order.dry_run:
            if not found.problem_count:
                await _keep(order, job_id, tasks, books, found)
            return told
        if before:
            return _again(told, before, {row.user: row.row for row in sheet.rows}, is_wide=order.is_wide)
        if found.problem_count:
            raise SheetHasProblems(**reports.refused(told))
        if found.stale and not order.skip_stale:
            raise SheetIsStale(**reports.refused(told))
        for code, task in tasks.by_code.items():
            await _write(task, _rows(found.changes, books[task.id], code), order.actor_id, job_id)
        return told


async def commit_preview(actor: Actor, wanted: Target, job: Ref, *, skip_stale: bool) -> SheetReport:
    """Write exactly what a preview has shown, at most once; the second time the same answer is given.

    One grade that has changed since refuses all of it, unless such rows are to be skipped.

    Raises: AssignmentNotFound, JobNotFound, PreviewNotFound, PreviewIsStale, ImportUndone.
    Emits: GradesImported, for each assignment.
    """
    async with transaction():
        shown = await job_queries.job(actor, job)
        tasks = await _lock(wanted)
        found = await previews.lock(shown.id)
        if not found or await _target_of(shown.id) != wanted:
            raise PreviewNotFound
        if await undoing.was_undone(shown.id):
            raise ImportUndone
        if not all(preview.is_applied for preview in found):
            await _commit(found, tasks, actor, skip_stale=skip_stale)
        return await _told(found, tasks, shown.report)


class _Tasks(msgspec.Struct, frozen=True):
    """The assignments of a sheet by the codes of its columns; that of a sheet with but one is under None."""

    batch_id: int
    batch_uuid: UUID | None
    by_code: dict[str | None, AssignmentView]

    @property
    def is_wide(self) -> bool:
        return None not in self.by_code

    def columns(self) -> dict[str, Task]:
        """As a report names them."""
        return {code: Task(task.uuid, task.title) for code, task in self.by_code.items() if code is not None}

    def named(self, assignment_id: int) -> dict[str, Any]:
        """What a row of a batch's sheet says of its assignment."""
        task = next((task for task in self.by_code.values() if task.id == assignment_id), None)
        return {"assignment_id": task.uuid, "assignment": task.title} if self.is_wide and task else {}


async def _tasks(order: SheetOrder) -> _Tasks:
    batch_id = order.batch_id or (await assignments.assignment_of(order.assignment_id)).batch_id
    return await _lock(Target(batch_id, order.assignment_id))


async def _lock(wanted: Target) -> _Tasks:
    """Hold the grades of what a sheet is for, in one order, and keep work from being taken back that is graded."""
    is_wide = not wanted.assignment_id
    ids = [task.id for task in await assignments.of_batch(wanted.batch_id)] if is_wide else [wanted.assignment_id]
    for task_id in sorted(ids):
        await lock_grades(task_id)
        await db.statement("SELECT 1 FROM submission WHERE assignment_id = $1 FOR SHARE", task_id)
    if not is_wide:
        task = await assignments.assignment_of(wanted.assignment_id)
        return _Tasks(task.batch_id, None, {None: task})
    batch = await batches.batch(wanted.batch_id)
    found = await assignments.of_batch(batch.id)
    return _Tasks(
        batch.id, batch.uuid, {Task(task.uuid, task.title).code: task for task in found if task.id in set(ids)}
    )


def _judged(sheet: ParsedSheet, tasks: _Tasks, books: Mapping[int, Roster]) -> Judgement:
    if not tasks.is_wide:
        task = tasks.by_code[None]
        return judge(sheet, books[task.id].current, assignment=task.uuid)
    current = {str(code): books[task.id].current for code, task in tasks.by_code.items()}
    return judge_all(sheet, current, batch=tasks.batch_uuid)


async def _keep(order: SheetOrder, job_id: int, tasks: _Tasks, books: Mapping[int, Roster], found: Judgement) -> None:
    """Keep what was shown, for each assignment by itself; for none that stays as it is, unless all do."""
    shown = [*found.changes, *found.stale]
    kept = {task.id: _rows(shown, books[task.id], code) for code, task in tasks.by_code.items()}
    for task_id, rows in kept.items():
        if rows or not any(kept.values()):
            await previews.keep(job_id, task_id, order.sha256, rows)


async def _target_of(job_id: int) -> Target | None:
    """What the sheet of a job was for, by its body; a batch's assignments are not committed one by one."""
    body = await db.value("SELECT body::text FROM job WHERE id = $1 AND kind = $2", job_id, KIND)
    order = msgspec.json.decode(body, type=SheetOrder) if body else None
    if order is None:
        return None
    if order.batch_id:
        return Target(order.batch_id)
    return Target((await assignments.assignment_of(order.assignment_id)).batch_id, order.assignment_id)


async def _commit(found: Sequence[Preview], tasks: _Tasks, actor: Actor, *, skip_stale: bool) -> None:
    count, rows = 0, list[dict[str, object]]()
    for preview in found:
        some, told = await previews.stale(preview, reports.LISTED_MAX - len(rows))
        count += some
        named = {name: str(value) for name, value in tasks.named(preview.assignment_id).items()}
        rows += [{**row, **named} for row in told]
    if count and not skip_stale:
        raise PreviewIsStale(count=count, rows=rows)
    for preview in found:
        if await previews.apply(preview, actor.person_id):
            await emit(GradesImported(preview.assignment_id, preview.job_id))


async def _write(task: AssignmentView, rows: Sequence[PreviewRow], actor_id: int, job_id: int) -> None:
    if not rows:
        return
    wanted = [Wanted(row.account_id, row.grade, row.feedback) for row in rows]
    await write_grades(task.id, wanted, Origin(GradeSource.SHEET, actor_id, job_id))
    await emit(GradesImported(task.id, job_id))


def _rows(changes: Sequence[Change], people: Roster, code: str | None) -> list[PreviewRow]:
    """What is to be written to one assignment; a row that is stale keeps the version that its sheet had."""
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
        if change.new_grade is not None and change.task == code
    ]


def _again(told: SheetReport, before: Sequence[RowChange], rows: Mapping[UUID, int], *, is_wide: bool) -> SheetReport:
    """The report of a run that had committed before it could say so."""
    if not is_wide:
        before = [msgspec.structs.replace(change, assignment_id=None, assignment="") for change in before]
    written = {(change.assignment_id, change.user_id) for change in before}
    stale = [change for change in told.stale_rows if (change.assignment_id, change.user_id) not in written]
    again = len(told.stale_rows) - len(stale)
    return msgspec.structs.replace(
        told,
        applied=len(before),
        unchanged=max(0, told.unchanged - len(before) + again),
        stale=told.stale - again,
        changes=[
            msgspec.structs.replace(change, row=rows.get(change.user_id, 0)) for change in before[: reports.LISTED_MAX]
        ],
        stale_rows=stale,
    )


async def _told(found: Sequence[Preview], tasks: _Tasks, dry: Any) -> SheetReport:  # noqa: ANN401 - a job's report is any JSON
    """What previews of one job came to, from the history of changes, with the counts that its dry run had."""
    count = await previews.count_applied(found[0].job_id)
    first: list[RowChange] = []
    for preview in found:
        some = await previews.applied(preview, reports.LISTED_MAX - len(first))
        first += [msgspec.structs.replace(change, **tasks.named(preview.assignment_id)) for change in some]
    counts = msgspec.convert(dry, SheetReport, strict=False)
    return SheetReport(
        applied=count,
        unchanged=counts.unchanged,
        blank=counts.blank,
        stale=sum(preview.count for preview in found) - count,
        changes=first,
    )
