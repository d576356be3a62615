"""Grading by spreadsheet. Source: contract section 2.17 and 5.6; dry runs, previews and `skip_stale` are ours."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
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
from backend.domain.grading import gradebook_export, imports, roster, target_queries
from backend.domain.grading.gradebook_export import Format
from backend.domain.grading.imports import How
from backend.domain.grading.target_queries import Target
from backend.http import sheets

IMPORTED = "Grades imported successfully"


class Asked(msgspec.Struct, frozen=True):
    """What the query of an import says: how, or with which preview."""

    how: How
    preview: str


async def answer(
    request: Request[Any, Any, Any], actor: Actor, target: Target, announce: Callable[[], Awaitable[str]], asked: Asked
) -> Response[Envelope[JobAccepted]] | Response[Envelope[SheetReportOut]]:
    """Commit a preview, or have the sheet of the form's field `file` taken by a job."""
    if asked.preview:
        job = parse_uuid(asked.preview)
        report = await imports.commit_preview(actor, target, job, skip_stale=asked.how.skip_stale)
        told = SheetReportOut.of(report, english=speaks_english(request))
        return Response(success(IMPORTED, told), status_code=200)
    sheet = await sheets.receive(request, announce)
    queued = await imports.order_import(actor, target, sheet.object_key, sheet.sha256, asked.how)
    return Response(success(IMPORTED, JobAccepted.of(queued.uuid)), status_code=202)


_ANSWERS = {
    200: ResponseSpec(Envelope[SheetReportOut], generate_examples=False, description="Applied."),
    202: ResponseSpec(Envelope[JobAccepted], generate_examples=False, description="A job reads it."),
}


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
        responses=_ANSWERS,
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
        assignment = parse_uuid(ref)
        take = partial(imports.announce_sheet, actor, assignment=assignment)
        asked = Asked(how=How(dry_run=dry_run, skip_stale=skip_stale), preview=preview)
        return await answer(request, actor, await target_queries.target(actor, assignment=assignment), take, asked)


class BatchGradeSheets(Controller):
    """The grades of all assignments of a batch as one spreadsheet, both ways. Ours."""

    tags = ("grades",)

    @get("/batches/{ref:str}/grades/excel", opt={"roles": auth.STAFF, "lane": None})
    async def export(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Stream:
        """Download the grading sheet of a batch by its slug: a column for each assignment."""
        return await sheets.send(f"penilaian_{ref[:100]}.xlsx", partial(roster.write_wide_sheet, actor, ref))

    @put(
        "/batches/{ref:str}/grades/import",
        status_code=202,
        request_max_body_size=sheets.body_limit(),
        opt={"roles": auth.STAFF, "no_idempotency": True, "lane": None},
        responses=_ANSWERS,
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
        """Take grades from a batch's sheet, as those of one assignment are taken: all of them or none."""
        batch = parse_uuid(ref)
        take = partial(imports.announce_sheet, actor, batch=batch)
        asked = Asked(how=How(dry_run=dry_run, skip_stale=skip_stale), preview=preview)
        return await answer(request, actor, await target_queries.target(actor, batch=batch), take, asked)


class Gradebook(Controller):
    """Everybody in a batch with all they have. Ours."""

    tags = ("grades",)

    @get("/batches/{ref:str}/gradebook", opt={"roles": auth.STAFF, "lane": None})
    async def export(
        self,
        actor: NamedDependency[Actor],
        ref: FromPath[str],
        format: FromQuery[Format] = Format.XLSX,  # noqa: A002 - a query parameter
    ) -> Stream:
        """Download the gradebook of a batch by its slug, as XLSX or CSV."""
        write = partial(gradebook_export.write_gradebook, actor, ref, format)
        kind = sheets.CSV_TYPE if format is Format.CSV else sheets.CONTENT_TYPE
        return await sheets.send(f"nilai_{ref[:100]}.{format}", write, kind)
