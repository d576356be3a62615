"""What is kept about assessments. Sections have questions in order, questions have options in order."""

from decimal import Decimal

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
from backend.domain.assessments.terms import Counts, QuestionKind, QuizType, Shown, TextFormat
from backend.domain.batches.tables import Meeting


class Assessment(Table, tablename="assessment"):
    """Something to be taken. `duration_s` is the time allowed; `max_attempts` 0 means unlimited.

    `key_version` rises whenever what is right, or what it is worth, changes. `taken_at` is when it was first taken:
    from then on its questions stay as they are, and only their keys change. `show_…` say from when on a student sees
    that of an attempt which is over; `must_pass`: it is done only with the pass mark; `shows_answered`: who cannot go
    back still sees what they have left behind.
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
    shuffles_questions = Boolean(default=False)
    shuffles_options = Boolean(default=False)
    is_sequential = Boolean(default=False)
    shows_answered = Boolean(default=False)
    pause_s = Integer(default=0)
    grace_s = Integer(default=5)
    counts = Varchar(length=16, choices=Counts, default=Counts.BEST)
    pass_percent = Numeric(digits=(5, 2), null=True, default=None)
    must_pass = Boolean(default=False)
    show_score = Varchar(length=16, choices=Shown, default=Shown.AFTER_SUBMIT)
    show_answers = Varchar(length=16, choices=Shown, default=Shown.AFTER_SUBMIT)
    show_verdicts = Varchar(length=16, choices=Shown, default=Shown.NEVER)
    show_points = Varchar(length=16, choices=Shown, default=Shown.NEVER)
    show_key = Varchar(length=16, choices=Shown, default=Shown.NEVER)
    show_feedback = Varchar(length=16, choices=Shown, default=Shown.NEVER)
    key_version = Integer(default=1)
    taken_at = Timestamptz(null=True, default=None)
    created_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Section(Table, tablename="section"):
    """A part of an assessment; unique on assessment and position. A quiz has at least one.

    `draw`: each attempt gets so many of its questions, drawn by lot; None: all.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.cascade, null=False)
    position = Integer(default=1)
    title = Varchar(length=255, default="")
    draw = Integer(null=True, default=None)


class Question(Table, tablename="question"):
    """A question; `position` counts from 1 within its section. `key` has all its parts and what is right (`keys`).

    `key_version`: the version of its assessment's keys with which the key, or what it is worth, came to be as it is.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.cascade, null=False)
    section_id = ForeignKey(Section, on_delete=OnDelete.cascade, null=False)
    position = Integer()
    kind = Varchar(length=20, choices=QuestionKind)
    text = Text()
    text_format = Varchar(length=16, choices=TextFormat, default=TextFormat.PLAIN)
    key = JSONB()
    key_version = Integer(default=1)
    points = Numeric(digits=(8, 2), default=Decimal(1))
    penalty = Numeric(digits=(8, 2), default=Decimal(0))
    floor = Numeric(digits=(8, 2), null=True, default=None)
    explanation = Text(null=True, default=None)
    feedback_right = Text(default="")
    feedback_wrong = Text(default="")
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Option(Table, tablename="option"):
    """The row of a possible answer, by which an answer names it; all else of it stands in the question's key."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    question_id = ForeignKey(Question, on_delete=OnDelete.cascade, null=False)


class QuestionFile(Table, tablename="question_file"):
    """A file of questions that was sent, kept in storage as long as this row. `job_id` is None until it has all come.

    `questions` are those of a preview, shown against `key_version`; they go after 30 days. `applied_at` is when they
    came into the quiz, and `imported` how many.
    """

    id = BigSerial(primary_key=True, index=False)
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.cascade, null=False)
    object_key = Varchar(length=100, unique=True)
    format = Varchar(length=16)
    mode = Varchar(length=16, default="replace")
    sha256 = Varchar(length=64, default="")
    job_id = BigInt(null=True, default=None, unique=True)
    questions = JSONB(null=True, default=None)
    key_version = Integer(null=True, default=None)
    imported = Integer(null=True, default=None)
    replaced = Integer(null=True, default=None)
    applied_at = Timestamptz(null=True, default=None)
    created_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class QuestionKey(Table, tablename="question_key"):
    """A key of a question as it was from a version of the assessment's keys on; unique on question and version.

    Rows are never changed. What was right at version v is the row with the highest version up to v.
    """

    id = BigSerial(primary_key=True, index=False)
    question_id = ForeignKey(Question, on_delete=OnDelete.cascade, null=False)
    version = Integer()
    key = JSONB()
    points = Numeric(digits=(8, 2))
    penalty = Numeric(digits=(8, 2), default=Decimal(0))
    floor = Numeric(digits=(8, 2), null=True, default=None)
    explanation = Text(null=True, default=None)
    feedback_right = Text(default="")
    feedback_wrong = Text(default="")
    changed_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
