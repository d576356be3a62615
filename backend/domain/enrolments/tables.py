"""What is kept about enrolments, activities, completions and attendance."""

from piccolo.columns import BigInt, BigSerial, Boolean, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.batches.tables import Batch, Meeting
from backend.domain.enrolments.terms import ActivityKind, EnrolmentState


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
    """Something of a meeting that counts to progress; `item_id` is the row in the feature that owns it."""

    id = BigSerial(primary_key=True, index=False)
    batch_id = ForeignKey(Batch, on_delete=OnDelete.cascade, null=False)
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.cascade, null=False)
    kind = Varchar(length=16, choices=ActivityKind)
    item_id = BigInt()
    title = Varchar(length=255)
    created_at = Timestamptz(default=TimestamptzNow())


class Completion(Table, tablename="completion"):
    """A person has done an activity; unique per enrolment and activity."""

    id = BigSerial(primary_key=True, index=False)
    enrolment_id = ForeignKey(Enrolment, on_delete=OnDelete.restrict, null=False)
    activity_id = ForeignKey(Activity, on_delete=OnDelete.cascade, null=False)
    created_at = Timestamptz(default=TimestamptzNow())


class Attendance(Table, tablename="attendance"):
    """Whether a person was at a meeting; unique per meeting and person."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.restrict, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    is_present = Boolean(default=False)
    note = Text(null=True, default=None)
    updated_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
