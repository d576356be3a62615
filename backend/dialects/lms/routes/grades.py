"""Grading by spreadsheet. Source: contract section 2.17 and 5.6; dry runs, previews and `skip_stale` are ours."""

from functools import partial
from typing import Any

from litestar import Controller, Request, Response, get, put
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, speaks_english, success
from backend.dialects.lms.wire.grades import SheetReportOut
from backend.dialects.lms.wire.jobs import JobAccepted
from backend.domain.grading import imports, roster
from backend.http import sheets

IMPORTED = "Grades imported successfully"


class GradeSheets(Controller):
    """The grades of an assignment as a spreadsheet, both ways."""

    tags = ("grades",)

    @get("/assignments/{ref:str}/grades/excel", opt={"roles": auth.STAFF, "lane": None})
    async def export(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Stream:
        """Download the grading sheet: everybody in the batch, with the grades as they stand."""
        assignment = parse_uuid(ref)
        return await sheets.send(f"penilaian_{assignment}.xlsx", partial(roster.write_sheet, actor, assignment))

    @put(
        "/assignments/{ref:str}/grades/import",
        status_code=202,
        request_max_body_size=sheets.body_limit(),
        opt={"roles": auth.STAFF, "no_idempotency": True, "lane": None},
        responses={
            200: ResponseSpec(Envelope[SheetReportOut], generate_examples=False, description="Applied."),
            202: ResponseSpec(Envelope[JobAccepted], generate_examples=False, description="A job reads it."),
        },
    )
    async def take(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        ref: FromPath[str],
        dry_run: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter
        skip_stale: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter
        preview: FromQuery[str] = "",
    ) -> Response[Envelope[JobAccepted]] | Response[Envelope[SheetReportOut]]:
        """Take grades from a sheet by a job; `dry_run` only shows them, `preview` (a dry run's job) commits those.

        The form has the sheet in its field `file`; with `preview` there is no file. `skip_stale` leaves out grades
        that have changed since the sheet or the preview; without it one such grade refuses all.
        """
        if preview:
            report = await imports.commit_preview(actor, parse_uuid(ref), parse_uuid(preview), skip_stale=skip_stale)
            told = SheetReportOut.of(report, english=speaks_english(request))
            return Response(success(IMPORTED, told), status_code=200)
        sheet = await sheets.receive(request, partial(imports.announce_sheet, actor, parse_uuid(ref)))
        job = await imports.order_import(
            actor, parse_uuid(ref), sheet.object_key, sheet.sha256, dry_run=dry_run, skip_stale=skip_stale
        )
        return Response(success(IMPORTED, JobAccepted.of(job.uuid)), status_code=202)
