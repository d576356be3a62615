"""What is kept about attempts."""

from decimal import Decimal

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
from backend.domain.assessments.tables import Assessment, Option, Question
from backend.domain.attempts.terms import AttemptState, ClosedBy, Refusal
from backend.domain.enrolments.tables import Enrolment


class Attempt(Table, tablename="attempt"):
    """One go. At most one open per person and assessment; `attempt_no` counts from 1.

    `deadline_at` is stored and already contains `extra_s`; answers are taken until `grace_s` after it. `seed` mixes
    what is mixed (0: nothing is); `question_ids` are its questions in order, None: all of the assessment, as they
    stand there. Where they come one after the other, `reached` is the place of the one that is to be answered, from 1.
    `closed_by_id` is who of the staff closed it.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.restrict, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    enrolment_id = ForeignKey(Enrolment, on_delete=OnDelete.restrict, null=True, default=None)
    attempt_no = Integer()
    state = Varchar(length=16, choices=AttemptState, default=AttemptState.OPEN)
    started_at = Timestamptz(default=TimestamptzNow())
    deadline_at = Timestamptz()
    extra_s = Integer(default=0)
    submitted_at = Timestamptz(null=True, default=None)
    closed_by = Varchar(length=16, choices=ClosedBy, null=True, default=None)
    closed_by_id = BigInt(null=True, default=None)
    key_version = Integer(default=1)
    seed = BigInt(default=0)
    question_ids = Array(base_column=BigInt(), null=True, default=None)
    is_sequential = Boolean(default=False)
    reached = Integer(default=1)
    grace_s = Integer(default=5)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Answer(Table, tablename="answer"):
    """The answer that stands; unique on attempt and question. Either one option, or a `value` (`answers`)."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    attempt_id = ForeignKey(Attempt, on_delete=OnDelete.restrict, null=False)
    question_id = ForeignKey(Question, on_delete=OnDelete.restrict, null=False)
    option_id = ForeignKey(Option, on_delete=OnDelete.restrict, null=True, default=None)
    value = JSONB(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class AnswerLog(Table, tablename="answer_log"):
    """Every answer that was taken, with the server's time: append-only, a trigger refuses changes.

    `refusal` is None for those; answers that came too late are noted, too, up to a hundred for each attempt. A row
    with neither answer nor refusal: the question was left for the next one. A JSON null: the answer was taken back.
    """

    id = BigSerial(primary_key=True, index=False)
    attempt_id = BigInt()
    question_id = BigInt()
    option_id = BigInt(null=True, default=None)
    value = JSONB(null=True, default=None)
    session_id = BigInt(null=True, default=None)
    saved_at = Timestamptz(default=TimestamptzNow())
    refusal = Varchar(length=16, choices=Refusal, null=True, default=None)


class AttemptTime(Table, tablename="attempt_time"):
    """Each time a running attempt was given another deadline: append-only, a trigger refuses changes."""

    id = BigSerial(primary_key=True, index=False)
    attempt_id = BigInt()
    deadline_before = Timestamptz()
    deadline_after = Timestamptz()
    changed_by = BigInt(null=True, default=None)
    changed_at = Timestamptz(default=TimestamptzNow())


class QuizOverride(Table, tablename="quiz_override"):
    """What one person is granted at one quiz; unique on both.

    The time allowed is the quiz's times `time_factor`, plus `extra_s`; it also outlasts the end by what it is longer.
    """

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    assessment_id = ForeignKey(Assessment, on_delete=OnDelete.cascade, null=False)
    account_id = ForeignKey(Account, on_delete=OnDelete.restrict, null=False)
    extra_s = Integer(default=0)
    time_factor = Numeric(digits=(4, 2), default=Decimal(1))
    extra_attempts = Integer(default=0)
    opens_at = Timestamptz(null=True, default=None)
    closes_at = Timestamptz(null=True, default=None)
    note = Text(default="")
    created_by = BigInt(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())
