"""What is kept about batches."""

from piccolo.columns import (
    BigInt,
    BigSerial,
    Boolean,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Time,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.accounts.terms import GroupType
from backend.domain.batches.terms import CourseType, Day, MaterialKind, MeetingKind
from backend.domain.courses.tables import Course
from backend.domain.files.tables import File


class Batch(Table, tablename="batch"):
    """A cohort of a course. `seats_taken` counts enrolled people and open purchases, and never passes `quota`.

    `code` and `slug` never change. `start_time` and `end_time` are clock times in the school's zone. `post_start_at`
    and `post_end_at` are when what follows the classes (a last test) may be done: both, or neither.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    code = Varchar(length=24, unique=True)
    slug = Varchar(length=200, unique=True)
    course_id = ForeignKey(Course, on_delete=OnDelete.restrict, null=False)
    title = Varchar(length=255)
    description = Text(null=True, default=None)
    batch_thumbnail = Varchar(length=500, null=True, default=None)
    start_at = Timestamptz()
    end_at = Timestamptz()
    registration_start_at = Timestamptz()
    registration_end_at = Timestamptz()
    start_time = Time()
    end_time = Time()
    room = Varchar(length=255)
    quota = Integer()
    seats_taken = Integer(default=0)
    course_type = Varchar(length=16, choices=CourseType)
    gate = Boolean(default=True)
    certificate_after_h = Integer(default=24)
    auto_issue = Boolean(default=False)
    language = Varchar(length=16, default="id")
    duration_h = DoublePrecision(null=True, default=None)
    post_start_at = Timestamptz(null=True, default=None)
    post_end_at = Timestamptz(null=True, default=None)
    platform = Varchar(length=255, default="")
    note = Text(default="")
    additional_info = Text(default="")
    has_reminders = Boolean(default=False)
    created_by = BigInt(null=True, default=None)
    archived_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class BatchDay(Table, tablename="batch_day"):
    """A day of the week on which a batch meets; unique per batch."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    batch_id = ForeignKey(Batch, on_delete=OnDelete.cascade, null=False)
    day = Varchar(length=16, choices=Day)


class BatchGroup(Table, tablename="batch_group"):
    """A group that may buy a batch; unique per batch."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    batch_id = ForeignKey(Batch, on_delete=OnDelete.cascade, null=False)
    group_type = Varchar(length=16, choices=GroupType)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class CustomField(Table, tablename="custom_field"):
    """Something that a school notes of its batches, beyond what every school does; `name` is unique."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    name = Varchar(length=100, unique=True)
    created_at = Timestamptz(default=TimestamptzNow())


class BatchField(Table, tablename="batch_field"):
    """What a custom field says of a batch; unique per batch and field."""

    id = BigSerial(primary_key=True, index=False)
    batch_id = ForeignKey(Batch, on_delete=OnDelete.cascade, null=False)
    field_id = ForeignKey(CustomField, on_delete=OnDelete.restrict, null=False)
    value = Text()


class BatchRequirement(Table, tablename="batch_requirement"):
    """A course that one should have done before a batch; unique per batch and course. Shown, and not enforced."""

    id = BigSerial(primary_key=True, index=False)
    batch_id = ForeignKey(Batch, on_delete=OnDelete.cascade, null=False)
    course_id = ForeignKey(Course, on_delete=OnDelete.cascade, null=False)


class Meeting(Table, tablename="meeting"):
    """One class of a batch.

    With `self_check_in` students note their own presence from its start for `check_in_min` minutes, or else to its
    end; after `late_after_min` they are late.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    batch_id = ForeignKey(Batch, on_delete=OnDelete.restrict, null=False)
    title = Varchar(length=255)
    description = Text(default="")
    kind = Varchar(length=16, choices=MeetingKind)
    start_at = Timestamptz()
    end_at = Timestamptz()
    is_open = Boolean(default=False)
    room = Varchar(length=255, null=True, default=None)
    join_url = Varchar(length=500, null=True, default=None)
    self_check_in = Boolean(default=False)
    late_after_min = Integer(null=True, default=None)
    check_in_min = Integer(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class MeetingTeacher(Table, tablename="meeting_teacher"):
    """Who teaches a meeting; unique per meeting and person."""

    id = BigSerial(primary_key=True, index=False)
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.cascade, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    created_at = Timestamptz(default=TimestamptzNow())


class Material(Table, tablename="material"):
    """Something to read, hear or watch: an address elsewhere (`url`) or a file of ours (`file_id`)."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.restrict, null=False)
    title = Varchar(length=255)
    description = Text(null=True, default=None)
    kind = Varchar(length=16, choices=MaterialKind)
    url = Varchar(length=1000, null=True, default=None)
    file_id = ForeignKey(File, on_delete=OnDelete.restrict, null=True, default=None)
    created_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
