"""Everybody in a batch with their grades: what goes out in a sheet, and is held against it."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import clock, db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.assignments import queries as assignments
from backend.domain.assignments.queries import AssignmentView
from backend.domain.batches import queries as batches
from backend.domain.grading import gradebook
from backend.domain.grading.errors import TooManyAssignments
from backend.domain.grading.sheet_values import ASSIGNMENTS_MAX
from backend.domain.grading.sheets import (
    Current,
    GradeRow,
    GradeSheet,
    Handed,
    Task,
    WideRow,
    WideSheet,
    write_template,
    write_wide,
)

PAGE = 2_000

_PAGE = """
SELECT p.id, p.uuid, p.name, f.nim, p.email, s.id IS NOT NULL AS has_work, COALESCE(s.is_late, false) AS is_late,
       g.grade, g.feedback, COALESCE(g.version, 0) AS version
FROM enrolment e JOIN account p ON p.id = e.account_id LEFT JOIN profile f ON f.account_id = p.id
LEFT JOIN submission s ON s.assignment_id = $1 AND s.account_id = p.id
LEFT JOIN grade g ON g.assignment_id = $1 AND g.account_id = p.id
WHERE e.batch_id = $2 AND e.state = 'active' AND (p.name, p.id) > ($3, $4)
ORDER BY p.name, p.id LIMIT $5
"""

_PEOPLE = """
SELECT p.id, p.uuid, p.name FROM enrolment e JOIN account p ON p.id = e.account_id
WHERE e.batch_id = $1 AND e.state = 'active'
"""


_UNGRADED = Current(None, None, 0)


class Roster(msgspec.Struct, frozen=True):
    """Who is in the batch, by uuid: what stands in the books, the account's id, the name."""

    current: dict[UUID, Current]
    ids: dict[UUID, int]
    names: dict[UUID, str]


async def rosters(batch_id: int, task_ids: Sequence[int]) -> dict[int, Roster]:
    """Everybody in a batch with their grades of some of its assignments, by the assignment. Two statements.

    For callers that decide themselves who may see them.
    """
    people = await db.fetch(_PEOPLE, batch_id)
    found = await db.fetch(
        "SELECT assignment_id, account_id, grade, feedback, version FROM grade WHERE assignment_id = ANY($1)",
        list(task_ids),
    )
    grades: dict[int, dict[int, Current]] = {task_id: {} for task_id in task_ids}
    for row in found:
        grades[row["assignment_id"]][row["account_id"]] = Current(row["grade"], row["feedback"], row["version"])
    ids = {row["uuid"]: row["id"] for row in people}
    names = {row["uuid"]: row["name"] for row in people}
    return {
        task_id: Roster({uuid: some.get(id_, _UNGRADED) for uuid, id_ in ids.items()}, ids, names)
        for task_id, some in grades.items()
    }


async def write_sheet(actor: Actor, ref: Ref, target: BinaryIO) -> AssignmentView:
    """Write the grading sheet of an assignment, page by page, in a thread; at most PAGE students are in memory.

    Raises: AssignmentNotFound, NotTeachingBatch.
    """
    task = await gradebook.gradable(actor, ref)
    rows = map(_row, walk(_PAGE, [task.id, task.batch_id], asyncio.get_running_loop()))
    sheet = GradeSheet(assignment=task.uuid, exported_at=clock.now(), rows=rows, title=task.title)
    await asyncio.to_thread(write_template, target, sheet)
    return task


def walk(sql: str, args: Sequence[object], loop: asyncio.AbstractEventLoop) -> Iterator[Record]:
    """The rows of a statement by pages, for the thread that writes: each is fetched on the loop, free meanwhile.

    Shape: after `args` come the name and the id of the last person of the page before, and the most rows.
    """
    name, last = "", 0
    while True:
        fetched = db.fetch(sql, *args, name, last, PAGE)
        page = asyncio.run_coroutine_threadsafe(fetched, loop).result()
        yield from page
        if len(page) < PAGE:
            return
        name, last = page[-1]["name"], page[-1]["id"]


def _row(found: Record) -> GradeRow:
    late = Handed.LATE if found["is_late"] else Handed.YES
    return GradeRow(
        user=found["uuid"],
        name=found["name"],
        nim=found["nim"],
        email=found["email"],
        handed=late if found["has_work"] else Handed.NO,
        grade=found["grade"],
        feedback=found["feedback"],
        version=found["version"],
    )


_WIDE_PAGE = """
SELECT p.id, p.uuid, p.name, f.nim, p.email,
    ARRAY(SELECT g.grade FROM unnest($1::bigint[]) WITH ORDINALITY AS t (id, at)
        LEFT JOIN grade g ON g.assignment_id = t.id AND g.account_id = p.id ORDER BY t.at) AS grades,
    ARRAY(SELECT coalesce(g.version, 0) FROM unnest($1::bigint[]) WITH ORDINALITY AS t (id, at)
        LEFT JOIN grade g ON g.assignment_id = t.id AND g.account_id = p.id ORDER BY t.at) AS versions
FROM enrolment e JOIN account p ON p.id = e.account_id LEFT JOIN profile f ON f.account_id = p.id
WHERE e.batch_id = $2 AND e.state = 'active' AND (p.name, p.id) > ($3, $4)
ORDER BY p.name, p.id LIMIT $5
"""


async def write_wide_sheet(actor: Actor, ref: Ref | str, target: BinaryIO) -> None:
    """Write the grading sheet of a whole batch as `write_sheet` does; assignments in the order of meetings.

    Raises: BatchNotFound, NotTeachingBatch, TooManyAssignments.
    """
    batch = await batches.batch(ref)
    await gradebook.must_grade(actor, batch.id)
    tasks = await assignments.of_batch(batch.id)
    if len(tasks) > ASSIGNMENTS_MAX:
        raise TooManyAssignments(most=ASSIGNMENTS_MAX)
    pages = walk(_WIDE_PAGE, [[task.id for task in tasks], batch.id], asyncio.get_running_loop())
    sheet = WideSheet(
        batch=batch.uuid,
        exported_at=clock.now(),
        tasks=[Task(task.uuid, task.title) for task in tasks],
        rows=(_wide_row(found) for found in pages),
        title=batch.title,
    )
    await asyncio.to_thread(write_wide, target, sheet)


def _wide_row(found: Record) -> WideRow:
    grades = list(zip(found["grades"], found["versions"], strict=True))
    return WideRow(found["uuid"], found["name"], found["nim"], found["email"], grades)
