"""How well the questions of a quiz do: as JSON, as a workbook, as a picture. Ours, not the contract's."""

import asyncio
from functools import partial
from typing import Any, BinaryIO

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from backend.core.actor import Actor
from backend.core.dates import Lang
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, speaks_english, success
from backend.dialects.lms.wire.analyses import AnalysisOut
from backend.dialects.lms.wire.jobs import JobAccepted
from backend.domain.grading import analyses
from backend.domain.grading.analysis_book import write_book
from backend.domain.grading.analysis_chart import draw
from backend.domain.grading.item_analysis import Analysis
from backend.domain.grading.terms import AnalysedAttempts
from backend.http import sheets

SVG = "image/svg+xml"
_PICTURE = {
    "content-disposition": 'inline; filename="analysis.svg"',
    "content-security-policy": "default-src 'none'; sandbox",
    "cache-control": "no-store",
}


def language(request: Request[Any, Any, Any]) -> Lang:
    """The reader's."""
    return "en" if speaks_english(request) else "id"


async def _write(found: Analysis, lang: Lang, target: BinaryIO) -> None:
    await asyncio.to_thread(write_book, target, found, lang)


class Analyses(Controller):
    """The analysis of a quiz: made by a job when it is asked for, and gone (404) once something has changed.

    `attempts` says whose: those that count by the quiz's rule (`counted`), each person's first, or all.
    """

    path = "/quizzes/{quiz_id:str}/analysis"

    @get(opt={"roles": auth.STAFF})
    async def fetch(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        attempts: FromQuery[AnalysedAttempts] = AnalysedAttempts.COUNTED,
    ) -> Envelope[AnalysisOut]:
        """Show the statistics of a quiz, of its questions and their options."""
        found = await analyses.analysis(actor, parse_uuid(quiz_id), attempts)
        return success("Analysis fetched", AnalysisOut.of(found, lang=language(request)))

    @post(status_code=202, opt={"roles": auth.STAFF})
    async def order(
        self,
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        attempts: FromQuery[AnalysedAttempts] = AnalysedAttempts.COUNTED,
    ) -> Envelope[JobAccepted]:
        """Have a quiz analysed by a job."""
        job = await analyses.order_analysis(actor, parse_uuid(quiz_id), attempts)
        return success("Analysis in progress", JobAccepted.of(job.uuid))

    @get("/excel", opt={"roles": auth.STAFF, "lane": None, "sends": (sheets.CONTENT_TYPE,)})
    async def export(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        attempts: FromQuery[AnalysedAttempts] = AnalysedAttempts.COUNTED,
    ) -> Stream:
        """Download the analysis as a workbook."""
        found = await analyses.analysis(actor, parse_uuid(quiz_id), attempts)
        return await sheets.send(f"analisis_{found.quiz_id}.xlsx", partial(_write, found, language(request)))

    @get("/chart", opt={"roles": auth.STAFF, "sends": (SVG,)})
    async def chart(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        attempts: FromQuery[AnalysedAttempts] = AnalysedAttempts.COUNTED,
    ) -> Response[str]:
        """Show the analysis as a picture (SVG): facility against discrimination, and who chose which option."""
        found = await analyses.analysis(actor, parse_uuid(quiz_id), attempts)
        picture = await asyncio.to_thread(draw, found, language(request))
        return Response(picture, media_type=SVG, headers=_PICTURE)
