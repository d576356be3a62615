"""The bank's mutations, held against open purchases. Ours, not the contract's."""

from functools import partial
from typing import Any

from litestar import Controller, Request, Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromQuery

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, speaks_english, success
from backend.dialects.lms.wire.jobs import JobAccepted
from backend.dialects.lms.wire.statements import report_out
from backend.domain.purchases import statements
from backend.http import sheets


class BankStatements(Controller):
    """A CSV of mutations, looked at first, and confirmed as it was shown."""

    tags = ("purchases",)

    @post(
        "/purchases/bank-statement",
        status_code=202,
        request_max_body_size=sheets.body_limit(),
        opt={"roles": auth.ADMIN, "no_idempotency": True, "lane": None},
        responses={
            200: ResponseSpec(Envelope[dict[str, Any]], generate_examples=False, description="Confirmed."),
            202: ResponseSpec(Envelope[JobAccepted], generate_examples=False, description="A job reads it."),
        },
    )
    async def take_statement(
        self,
        request: Request[Any, Any, Any],
        actor: NamedDependency[Actor],
        skip_stale: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter
        preview: FromQuery[str] = "",
    ) -> Response[Envelope[JobAccepted]] | Response[Envelope[dict[str, Any]]]:
        """Look at a statement by a job, which confirms nothing; `preview` (that job) confirms exactly what it showed.

        The form has the CSV in its field `file`; with `preview` there is no file. `skip_stale` leaves out purchases
        that have changed since the preview; without it one such purchase refuses all.
        """
        if preview:
            report = await statements.commit_preview(actor, parse_uuid(preview), skip_stale=skip_stale)
            told = report_out(report, english=speaks_english(request))
            return Response(success("Bank statement confirmed", told), status_code=200)
        stored = await sheets.receive(request, partial(statements.announce_statement, actor), is_text=True)
        job = await statements.order_matching(actor, stored.object_key, stored.sha256)
        return Response(success("Bank statement is being matched", JobAccepted.of(job.uuid)), status_code=202)
