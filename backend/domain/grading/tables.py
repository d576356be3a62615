"""What is kept about results and grades."""

from piccolo.columns import (
    JSONB,
    BigInt,
    BigSerial,
    Boolean,
    ForeignKey,
    Integer,
    Numeric,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.assessments.tables import Question
from backend.domain.assignments.tables import Assignment
from backend.domain.attempts.tables import Attempt
from backend.domain.grading.terms import GradeSource


class Result(Table, tablename="result"):
    """The outcome of an attempt; one per attempt. `score_percent` has two decimals.

    `key_version` is that of the keys it was made with. Shape: marks: [{q: question id, p: points, m: of so many,
    f: fraction, v: verdict}] in the attempt's order; None for results of before there were marks.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    attempt_id = ForeignKey(Attempt, on_delete=OnDelete.restrict, null=False, unique=True)
    total_questions = Integer()
    correct_answers = Integer()
    wrong_answers = Integer()
    points = Numeric(digits=(10, 2))
    max_points = Numeric(digits=(10, 2))
    score_percent = Numeric(digits=(5, 2))
    key_version = Integer(default=1)
    marks = JSONB(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class HandMark(Table, tablename="hand_mark"):
    """Points that a person gave for one answer: append-only, the last row of an answer stands.

    Shape: levels: [uuid of the level chosen for each criterion of the rubric], None without a rubric.
    """

    id = BigSerial(primary_key=True, index=False)
    attempt_id = ForeignKey(Attempt, on_delete=OnDelete.restrict, null=False)
    question_id = ForeignKey(Question, on_delete=OnDelete.restrict, null=False)
    points = Numeric(digits=(10, 4))
    levels = JSONB(null=True, default=None)
    feedback = Text(default="")
    marked_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class Grade(Table, tablename="grade"):
    """A grade for a person's work on an assignment, 0 to 100 with two decimals; unique on assignment and person.

    There may be one although nothing was handed in. `grade` is None where an import was undone that gave the first:
    nothing is graded then. `version` counts changes, for the guard against stale sheets.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assignment_id = ForeignKey(Assignment, on_delete=OnDelete.restrict, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    grade = Numeric(digits=(5, 2), null=True, default=None)
    feedback = Text(default="")
    graded_by = BigInt()
    version = Integer(default=1)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class GradeChange(Table, tablename="grade_change"):
    """One change of a grade: append-only. `job_id` names the import it came with, or the one it undoes."""

    id = BigSerial(primary_key=True, index=False)
    grade_id = ForeignKey(Grade, on_delete=OnDelete.restrict, null=False)
    before = Numeric(digits=(5, 2), null=True, default=None)
    after = Numeric(digits=(5, 2), null=True, default=None)
    feedback_before = Text(null=True, default=None)
    feedback_after = Text(default="")
    source = Varchar(length=16, choices=GradeSource)
    actor_id = BigInt(null=True, default=None)
    job_id = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class GradePreview(Table, tablename="grade_preview"):
    """What an import would change, exactly as it was shown; applied at most once. No record: it goes after 30 days.

    A sheet of a whole batch has one for each of its assignments; unique per job and assignment.

    Shape: changes: [{row, account_id, user_id, version, grade, feedback}] with `version` 0 where there was no grade.
    """

    id = BigSerial(primary_key=True, index=False)
    job_id = BigInt()
    assignment_id = ForeignKey(Assignment, on_delete=OnDelete.cascade, null=False)
    sha256 = Varchar(length=64)
    changes = JSONB()
    is_applied = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())
