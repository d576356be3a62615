"""Previews of sheets: kept by the dry run, committed at most once. And what a job has written, from the history."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.domain.grading import reports
from backend.domain.grading.reports import RowChange


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """One grade as a preview would write it. `version` is the one it was shown against, 0 for no grade."""

    row: int
    account_id: int
    version: int
    grade: Decimal
    feedback: str


class StandingRow(PreviewRow, frozen=True, kw_only=True):
    """The same, beside what stands now."""

    user_id: UUID
    name: str
    version_now: int
    grade_now: Decimal | None
    is_enrolled: bool

    @property
    def is_stale(self) -> bool:
        """Whether the grade has changed since, or the person has left."""
        return self.version != self.version_now or not self.is_enrolled

    def told(self) -> dict[str, object]:
        """What is said of a row that is stale."""
        return {
            "row": self.row,
            "user_id": str(self.user_id),
            "name": self.name,
            "grade_now": reports.number(self.grade_now),
            "new_grade": float(self.grade),
            "is_enrolled": self.is_enrolled,
        }


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A preview, and how many rows it has."""

    id: int
    job_id: int
    is_applied: bool
    count: int


async def keep(job_id: int, assignment_id: int, sha256: str, changes: Sequence[PreviewRow]) -> None:
    """Keep what a dry run has shown. Safe to repeat: the last run of the job counts."""
    await db.statement(
        "INSERT INTO grade_preview (job_id, assignment_id, sha256, changes, is_applied, created_at)"
        " VALUES ($1, $2, $3, $4::jsonb, false, now())"
        " ON CONFLICT (job_id) DO UPDATE SET changes = excluded.changes WHERE NOT grade_preview.is_applied",
        job_id,
        assignment_id,
        sha256,
        msgspec.json.encode(changes).decode(),
    )


async def lock(job_id: int, assignment_id: int) -> Preview | None:
    """A job's preview for an assignment, locked for the rest of the transaction."""
    found = await db.row(
        "SELECT id, job_id, is_applied, jsonb_array_length(changes) AS count FROM grade_preview"
        " WHERE job_id = $1 AND assignment_id = $2 FOR UPDATE",
        job_id,
        assignment_id,
    )
    return db.view(Preview, found) if found else None


async def rows(preview_id: int) -> list[StandingRow]:
    """What a preview would write, beside what stands now, in the order of the sheet."""
    found = await db.fetch(
        'SELECT w."row", w.account_id, w.version, w.grade, w.feedback, p.uuid AS user_id, p.name,'
        " COALESCE(g.version, 0) AS version_now, g.grade AS grade_now, e.id IS NOT NULL AS is_enrolled"
        " FROM grade_preview v CROSS JOIN jsonb_to_recordset(v.changes)"
        '  AS w ("row" int, account_id bigint, version int, grade numeric, feedback text)'
        " JOIN account p ON p.id = w.account_id"
        " JOIN assignment a ON a.id = v.assignment_id JOIN meeting m ON m.id = a.meeting_id"
        " LEFT JOIN grade g ON g.assignment_id = v.assignment_id AND g.account_id = w.account_id"
        " LEFT JOIN enrolment e ON e.batch_id = m.batch_id AND e.account_id = w.account_id AND e.state = 'active'"
        ' WHERE v.id = $1 ORDER BY w."row"',
        preview_id,
    )
    return db.views(StandingRow, found)


async def mark_applied(preview_id: int) -> None:
    """Never again."""
    await db.statement("UPDATE grade_preview SET is_applied = true WHERE id = $1", preview_id)


async def changes_of(job_id: int) -> list[RowChange]:
    """What a job has written, or what was written of its preview; in the order of the sheet where it is known."""
    found = await db.fetch(
        "WITH shown AS MATERIALIZED (SELECT w.* FROM grade_preview v CROSS JOIN jsonb_to_recordset(v.changes)"
        '  AS w ("row" int, account_id bigint) WHERE v.job_id = $1)'
        ' SELECT COALESCE(w."row", 0) AS "row", p.uuid AS user_id, p.name, c.before, c.after, c.feedback_before,'
        " c.feedback_after FROM grade_change c JOIN grade g ON g.id = c.grade_id JOIN account p ON p.id = g.account_id"
        " LEFT JOIN shown w ON w.account_id = g.account_id WHERE c.job_id = $1 ORDER BY 1, c.id",
        job_id,
    )
    return [
        RowChange(
            row=row["row"],
            user_id=row["user_id"],
            name=row["name"],
            old_grade=reports.number(row["before"]),
            new_grade=float(row["after"]),
            old_feedback=reports.shown(row["feedback_before"]),
            new_feedback=reports.shown(row["feedback_after"]),
        )
        for row in found
    ]
