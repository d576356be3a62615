"""What a sheet did or would do, as its job tells it. Plain values; the words are the dialect's."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec

from backend.domain.grading.sheet_judgement import Change, Judgement
from backend.domain.grading.sheet_values import Problem, Task

LISTED_MAX = 5_000
FEEDBACK_SHOWN = 300


class RowChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One student's old and new grade. `row` counts from 1 as in the sheet; the assignment is named for a batch's."""

    row: int
    user_id: UUID
    name: str
    old_grade: float | None
    new_grade: float
    old_feedback: str | None
    new_feedback: str | None
    assignment_id: UUID | None = None
    assignment: str = ""


class SheetReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet did, or, of a dry run, would do. Every row is counted once.

    `stale` are rows whose grade has changed since the sheet was written. The lists hold the first LISTED_MAX, and
    the first 300 characters of a feedback; the counts are of all.
    """

    dry_run: bool = False
    applied: int = 0
    unchanged: int = 0
    blank: int = 0
    stale: int = 0
    problems: int = 0
    changes: Sequence[RowChange] = ()
    stale_rows: Sequence[RowChange] = ()
    problem_rows: Sequence[Problem] = ()


def report(
    found: Judgement, names: Mapping[UUID, str], tasks: Mapping[str, Task] | None = None, *, dry_run: bool = False
) -> SheetReport:
    """A judgement as a report; `tasks` are the assignments of a batch's sheet by their codes.

    When problems keep everything back, nothing counts as applied.
    """
    return SheetReport(
        dry_run=dry_run,
        applied=len(found.changes),
        unchanged=found.unchanged,
        blank=found.blank,
        stale=len(found.stale),
        problems=found.problem_count,
        changes=_listed(found.changes, names, tasks or {}),
        stale_rows=_listed(found.stale, names, tasks or {}),
        problem_rows=found.problems,
    )


def refused(told: SheetReport) -> dict[str, object]:
    """A report of a sheet that was not taken at all, as the data of an error."""
    nothing = msgspec.structs.replace(told, applied=0)
    return {name: getattr(nothing, name) for name in nothing.__struct_fields__}


def shown(text: str | None) -> str | None:
    """A feedback as a report shows it."""
    return text[:FEEDBACK_SHOWN] if text else None


def number(grade: Decimal | None) -> float | None:
    """A grade as a report shows it."""
    return None if grade is None else float(grade)


def _listed(changes: Iterable[Change], names: Mapping[UUID, str], tasks: Mapping[str, Task]) -> list[RowChange]:
    return [
        RowChange(
            row=change.row,
            user_id=change.user,
            name=names.get(change.user, ""),
            old_grade=number(change.old_grade),
            new_grade=float(change.new_grade or 0),
            old_feedback=shown(change.old_feedback),
            new_feedback=shown(change.new_feedback),
            assignment_id=tasks[change.task].uuid if change.task else None,
            assignment=tasks[change.task].title if change.task else "",
        )
        for change, _ in zip(changes, range(LISTED_MAX), strict=False)
    ]
