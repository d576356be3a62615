"""The people of a batch. Source: contract section 2.6."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from backend.core.actor import Actor
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import ListEnvelope, success_list
from backend.dialects.lms.wire.users import UserOut
from backend.domain.enrolments import attendance_queries as queries


class Students(Controller):
    """Who is in a batch."""

    path = "/batches/{ref:str}/students"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[UserOut]:
        """List who is in a batch by its slug, for admins and those who teach there."""
        paged = await queries.students(actor, ref, listing)
        return success_list("Meetings fetched", [UserOut.of(person) for person in paged.items], paged, listing)
