"""The line for a full batch: joining, leaving, one's own place, and all of it for admins. Ours, not the contract's."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.waitlist import PlaceInLineOut, PlaceOut
from backend.domain.purchases import waiting, waiting_queries


class MyPlace(Controller):
    """My place in the line for a batch."""

    path = "/me/batches/{ref:str}/waitlist"
    tags = ("waitlist",)

    @get(opt={"roles": auth.STUDENT})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[PlaceOut]:
        """See one's place in line, or what became of it."""
        place = await waiting_queries.place(actor, parse_uuid(ref))
        return success("Place on the wait list fetched", PlaceOut.of(place))

    @post(opt={"roles": auth.STUDENT, "failure": "Failed to join the wait list"})
    async def join(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[PlaceOut]:
        """Wait for a seat of a full batch."""
        place = await waiting.join_line(actor, parse_uuid(ref))
        return success("Joined the wait list", PlaceOut.of(place))

    @delete(status_code=200, opt={"roles": auth.STUDENT, "failure": "Failed to leave the wait list"})
    async def leave(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Wait no longer; a seat that was offered goes to the next in line."""
        await waiting.leave_line(actor, parse_uuid(ref))
        return success("Left the wait list", None)


class BatchLine(Controller):
    """The line for a batch."""

    path = "/batches/{ref:str}/waitlist"
    tags = ("waitlist",)

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(self, ref: FromPath[str], listing: NamedDependency[Listing]) -> ListEnvelope[PlaceInLineOut]:
        """List who waits for a batch, by its slug, and who did; the first in line is the first."""
        paged = await waiting_queries.line(ref, listing)
        return success_list(
            "Wait list fetched", [PlaceInLineOut.with_person(view) for view in paged.items], paged, listing
        )
