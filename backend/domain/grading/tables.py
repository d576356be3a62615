"""What is kept about results and grades."""

from piccolo.columns import (
    JSONB,
    Array,
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
from backend.domain.assessments.tables import Assessment, Question
from backend.domain.assignments.tables import Assignment
from backend.domain.attempts.tables import Attempt
from backend.domain.grading.terms import AnalysedAttempts, GradeSource, RegradePolicy, RegradeState


class Result(Table, tablename="result"):
    """The outcome of an attempt; one per attempt. `score_percent` has two decimals.

    `key_version` is that of the keys it was made with. Shape: marks: [{q: question id, p: points, m: of so many,
    f: fraction, v: verdict}] in the attempt's order; None for results of before there were marks. `revision` rises
    with every change of the row, by a trigger.
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
    revision = Integer(default=1)
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


class Regrade(Table, tablename="regrade"):
    """Attempts of a quiz held against its keys of one version; at most one is ordered per quiz at a time.

    `question_ids` are those whose keys were mended. `report` is what was shown, and done. `certificates` are those
    whose holders have lost the pass mark by it. One that is applied stays as it is.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.restrict, null=False)
    key_version = Integer()
    policy = Varchar(length=16, choices=RegradePolicy)
    state = Varchar(length=16, choices=RegradeState)
    question_ids = Array(base_column=BigInt())
    reason = Text(default="")
    asked_by = BigInt(null=True, default=None)
    job_id = BigInt(null=True, default=None)
    report = JSONB(null=True, default=None)
    certificates = JSONB(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    applied_at = Timestamptz(null=True, default=None)


class RegradeEntry(Table, tablename="regrade_entry"):
    """One result in a regrade, before and after; unique on both. Of an applied regrade rows are never changed.

    `revision` is that of the result which was looked at. Shape: marks_…: as in results, of the questions that differ;
    `marks_before` None where the result had none, then `marks_after` are all.
    """

    id = BigSerial(primary_key=True, index=False)
    regrade_id = ForeignKey(Regrade, on_delete=OnDelete.cascade, null=False)
    attempt_id = ForeignKey(Attempt, on_delete=OnDelete.restrict, null=False)
    revision = Integer()
    is_changed = Boolean(default=False)
    version_before = Integer()
    correct_before = Integer()
    correct_after = Integer()
    points_before = Numeric(digits=(10, 2))
    points_after = Numeric(digits=(10, 2))
    max_before = Numeric(digits=(10, 2))
    max_after = Numeric(digits=(10, 2))
    percent_before = Numeric(digits=(5, 2))
    percent_after = Numeric(digits=(5, 2))
    marks_before = JSONB(null=True, default=None)
    marks_after = JSONB(null=True, default=None)


class ItemAnalysis(Table, tablename="item_analysis"):
    """The statistics of a quiz and its questions; the last one per quiz and choice of attempts.

    `stamp` names what they were made of: it is another one as soon as a result or a key is.
    """

    id = BigSerial(primary_key=True, index=False)
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.cascade, null=False)
    attempts = Varchar(length=16, choices=AnalysedAttempts)
    stamp = Varchar(length=120)
    found = JSONB()
    created_at = Timestamptz(default=TimestamptzNow())
