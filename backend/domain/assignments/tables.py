"""What is kept about assignments and submissions."""

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.assignments.terms import AssignmentType
from backend.domain.batches.tables import Meeting
from backend.domain.enrolments.tables import Enrolment


class Assignment(Table, tablename="assignment"):
    """A task of a meeting."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.restrict, null=False)
    teacher_id = BigInt(null=True, default=None)
    title = Varchar(length=255)
    description = Text(null=True, default=None)
    kind = Varchar(length=16, choices=AssignmentType)
    start_at = Timestamptz()
    end_at = Timestamptz()
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class AssignmentFile(Table, tablename="assignment_file"):
    """A file of an assignment, by its address."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assignment_id = ForeignKey(Assignment, on_delete=OnDelete.cascade, null=False)
    file_url = Varchar(length=500)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Submission(Table, tablename="submission"):
    """What a person handed in; unique on assignment and person."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assignment_id = ForeignKey(Assignment, on_delete=OnDelete.restrict, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    enrolment_id = ForeignKey(Enrolment, on_delete=OnDelete.restrict, null=False)
    note = Text(null=True, default=None)
    essay_text = Text(null=True, default=None)
    is_late = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class SubmissionFile(Table, tablename="submission_file"):
    """A file of a submission, by its address."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    submission_id = ForeignKey(Submission, on_delete=OnDelete.cascade, null=False)
    file_url = Varchar(length=500)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
