"""What is kept about assessments. Sections have questions in order, questions have options in order."""

from decimal import Decimal

from piccolo.columns import (
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
from backend.domain.assessments.terms import QuestionKind, QuizType
from backend.domain.batches.tables import Meeting


class Assessment(Table, tablename="assessment"):
    """Something to be taken. `duration_s` is the time allowed; `max_attempts` 0 means unlimited.

    `key_version` rises whenever what is right, or what it is worth, changes. `taken_at` is when it was first taken:
    from then on its questions stay as they are.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    meeting_id = ForeignKey(Meeting, on_delete=OnDelete.restrict, null=True, default=None)
    title = Varchar(length=255)
    description = Text(null=True, default=None)
    quiz_type = Varchar(length=16, choices=QuizType)
    is_open = Boolean(default=False)
    opens_at = Timestamptz(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    duration_s = Integer()
    max_attempts = Integer(default=1)
    key_version = Integer(default=1)
    taken_at = Timestamptz(null=True, default=None)
    created_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Section(Table, tablename="section"):
    """A part of an assessment; unique on assessment and position. A quiz has one."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.cascade, null=False)
    position = Integer(default=1)
    title = Varchar(length=255, default="")


class Question(Table, tablename="question"):
    """A question; `position` counts from 1 within its section."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.cascade, null=False)
    section_id = ForeignKey(Section, on_delete=OnDelete.cascade, null=False)
    position = Integer()
    kind = Varchar(length=20, choices=QuestionKind)
    text = Text()
    explanation = Text(null=True, default=None)
    points = Numeric(digits=(8, 2), default=Decimal(1))
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Option(Table, tablename="option"):
    """A possible answer; `position` counts from 1 within its question."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    question_id = ForeignKey(Question, on_delete=OnDelete.cascade, null=False)
    position = Integer()
    text = Text()
    is_correct = Boolean(default=False)
