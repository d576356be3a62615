"""What is kept about enrolments, activities, completions and attendance."""

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.batches.tables import Batch, Meeting
from backend.domain.enrolments.terms import ActivityKind, AttendanceStatus, EnrolmentState, MarkSource


class Enrolment(Table, tablename="enrolment"):
    """A person in a batch; unique per person and batch."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    batch_id = ForeignKey(Batch, on_delete=OnDelete.restrict, null=False)
    state = Varchar(length=16, choices=EnrolmentState, default=EnrolmentState.ACTIVE)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Activity(Table, tablename="activity"):
    """Something of a meeting that counts to progress; `item_id` is the row in the feature that owns it.

    `must_pass`: doing it is not enough, which who is missing it is told.
    """

    id = BigSerial(primary_key=True, index=False)
    batch_id = ForeignKey(Batch, on_delete=OnDelete.cascade, null=False)
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.cascade, null=False)
    kind = Varchar(length=16, choices=ActivityKind)
    item_id = BigInt()
    title = Varchar(length=255)
    must_pass = Boolean(default=False)
    created_at = Timestamptz(default=TimestamptzNow())


class Completion(Table, tablename="completion"):
    """A person has done an activity; unique per enrolment and activity."""

    id = BigSerial(primary_key=True, index=False)
    enrolment_id = ForeignKey(Enrolment, on_delete=OnDelete.restrict, null=False)
    activity_id = ForeignKey(Activity, on_delete=OnDelete.cascade, null=False)
    created_at = Timestamptz(default=TimestamptzNow())


class Attendance(Table, tablename="attendance"):
    """Whether a person was at a meeting; unique per meeting and person.

    `special` is what the boolean cannot say: late, or excused. `status` is made of both by Postgres, and only read.
    `checked_in_at` is when the person noted their own presence.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.restrict, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    is_present = Boolean(default=False)
    special = Varchar(length=16, null=True, default=None)
    status = Varchar(length=16, choices=AttendanceStatus)
    note = Text(null=True, default=None)
    checked_in_at = Timestamptz(null=True, default=None)
    updated_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class AttendanceChange(Table, tablename="attendance_change"):
    """One change of a mark: append-only. `before` is None for the first."""

    id = BigSerial(primary_key=True, index=False)
    attendance_id = ForeignKey(Attendance, on_delete=OnDelete.restrict, null=False)
    before = Varchar(length=16, null=True, default=None, choices=AttendanceStatus)
    after = Varchar(length=16, choices=AttendanceStatus)
    note_before = Text(null=True, default=None)
    note_after = Text(null=True, default=None)
    source = Varchar(length=16, choices=MarkSource)
    actor_id = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class GateExcuse(Table, tablename="gate_excuse"):
    """The gate does not ask a student for what an excuse names: one activity, or without one all of a meeting.

    Revoking keeps the row; one stands at a time per enrolment, meeting and activity.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    enrolment_id = ForeignKey(Enrolment, on_delete=OnDelete.restrict, null=False)
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.cascade, null=False)
    activity_id = ForeignKey(Activity, on_delete=OnDelete.cascade, null=True, default=None)
    reason = Text(default="")
    granted_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    revoked_by = BigInt(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
