"""Regrading a quiz whose keys were mended. Ours, not the contract's."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.jobs import JobAccepted
from backend.dialects.lms.wire.regrades import EntryOut, RegradeIn, RegradeOut
from backend.domain.grading import regrade_queries as queries
from backend.domain.grading import regrades


class Regrades(Controller):
    """Results of a quiz made anew, by its mended keys."""

    path = "/quizzes/{quiz_id:str}"

    @post("/regrade", status_code=202, opt={"roles": auth.STAFF})
    async def order(
        self,
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        data: JSONBody[RegradeIn],
        dry_run: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter
        preview: FromQuery[str] = "",
    ) -> Envelope[JobAccepted]:
        """Regrade by a job; `dry_run` only shows who would change, `preview` (a dry run's job) applies exactly that."""
        quiz = parse_uuid(quiz_id)
        if preview:
            job = await regrades.order_preview_applied(actor, quiz, parse_uuid(preview), data.reason)
        elif dry_run:
            job = await regrades.order_preview(actor, quiz, data.policy, data.reason)
        else:
            job = await regrades.order_regrade(actor, quiz, data.policy, data.reason)
        return success("Regrade accepted", JobAccepted.of(job.uuid))

    @get("/regrades", opt={"roles": auth.STAFF})
    async def history(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[RegradeOut]:
        """List the regrades of a quiz, the last one first."""
        paged = await queries.regrades(actor, parse_uuid(quiz_id), listing)
        return success_list("Regrades fetched", [RegradeOut.of(view) for view in paged.items], paged, listing)

    @get("/regrades/{regrade_id:str}", opt={"roles": auth.STAFF})
    async def fetch(
        self, actor: NamedDependency[Actor], quiz_id: FromPath[str], regrade_id: FromPath[str]
    ) -> Envelope[RegradeOut]:
        """Show a regrade, or a preview of one, with what it came to."""
        view = await queries.regrade(actor, parse_uuid(quiz_id), parse_uuid(regrade_id))
        return success("Regrade fetched", RegradeOut.of(view))

    @get("/regrades/{regrade_id:str}/changes", opt={"roles": auth.STAFF})
    async def changes(
        self,
        actor: NamedDependency[Actor],
        quiz_id: FromPath[str],
        regrade_id: FromPath[str],
        listing: NamedDependency[Listing],
    ) -> ListEnvelope[EntryOut]:
        """List each result before and after, the largest change first; `?changed=true` leaves out what stays."""
        paged = await queries.entries(actor, parse_uuid(quiz_id), parse_uuid(regrade_id), listing)
        return success_list("Regrade changes fetched", [EntryOut.of(view) for view in paged.items], paged, listing)
