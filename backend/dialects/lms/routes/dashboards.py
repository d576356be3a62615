"""Dashboards. Source: contract section 2.19."""

from typing import Any

from litestar import Controller, Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from backend.core.actor import Actor
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, speaks_english, success
from backend.dialects.lms.paging import read_limit
from backend.dialects.lms.wire.activities import ActivityOut
from backend.dialects.lms.wire.dashboards import (
    ActivitiesOut,
    BatchesProgressOut,
    BatchProgressOut,
    BatchSlugMissing,
    CertificateStatsOut,
    Load,
    PendingPaymentOut,
    PendingPaymentsOut,
    Period,
    RevenueOut,
    ScoreProgressOut,
    StudentDashboardOut,
    SummaryOut,
    TeacherDashboardOut,
    TeacherLoadOut,
    TeacherLoadsOut,
)
from backend.domain.dashboards import activity_queries, admin_queries, people_queries


class AdminDashboard(Controller):
    """What admins see of the whole school."""

    path = "/dashboard/admin"
    opt = {"roles": auth.ADMIN}  # noqa: RUF012 - as the framework has it

    @get()
    async def summary(self, actor: NamedDependency[Actor], period: FromQuery[str] = "30d") -> Envelope[SummaryOut]:
        """Tell the school in numbers; `period` is 7d, 30d or 90d."""
        asked = Period.of(period)
        view = await admin_queries.summary(actor, asked.days)
        return success("Dashboard fetched", SummaryOut.of(view, asked))

    @get("/revenue-chart")
    async def revenue(self, actor: NamedDependency[Actor], period: FromQuery[str] = "30d") -> Envelope[RevenueOut]:
        """Tell what was paid on each day."""
        asked = Period.of(period)
        days = await admin_queries.revenue(actor, asked.days)
        return success("Revenue chart fetched", RevenueOut.of(days, asked))

    @get("/pending-payments")
    async def payments(
        self, actor: NamedDependency[Actor], limit: FromQuery[str] = "10"
    ) -> Envelope[PendingPaymentsOut]:
        """List payments that wait for a decision, the oldest first."""
        views, total = await admin_queries.waiting_payments(actor, read_limit(limit))
        return success(
            "Pending payments fetched", PendingPaymentsOut(total, [PendingPaymentOut.of(view) for view in views])
        )

    @get("/batch-progress")
    async def batches(
        self, actor: NamedDependency[Actor], limit: FromQuery[str] = "10"
    ) -> Envelope[BatchesProgressOut]:
        """List batches that are being held, and how far they are."""
        views, total = await admin_queries.running_batches(actor, read_limit(limit))
        return success(
            "Batch progress fetched", BatchesProgressOut(total, [BatchProgressOut.of(view) for view in views])
        )

    @get("/teacher-workload")
    async def teachers(
        self, actor: NamedDependency[Actor], period: FromQuery[str] = "week"
    ) -> Envelope[TeacherLoadsOut]:
        """List the busiest teachers; `period` is week or month."""
        asked = Load.of(period)
        views, total = await admin_queries.teacher_loads(actor, asked.days)
        return success(
            "Teacher workload fetched", TeacherLoadsOut(asked, total, [TeacherLoadOut.of(view) for view in views])
        )

    @get("/certificate-stats")
    async def certificates(
        self, actor: NamedDependency[Actor], period: FromQuery[str] = "30d"
    ) -> Envelope[CertificateStatsOut]:
        """Tell how many certificates were issued and checked."""
        asked = Period.of(period)
        view = await admin_queries.certificate_stats(actor, asked.days)
        return success("Certificate stats fetched", CertificateStatsOut.of(view, asked))

    @get("/recent-activities")
    async def activities(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        period: FromQuery[str] = "30d",
        limit: FromQuery[str] = "20",
    ) -> Envelope[ActivitiesOut]:
        """List what people did, the latest first."""
        asked, english = Period.of(period), speaks_english(request)
        views, total = await activity_queries.activities(actor, asked.days, read_limit(limit))
        shown = [ActivityOut.of(view, english=english) for view in views]
        return success("Recent activities fetched", ActivitiesOut(asked, total, shown))


class TeacherDashboard(Controller):
    """What teachers see of themselves."""

    path = "/dashboard/teacher"

    @get(opt={"roles": auth.TEACHER})
    async def fetch(self, actor: NamedDependency[Actor]) -> Envelope[TeacherDashboardOut]:
        """Tell what one teaches, and what comes next."""
        view = await people_queries.teacher(actor)
        return success("Dashboard fetched", TeacherDashboardOut.of(view))


class StudentDashboard(Controller):
    """What students see of themselves."""

    path = "/dashboard/student"

    @get(opt={"roles": auth.STUDENT})
    async def fetch(self, actor: NamedDependency[Actor]) -> Envelope[StudentDashboardOut]:
        """Tell how far one is, and what is due."""
        view = await people_queries.student(actor)
        return success("Dashboard fetched", StudentDashboardOut.of(view))

    @get("/score-progress", opt={"roles": auth.STUDENT, "named_by_query": True})
    async def scores(
        self, actor: NamedDependency[Actor], batch_slug: FromQuery[str] = ""
    ) -> Envelope[ScoreProgressOut]:
        """Tell one's scores in a batch, meeting by meeting."""
        if not batch_slug:
            raise BatchSlugMissing
        view = await people_queries.score_progress(actor, batch_slug)
        return success("Score progress fetched", ScoreProgressOut.of(view))
