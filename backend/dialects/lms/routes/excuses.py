"""Excuses from the gate between meetings. All of it is ours."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.excuses import ExcuseIn, ExcuseOut
from backend.domain.assessments import queries as assessments
from backend.domain.assignments import queries as assignments
from backend.domain.batches import queries as batches
from backend.domain.enrolments import excuse_commands, excuse_queries
from backend.domain.enrolments.excuse_commands import Plea
from backend.domain.enrolments.terms import ActivityKind


async def plea_of(data: ExcuseIn) -> Plea:
    """What is asked for in the domain's terms; the features that own assignments and quizzes know their ids."""
    if data.kind is ActivityKind.ASSIGNMENT:
        item_id = (await assignments.assignment_of(data.item_id)).id
    elif data.kind is ActivityKind.QUIZ:
        item_id = (await assessments.quiz_by_id(data.item_id)).id
    else:
        item_id = (await batches.meeting(data.item_id)).id
    return Plea(person=data.user_id, kind=data.kind, item_id=item_id, reason=data.reason)


class Excuses(Controller):
    """What the gate does not ask one student for."""

    tags = ("attendances",)

    @get("/batches/{ref:str}/excuses", opt={"roles": auth.STAFF})
    async def fetch_all(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[ExcuseOut]:
        """List the excuses of a batch by its slug, those that were taken back too."""
        paged = await excuse_queries.excuses(actor, ref, listing)
        return success_list("Excuses fetched", [ExcuseOut.of(view) for view in paged.items], paged, listing)

    @post("/batches/{ref:str}/excuses", opt={"roles": auth.STAFF})
    async def create(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[ExcuseIn]
    ) -> Envelope[ExcuseOut]:
        """Excuse one student from a meeting, an assignment or a quiz."""
        view = await excuse_commands.excuse_student(actor, parse_uuid(ref), await plea_of(data))
        return success("Student excused", ExcuseOut.of(view))

    @delete("/excuses/{ref:str}", status_code=200, opt={"roles": auth.STAFF})
    async def revoke(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[ExcuseOut]:
        """Take an excuse back."""
        view = await excuse_commands.revoke_excuse(actor, parse_uuid(ref))
        return success("Excuse revoked", ExcuseOut.of(view))
