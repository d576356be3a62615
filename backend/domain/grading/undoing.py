"""What can be done about an import that should not have been: take it back, as long as nothing newer stands on it."""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from backend.core import db
from backend.core.actor import Actor
from backend.core.db import transaction
from backend.core.ids import Ref
from backend.core.outbox import emit
from backend.domain.assignments import queries as assignments
from backend.domain.batches import queries as batches
from backend.domain.grading import gradebook, reports
from backend.domain.grading.errors import ImportHasNewer, ImportNotFound
from backend.domain.grading.events import GradesUndone
from backend.domain.grading.grades import lock_grades
from backend.domain.grading.terms import GradeSource


class UndoneRow(msgspec.Struct, frozen=True, kw_only=True):
    """One grade that went back to what it was; `new_grade` None: there is none again."""

    assignment_id: UUID
    assignment: str
    user_id: UUID
    name: str
    old_grade: float | None
    new_grade: float | None


class UndoReport(msgspec.Struct, frozen=True, kw_only=True):
    """What undoing came to; the rows are the first LISTED_MAX of `undone`."""

    undone: int
    rows: Sequence[UndoneRow]


async def undo_import(actor: Actor, ref: Ref, job: Ref) -> UndoReport:
    """Take back all that an import has written to an assignment's grades; the second time the same answer is given.

    Raises: AssignmentNotFound, NotTeachingBatch, ImportNotFound, ImportHasNewer.
    Emits: GradesUndone.
    """
    async with transaction():
        task = await gradebook.gradable(actor, ref)
        return await _undo(actor, {task.id}, job)


async def undo_batch_import(actor: Actor, ref: Ref, job: Ref) -> UndoReport:
    """As `undo_import`, for a sheet with the assignments of a whole batch.

    Raises: BatchNotFound, NotTeachingBatch, ImportNotFound, ImportHasNewer.
    Emits: GradesUndone, for each assignment.
    """
    async with transaction():
        batch = await batches.batch(ref)
        await gradebook.must_grade(actor, batch.id)
        return await _undo(actor, {task.id for task in await assignments.of_batch(batch.id)}, job)


_WRITTEN = "FROM grade_change c JOIN grade g ON g.id = c.grade_id WHERE c.job_id = $1 AND c.source = 'sheet'"

_NEWER = f"""
SELECT t.uuid AS assignment, t.title, p.uuid, p.name, s.after, s.grade, count(*) OVER () AS total FROM (
    SELECT c.after, g.* {_WRITTEN} AND EXISTS (SELECT FROM grade_change n WHERE n.grade_id = c.grade_id AND n.id > c.id)
) AS s JOIN assignment t ON t.id = s.assignment_id JOIN account p ON p.id = s.account_id ORDER BY t.id, p.name, p.id
LIMIT $2
"""  # noqa: S608 - our own text

_BACK = f"""
WITH back AS (SELECT c.grade_id, c.before, coalesce(c.feedback_before, '') AS text {_WRITTEN}), written AS (
    UPDATE grade SET grade = back.before, feedback = back.text, graded_by = $2, version = grade.version + 1,
        updated_at = now()
    FROM back WHERE grade.id = back.grade_id
    RETURNING new.id, old.grade AS before, new.grade AS after, old.feedback AS text_before, new.feedback AS text_after
)
INSERT INTO grade_change (grade_id, before, after, feedback_before, feedback_after, source, actor_id, job_id,
    created_at)
SELECT id, before, after, text_before, text_after, '{GradeSource.UNDO}', $2, $1, now() FROM written
"""  # noqa: S608 - our own text

_UNDONE = f"""
SELECT t.uuid AS assignment_id, t.title AS assignment, p.uuid AS user_id, p.name, c.before::float8 AS old_grade,
    c.after::float8 AS new_grade, count(*) OVER () AS total
FROM grade_change c JOIN grade g ON g.id = c.grade_id JOIN assignment t ON t.id = g.assignment_id
JOIN account p ON p.id = g.account_id WHERE c.job_id = $1 AND c.source = '{GradeSource.UNDO}'
ORDER BY t.id, p.name, p.id LIMIT $2
"""  # noqa: S608 - our own text


async def was_undone(job_id: int) -> bool:
    """Whether what a job has written was taken back."""
    query = "SELECT EXISTS (SELECT FROM grade_change WHERE job_id = $1 AND source = $2)"
    return bool(await db.value(query, job_id, str(GradeSource.UNDO)))


async def _undo(actor: Actor, task_ids: Collection[int], job: Ref) -> UndoReport:
    column = db.column_of(job)
    job_id = await db.value(f"SELECT id FROM job WHERE {column} = $1 AND kind = 'import_grades'", job)  # noqa: S608 - our names
    touched = await db.fetch(f"SELECT DISTINCT g.assignment_id {_WRITTEN} ORDER BY 1", job_id)
    ids = [row["assignment_id"] for row in touched]
    if not ids or not set(ids) <= set(task_ids):
        raise ImportNotFound
    for task_id in ids:
        await lock_grades(task_id)
    if not await was_undone(job_id):
        await _refuse_newer(job_id)
        await db.statement(_BACK, job_id, actor.person_id)
        await emit(*[GradesUndone(task_id, job_id) for task_id in ids])
    return await _told(job_id)


async def _refuse_newer(job_id: int) -> None:
    newer = await db.fetch(_NEWER, job_id, reports.LISTED_MAX)
    if not newer:
        return
    rows = [
        {
            "assignment_id": str(row["assignment"]),
            "assignment": row["title"],
            "user_id": str(row["uuid"]),
            "name": row["name"],
            "imported_grade": reports.number(row["after"]),
            "grade_now": reports.number(row["grade"]),
        }
        for row in newer
    ]
    raise ImportHasNewer(count=newer[0]["total"], rows=rows)


async def _told(job_id: int) -> UndoReport:
    found = await db.fetch(_UNDONE, job_id, reports.LISTED_MAX)
    return UndoReport(undone=found[0]["total"] if found else 0, rows=db.views(UndoneRow, found))
