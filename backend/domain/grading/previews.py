"""Previews of sheets: kept by the dry run, committed at most once. And what a job has written, from the history."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.core import db
from backend.domain.grading import reports
from backend.domain.grading.reports import RowChange
from backend.domain.grading.roster import Roster

KEPT_DAYS = 30


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """One grade as a preview would write it. `version` is the one it was shown against, 0 for no grade."""

    row: int
    account_id: int
    user_id: UUID
    version: int
    grade: Decimal
    feedback: str

    def stale(self, people: Roster) -> dict[str, object] | None:
        """What is said of the row if the grade has changed since, or the person has left; else None."""
        now = people.current.get(self.user_id)
        if now is not None and now.version == self.version:
            return None
        return {
            "row": self.row,
            "user_id": str(self.user_id),
            "name": people.names.get(self.user_id, ""),
            "grade_now": reports.number(now.grade) if now else None,
            "new_grade": float(self.grade),
            "is_enrolled": now is not None,
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


async def rows(job_id: int) -> list[PreviewRow]:
    """What a job's preview would write, in the order of the sheet; nothing where there is none."""
    found = await db.value("SELECT changes::text FROM grade_preview WHERE job_id = $1", job_id)
    shown = msgspec.json.decode(found, type=list[PreviewRow]) if found else []
    return sorted(shown, key=lambda change: change.row)


async def mark_applied(preview_id: int) -> None:
    """Never again."""
    await db.statement("UPDATE grade_preview SET is_applied = true WHERE id = $1", preview_id)


async def purge(most: int) -> int:
    """Delete previews whose job is as old as jobs get, up to `most`; says how many."""
    return await db.statement(
        "DELETE FROM grade_preview WHERE id IN (SELECT id FROM grade_preview"
        " WHERE created_at < now() - make_interval(days => $1) LIMIT $2)",
        KEPT_DAYS,
        most,
    )


async def changes_of(job_id: int) -> list[RowChange]:
    """What a job has written, or what was written of its preview; in the order of the sheet where it is known.

    The two are put together here: joined in SQL, lists of unknown length make a loop in a loop.
    """
    found = await db.fetch(
        "SELECT g.account_id, p.uuid, p.name, c.before, c.after, c.feedback_before, c.feedback_after"
        " FROM grade_change c JOIN grade g ON g.id = c.grade_id JOIN account p ON p.id = g.account_id"
        " WHERE c.job_id = $1 ORDER BY c.id",
        job_id,
    )
    places = {shown.account_id: shown.row for shown in await rows(job_id)}
    changes = [
        RowChange(
            row=places.get(row["account_id"], 0),
            user_id=row["uuid"],
            name=row["name"],
            old_grade=reports.number(row["before"]),
            new_grade=float(row["after"]),
            old_feedback=reports.shown(row["feedback_before"]),
            new_feedback=reports.shown(row["feedback_after"]),
        )
        for row in found
    ]
    return sorted(changes, key=lambda change: change.row)
