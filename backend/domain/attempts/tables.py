"""What is kept about attempts."""

from piccolo.columns import BigInt, BigSerial, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from backend.core.columns import row_uuid
from backend.domain.accounts.tables import Account
from backend.domain.assessments.tables import Assessment, Option, Question
from backend.domain.attempts.terms import AttemptState, ClosedBy
from backend.domain.enrolments.tables import Enrolment


class Attempt(Table, tablename="attempt"):
    """One go. At most one open per person and assessment; `attempt_no` counts from 1.

    `deadline_at` is stored and already contains `extra_s`; answers are taken until five seconds after it.
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
    key_version = Integer(default=1)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class Answer(Table, tablename="answer"):
    """The answer that stands; unique on attempt and question."""

    id = BigSerial(primary_key=True, index=False)
    uuid = row_uuid()
    attempt_id = ForeignKey(Attempt, on_delete=OnDelete.restrict, null=False)
    question_id = ForeignKey(Question, on_delete=OnDelete.restrict, null=False)
    option_id = ForeignKey(Option, on_delete=OnDelete.restrict, null=False)
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())


class AnswerLog(Table, tablename="answer_log"):
    """Every answer that was taken, with the server's time: append-only, a trigger refuses changes."""

    id = BigSerial(primary_key=True, index=False)
    attempt_id = BigInt()
    question_id = BigInt()
    option_id = BigInt()
    session_id = BigInt(null=True, default=None)
    saved_at = Timestamptz(default=TimestamptzNow())
