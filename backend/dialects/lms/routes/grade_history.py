"""The history of grades, and undoing an import. All of it is ours."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.grades import GradeChangeOut
from backend.domain.grading import history_queries, undoing
from backend.domain.grading.undoing import UndoReport

FETCHED = "Grade history fetched"
UNDONE = "Import undone"


class GradeHistory(Controller):
    """What became of grades."""

    tags = ("grades",)

    @get("/assignments/{ref:str}/grades/history", opt={"roles": auth.EVERYONE})
    async def fetch_of_assignment(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[GradeChangeOut]:
        """List the changes of an assignment's grades, the latest first; a student sees their own."""
        paged = await history_queries.grade_changes(actor, parse_uuid(ref), listing)
        return success_list(FETCHED, [GradeChangeOut.of(view) for view in paged.items], paged, listing)

    @get("/submissions/{ref:str}/grade/history", opt={"roles": auth.EVERYONE})
    async def fetch_of_submission(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[GradeChangeOut]:
        """List the changes of one submission's grade, the latest first."""
        paged = await history_queries.grade_changes_of_work(actor, parse_uuid(ref), listing)
        return success_list(FETCHED, [GradeChangeOut.of(view) for view in paged.items], paged, listing)

    @post("/assignments/{ref:str}/grades/imports/{job:str}/undo", status_code=200, opt={"roles": auth.STAFF})
    async def undo(self, actor: NamedDependency[Actor], ref: FromPath[str], job: FromPath[str]) -> Envelope[UndoReport]:
        """Take back an import by its job, as long as nothing newer stands on it."""
        return success(UNDONE, await undoing.undo_import(actor, parse_uuid(ref), parse_uuid(job)))

    @post("/batches/{ref:str}/grades/imports/{job:str}/undo", status_code=200, opt={"roles": auth.STAFF})
    async def undo_of_batch(
        self, actor: NamedDependency[Actor], ref: FromPath[str], job: FromPath[str]
    ) -> Envelope[UndoReport]:
        """Take back an import of a whole batch's sheet."""
        return success(UNDONE, await undoing.undo_batch_import(actor, parse_uuid(ref), parse_uuid(job)))
