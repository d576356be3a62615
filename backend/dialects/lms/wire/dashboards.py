"""Dashboards on the wire. Source: contract 2.19; `room` and `join_url` fill `location` and `meeting_link`."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from backend.core.errors import Invalid
from backend.dialects.lms.wire.activities import ActivityOut
from backend.domain.certificates.terms import Outcome
from backend.domain.dashboards.admin_queries import (
    CertificateStats,
    CheckView,
    RevenueDay,
    RunningBatch,
    SummaryView,
    TeacherLoad,
    WaitingPayment,
)
from backend.domain.dashboards.people_queries import (
    ComingMeeting,
    MeetingScore,
    ScoreProgress,
    StudentView,
    TeacherView,
)
from backend.domain.enrolments.terms import ActivityKind
from backend.domain.purchases.terms import PaymentState


class PeriodUnknown(Invalid):
    """The period is none of the three."""

    code = "lms.period"


class BatchSlugMissing(Invalid):
    """Nobody said which batch."""

    code = "lms.batch_slug_missing"


class Period(StrEnum):
    """How far back a panel looks: so many days of the school, today among them."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def days(self) -> int:
        """How many."""
        return int(self[:-1])

    @classmethod
    def of(cls, text: str) -> "Period":
        """The period that is meant. Raises: PeriodUnknown."""
        try:
            return cls(text)
        except ValueError:
            raise PeriodUnknown from None


class Load(StrEnum):
    """How far back the workload of teachers looks."""

    WEEK = "week"
    MONTH = "month"

    @property
    def days(self) -> int:
        """How many."""
        return 30 if self is Load.MONTH else 7

    @classmethod
    def of(cls, text: str) -> "Load":
        """The period that is meant; whatever is none is a week."""
        return cls.MONTH if text == cls.MONTH else cls.WEEK


class SummaryOut(msgspec.Struct):
    """The school in numbers. Revenue is in rupiah, the completion rate in percent."""

    total_revenue: int
    active_participants: int
    active_batches: int
    new_purchases: int
    completion_rate: float
    total_certificates: int
    period: Period

    @classmethod
    def of(cls, view: SummaryView, period: Period) -> "SummaryOut":
        """As the contract shows it."""
        return cls(
            view.total_revenue,
            view.active_participants,
            view.active_batches,
            view.new_purchases,
            float(view.completion_rate),
            view.total_certificates,
            period,
        )


class RevenueDayOut(msgspec.Struct):
    """A day of the school, and what was paid on it."""

    date: date
    revenue: int


class RevenueOut(msgspec.Struct):
    """What was paid on each day."""

    period: Period
    data: list[RevenueDayOut]

    @classmethod
    def of(cls, days: list[RevenueDay], period: Period) -> "RevenueOut":
        """As the contract shows it."""
        return cls(period, [RevenueDayOut(day.date, day.revenue) for day in days])


class PendingPaymentOut(msgspec.Struct):
    """A payment to look at; `amount` is the price, `transfer_amount` what was to be transferred."""

    purchase_id: UUID
    invoice_number: int
    user_name: str
    user_email: str
    batch_slug: str
    batch_title: str
    amount: int
    payment_status: PaymentState
    payment_proof: str | None
    transfer_amount: int
    bank_account_name: str | None
    bank_account_number: str | None
    created_at: datetime

    @classmethod
    def of(cls, view: WaitingPayment) -> "PendingPaymentOut":
        """As the contract shows it."""
        return cls(*msgspec.structs.astuple(view))


class PendingPaymentsOut(msgspec.Struct):
    """Payments to look at, and how many there are in all."""

    total: int
    data: list[PendingPaymentOut]


class BatchProgressOut(msgspec.Struct):
    """A batch that is being held."""

    batch_slug: str
    batch_title: str
    course_title: str
    quota: int
    enrolled: int
    avg_progress: float
    next_activity_type: ActivityKind | None
    next_activity_title: str | None
    next_activity_date: datetime | None

    @classmethod
    def of(cls, view: RunningBatch) -> "BatchProgressOut":
        """As the contract shows it."""
        return cls(
            view.batch_slug,
            view.batch_title,
            view.course_title,
            view.quota,
            view.enrolled,
            float(view.avg_progress),
            view.next_kind,
            view.next_title,
            view.next_at,
        )


class BatchesProgressOut(msgspec.Struct):
    """Batches that are being held, and how many there are in all."""

    total: int
    data: list[BatchProgressOut]


class TeacherLoadOut(msgspec.Struct):
    """What a teacher has to do."""

    teacher_id: UUID
    teacher_name: str
    meeting_count: int
    total_hours: float
    pending_grading_count: int

    @classmethod
    def of(cls, view: TeacherLoad) -> "TeacherLoadOut":
        """As the contract shows it."""
        return cls(view.uuid, view.name, view.meetings, round(view.hours, 2), view.pending_grading)


class TeacherLoadsOut(msgspec.Struct):
    """The busiest teachers, and how many teach at all."""

    period: Load
    total: int
    data: list[TeacherLoadOut]


class CheckOut(msgspec.Struct, rename="camel"):
    """Somebody asked whether a certificate is genuine."""

    cert_no: str
    checked_at: datetime
    result: Outcome

    @classmethod
    def of(cls, view: CheckView) -> "CheckOut":
        """As the contract's client wants it."""
        return cls(view.number, view.checked_at, view.result)


class CertificateStatsOut(msgspec.Struct):
    """How many certificates were issued and checked."""

    period: Period
    issued_count: int
    public_verifications: int = msgspec.field(name="publicVerifications")
    latest_checks: list[CheckOut] = msgspec.field(name="latestChecks")

    @classmethod
    def of(cls, view: CertificateStats, period: Period) -> "CertificateStatsOut":
        """As the contract and its client want it."""
        return cls(period, view.issued, view.checks, [CheckOut.of(check) for check in view.latest])


class ActivitiesOut(msgspec.Struct):
    """What people did lately, and how much it was in all."""

    period: Period
    total: int
    data: list[ActivityOut]


class ScheduleOut(msgspec.Struct):
    """A meeting that has not begun."""

    meeting_id: UUID
    meeting_title: str
    batch_slug: str
    batch_title: str
    course_title: str
    start_at: datetime
    end_at: datetime
    location: str | None
    meeting_link: str | None

    @classmethod
    def of(cls, view: ComingMeeting) -> "ScheduleOut":
        """As the contract shows it."""
        return cls(*msgspec.structs.astuple(view))


class TeacherDashboardOut(msgspec.Struct):
    """What a teacher has; courses are batches taught."""

    total_courses: int
    active_courses: int
    active_students: int
    ongoing_tasks: int
    pending_grading: int
    total_upcoming: int
    upcoming_schedules: list[ScheduleOut]

    @classmethod
    def of(cls, view: TeacherView) -> "TeacherDashboardOut":
        """As the contract shows it."""
        return cls(
            view.total_courses,
            view.active_courses,
            view.active_students,
            view.ongoing_tasks,
            view.pending_grading,
            view.total_upcoming,
            [ScheduleOut.of(meeting) for meeting in view.upcoming],
        )


class StudentDashboardOut(msgspec.Struct):
    """What a student has; courses are batches they are in."""

    total_courses: int
    active_courses: int
    avg_progress: float
    total_certificates: int
    upcoming_tasks: int

    @classmethod
    def of(cls, view: StudentView) -> "StudentDashboardOut":
        """As the contract shows it."""
        return cls(
            view.total_courses,
            view.active_courses,
            float(view.avg_progress),
            view.total_certificates,
            view.upcoming_tasks,
        )


class MeetingScoreOut(msgspec.Struct):
    """What was scored in a meeting; null where nothing is."""

    meeting_id: UUID
    meeting_title: str
    meeting_date: datetime
    assignment_avg: float | None
    quiz_avg: float | None

    @classmethod
    def of(cls, view: MeetingScore) -> "MeetingScoreOut":
        """As the contract shows it."""
        assignment, quiz = (None if mean is None else float(mean) for mean in (view.assignment_avg, view.quiz_avg))
        return cls(view.uuid, view.title, view.start_at, assignment, quiz)


class ScoreProgressOut(msgspec.Struct):
    """Scores in a batch, meeting by meeting."""

    batch_slug: str
    batch_title: str
    data: list[MeetingScoreOut]

    @classmethod
    def of(cls, view: ScoreProgress) -> "ScoreProgressOut":
        """As the contract shows it."""
        return cls(view.batch_slug, view.batch_title, [MeetingScoreOut.of(meeting) for meeting in view.meetings])
