"""Files of questions, both ways. Source: contract 2.16, "upload soal", and 5.5; all but the spreadsheet is ours."""

from enum import Enum
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery

from backend.core.actor import Actor
from backend.core.errors import Broken, Invalid
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, speaks_english, success
from backend.dialects.lms.wire.jobs import JobAccepted
from backend.dialects.lms.wire.question_files import ImportReportOut
from backend.dialects.lms.words.question_files import findings
from backend.domain.assessments import exports, imports
from backend.domain.assessments.errors import NotSayable
from backend.domain.assessments.exports import TemplateType
from backend.domain.assessments.formats.detecting import EXTENSIONS
from backend.domain.assessments.formats.findings import Finding, Format
from backend.domain.assessments.imports import Options
from backend.domain.assessments.question_files import ImportMode
from backend.http import shared, sheets

E = TypeVar("E", bound=Enum)
IMPORTED = "Questions imported successfully"
LEFT_OUT, LEFT_OUT_PARTS = "x-left-out", "x-left-out-parts"
_TYPES = {
    Format.XLSX: sheets.CONTENT_TYPE,
    Format.GIFT: "text/plain",
    Format.AIKEN: "text/plain",
    Format.MOODLE_XML: "application/xml; charset=utf-8",
}


class QuestionFiles(Controller):
    """The questions of a quiz as a file."""

    path = "/quizzes/{quiz_id:str}"
    tags = ("quizzes",)

    @post(
        "/import-questions",
        status_code=202,
        request_max_body_size=sheets.body_limit(),
        opt={"roles": auth.STAFF, "no_idempotency": True, "lane": None},
        responses={
            200: ResponseSpec(Envelope[ImportReportOut], generate_examples=False, description="Applied."),
            202: ResponseSpec(Envelope[JobAccepted], generate_examples=False, description="A job reads it."),
        },
    )
    async def take(  # noqa: PLR0913 - query parameters
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        *,
        mode: FromQuery[str] = ImportMode.REPLACE,
        format: FromQuery[str] = "",  # noqa: A002 - the name on the wire
        dry_run: FromQuery[bool] = False,
        skip_unsupported: FromQuery[bool] = False,
        skip_stale: FromQuery[bool] = False,
        preview: FromQuery[str] = "",
    ) -> Response[Envelope[JobAccepted]] | Response[Envelope[ImportReportOut]]:
        """Take questions from a file by a job; `dry_run` only shows them, `preview` (a dry run's job) commits those.

        The form has the file in its field `file`: .xlsx, GIFT, Aiken or Moodle XML, told by its content or by
        `format`. `mode=replace` (as clients promise) takes the place of all questions, `append` puts them behind.
        Nothing is written when anything is wrong; what the engine does not know is refused, too, unless
        `skip_unsupported`.
        """
        quiz = parse_uuid(quiz_id)
        if preview:
            report = await imports.commit_preview(actor, quiz, parse_uuid(preview), skip_stale=skip_stale)
            told = ImportReportOut.of(report, english=speaks_english(request))
            return Response(success(IMPORTED, told), status_code=200)
        options = Options(mode=_one_of(ImportMode, "mode", mode), dry_run=dry_run, skip_unsupported=skip_unsupported)
        wanted = _one_of(Format, "format", format) if format else None
        file = await sheets.receive_any(request, partial(imports.announce_file, actor, quiz, wanted))
        job = await imports.order_import(actor, quiz, file.object_key, file.sha256, options)
        return Response(success(IMPORTED, JobAccepted.of(job.uuid)), status_code=202)

    @get("/import-template", opt={"roles": auth.STAFF})
    async def template(
        self,
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        type: FromQuery[str] = "",  # noqa: A002 - the name on the wire
    ) -> Response[bytes]:
        """Download an empty spreadsheet: `type` is mc, tf, another kind of question, or all; without it the quiz's."""
        quiz = parse_uuid(quiz_id)
        content = await exports.template(actor, quiz, _one_of(TemplateType, "type", type) if type else None)
        return _download(content, f"templat_soal_{type or 'quiz'}.xlsx", sheets.CONTENT_TYPE)

    @get("/export", opt={"roles": auth.STAFF, "lane": None})
    async def export(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        format: FromQuery[str] = Format.XLSX,  # noqa: A002 - the name on the wire
        skip_unsupported: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter
    ) -> Response[bytes]:
        """Download all questions with what is right: `format` is xlsx, gift, aiken or moodle_xml.

        What the format cannot say is refused (422, with what and where), or with `skip_unsupported` left out; then
        the header `X-Left-Out` counts it, and `X-Left-Out-Parts` names it.
        """
        quiz = parse_uuid(quiz_id)
        wanted = _one_of(Format, "format", format)
        try:
            file = await exports.export_questions(actor, quiz, wanted, shared.whole, skip_unsupported=skip_unsupported)
        except NotSayable as unsaid:
            rows = findings(unsaid.data["errors"], english=speaks_english(request))
            raise NotSayable(**{**unsaid.data, "rows": rows}) from None
        return _download(file.content, f"soal_{quiz}.{EXTENSIONS[wanted]}", _TYPES[wanted], file.left_out)


def _download(content: bytes, name: str, content_type: str, left_out: Any = ()) -> Response[bytes]:  # noqa: ANN401 - findings
    headers = {
        "content-disposition": f'attachment; filename="{quote(name)}"',
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    if left_out:
        told = msgspec.convert(left_out, list[Finding])
        headers[LEFT_OUT] = str(sum(one.count for one in told))
        headers[LEFT_OUT_PARTS] = ", ".join(sorted({str(one.part or one.code) for one in told}))
    return Response(content, media_type=content_type, headers=headers)


def _one_of(kind: type[E], field: str, text: str) -> E:
    """One of the words that a query parameter may be. Raises: Invalid."""
    try:
        return kind(text)
    except ValueError:
        raise Invalid(fields={field: Broken("choice", tuple(str(each.value) for each in kind))}) from None
