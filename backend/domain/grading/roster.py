"""Everybody in the batch of an assignment with their grades: what goes out in a sheet, and is held against it."""

import asyncio
from collections.abc import Iterator
from typing import BinaryIO
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import clock, db
from backend.core.actor import Actor
from backend.core.ids import Ref
from backend.domain.assignments.queries import AssignmentView
from backend.domain.grading import gradebook
from backend.domain.grading.sheets import Current, GradeRow, GradeSheet, Handed, write_template

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


async def roster(task: AssignmentView) -> Roster:
    """Everybody in the batch of an assignment, for callers that decide themselves who may see them."""
    people = await db.fetch(_PEOPLE, task.batch_id)
    found = await db.fetch("SELECT account_id, grade, feedback, version FROM grade WHERE assignment_id = $1", task.id)
    grades = {row["account_id"]: Current(row["grade"], row["feedback"], row["version"]) for row in found}
    return Roster(
        {row["uuid"]: grades.get(row["id"], _UNGRADED) for row in people},
        {row["uuid"]: row["id"] for row in people},
        {row["uuid"]: row["name"] for row in people},
    )


async def write_sheet(actor: Actor, ref: Ref, target: BinaryIO) -> AssignmentView:
    """Write the grading sheet of an assignment, page by page, in a thread; at most PAGE students are in memory.

    Raises: AssignmentNotFound, NotTeachingBatch.
    """
    task = await gradebook.gradable(actor, ref)
    rows = _rows(task, asyncio.get_running_loop())
    sheet = GradeSheet(assignment=task.uuid, exported_at=clock.now(), rows=rows, title=task.title)
    await asyncio.to_thread(write_template, target, sheet)
    return task


def _rows(task: AssignmentView, loop: asyncio.AbstractEventLoop) -> Iterator[GradeRow]:
    """Walked by the thread that writes; each page is fetched on the loop, which is free meanwhile."""
    name, last = "", 0
    while True:
        fetched = db.fetch(_PAGE, task.id, task.batch_id, name, last, PAGE)
        page = asyncio.run_coroutine_threadsafe(fetched, loop).result()
        yield from map(_row, page)
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
