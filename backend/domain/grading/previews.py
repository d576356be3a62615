"""Previews of sheets: kept by the dry run, committed at most once. And what a job has written, from the history."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from asyncpg import Record

from backend.core import db
from backend.domain.grading import reports
from backend.domain.grading.grades import writing
from backend.domain.grading.reports import RowChange
from backend.domain.grading.terms import GradeSource

KEPT_DAYS = 30


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """One grade as a preview would write it. `version` is the one it was shown against, 0 for no grade."""

    row: int
    account_id: int
    user_id: UUID
    version: int
    grade: Decimal
    feedback: str


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A preview, and how many rows it has."""

    id: int
    job_id: int
    assignment_id: int
    is_applied: bool
    count: int


_SHOWN = """
SELECT s.*, e.account_id IS NOT NULL AS is_enrolled, g.grade AS grade_now,
       e.account_id IS NOT NULL AND coalesce(g.version, 0) = s.version AS is_fresh
FROM grade_preview v CROSS JOIN LATERAL jsonb_to_recordset(v.changes)
    AS s (row int, account_id bigint, user_id uuid, version int, grade numeric, feedback text)
JOIN assignment t ON t.id = v.assignment_id JOIN meeting m ON m.id = t.meeting_id
LEFT JOIN enrolment e ON e.batch_id = m.batch_id AND e.account_id = s.account_id AND e.state = 'active'
LEFT JOIN grade g ON g.assignment_id = v.assignment_id AND g.account_id = s.account_id
"""


async def keep(job_id: int, assignment_id: int, sha256: str, changes: Sequence[PreviewRow]) -> None:
    """Keep what a dry run has shown. Safe to repeat: the last run of the job counts."""
    await db.statement(
        "INSERT INTO grade_preview (job_id, assignment_id, sha256, changes, is_applied, created_at)"
        " VALUES ($1, $2, $3, $4::jsonb, false, now())"
        " ON CONFLICT (job_id, assignment_id) DO UPDATE SET changes = excluded.changes"
        " WHERE NOT grade_preview.is_applied",
        job_id,
        assignment_id,
        sha256,
        msgspec.json.encode(changes).decode(),
    )


async def lock(job_id: int) -> list[Preview]:
    """A job's previews, by assignment, locked for the rest of the transaction."""
    rows = await db.fetch(
        "SELECT id, job_id, assignment_id, is_applied, jsonb_array_length(changes) AS count FROM grade_preview"
        " WHERE job_id = $1 ORDER BY assignment_id FOR UPDATE",
        job_id,
    )
    return db.views(Preview, rows)


async def stale(preview: Preview, most: int) -> tuple[int, list[dict[str, object]]]:
    """How many rows' grades have changed since, or whose people have left; and what is said of the first of them."""
    found = await db.fetch(
        f"SELECT s.row, s.user_id, s.grade, s.is_enrolled, s.grade_now, p.name, count(*) OVER () AS total"  # noqa: S608 - our own text
        f" FROM ({_SHOWN} WHERE v.id = $1) AS s LEFT JOIN account p ON p.id = s.account_id AND s.is_enrolled"
        " WHERE NOT s.is_fresh ORDER BY s.row LIMIT $2",
        preview.id,
        most,
    )
    told = [
        {
            "row": row["row"],
            "user_id": str(row["user_id"]),
            "name": row["name"] or "",
            "grade_now": reports.number(row["grade_now"]) if row["is_enrolled"] else None,
            "new_grade": float(row["grade"]),
            "is_enrolled": row["is_enrolled"],
        }
        for row in found
    ]
    return (found[0]["total"] if found else 0), told


async def apply(preview: Preview, actor_id: int) -> int:
    """Write what a preview has shown but for its stale rows, and never again; says how many grades.

    One statement without a row on its way through us: fifty thousand would hold up every other request here.
    """
    await db.statement("UPDATE grade_preview SET is_applied = true WHERE id = $1", preview.id)
    return await db.statement(
        writing(
            f"SELECT account_id, grade, feedback FROM ({_SHOWN}"  # noqa: S608 - our own text
            " WHERE v.job_id = $4 AND v.assignment_id = $1) AS s WHERE is_fresh"
        ),
        preview.assignment_id,
        actor_id,
        str(GradeSource.SHEET),
        preview.job_id,
    )


async def count_applied(job_id: int) -> int:
    """How many grades a job has written, or the previews it made."""
    found: int = await db.value("SELECT count(*) FROM grade_change WHERE job_id = $1 AND source = 'sheet'", job_id)
    return found


async def applied(preview: Preview, most: int) -> list[RowChange]:
    """The first of the grades that a preview has written, in the order of the sheet.

    Each is looked up by itself: of rows written a moment ago the planner knows nothing, and takes thousands for one,
    which it would hold against every other.
    """
    found = await db.fetch(
        "SELECT s.row, p.uuid, p.name, c.before, c.after, c.feedback_before, c.feedback_after"
        " FROM (SELECT s.* FROM grade_preview v CROSS JOIN LATERAL jsonb_to_recordset(v.changes)"
        "  AS s (row int, account_id bigint) WHERE v.id = $1 ORDER BY s.row) AS s"
        " CROSS JOIN LATERAL (SELECT id FROM grade"
        "  WHERE assignment_id = $2 AND account_id = s.account_id OFFSET 0) AS g"
        " CROSS JOIN LATERAL (SELECT * FROM grade_change WHERE grade_id = g.id OFFSET 0) AS c"
        " JOIN account p ON p.id = s.account_id WHERE c.job_id = $3 AND c.source = 'sheet' ORDER BY s.row LIMIT $4",
        preview.id,
        preview.assignment_id,
        preview.job_id,
        most,
    )
    return [_change(row, row["row"]) for row in found]


async def purge(most: int) -> int:
    """Delete previews whose job is as old as jobs get, up to `most`; says how many."""
    return await db.statement(
        "DELETE FROM grade_preview WHERE id IN (SELECT id FROM grade_preview"
        " WHERE created_at < now() - make_interval(days => $1) LIMIT $2)",
        KEPT_DAYS,
        most,
    )


async def changes_of(job_id: int) -> list[RowChange]:
    """What a job has written, in the order of the sheet; which row it was the job knows that reads it again.

    Each names its assignment, also of a sheet that has but one.
    """
    found = await db.fetch(
        "SELECT p.uuid, p.name, c.before, c.after, c.feedback_before, c.feedback_after, t.uuid AS task_uuid, t.title"
        " FROM grade_change c JOIN grade g ON g.id = c.grade_id JOIN account p ON p.id = g.account_id"
        " JOIN assignment t ON t.id = g.assignment_id"
        " WHERE c.job_id = $1 AND c.source = 'sheet' ORDER BY c.id",
        job_id,
    )
    return [
        msgspec.structs.replace(_change(row, 0), assignment_id=row["task_uuid"], assignment=row["title"])
        for row in found
    ]


def _change(found: Record, at: int) -> RowChange:
    return RowChange(
        row=at,
        user_id=found["uuid"],
        name=found["name"],
        old_grade=reports.number(found["before"]),
        new_grade=float(found["after"]),
        old_feedback=reports.shown(found["feedback_before"]),
        new_feedback=reports.shown(found["feedback_after"]),
    )
