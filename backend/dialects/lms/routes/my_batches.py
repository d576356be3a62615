"""One's own batches. Source: contract section 2.10."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from backend.core.actor import Actor, Role
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.batches import BatchOut
from backend.dialects.lms.wire.my_batches import ProgressOut
from backend.domain.enrolments import queries

TAKES_PART = auth.STUDENT | {Role.TEACHER}


class MyBatches(Controller):
    """Where I study or teach."""

    path = "/me/batches"

    @get(opt={"roles": TAKES_PART})
    async def fetch_all(
        self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]
    ) -> ListEnvelope[BatchOut]:
        """List the batches that a student is in, or a teacher teaches."""
        paged = await queries.batches_of(actor, listing)
        return success_list("Batch berhasil diambil", [BatchOut.of(batch) for batch in paged.items], paged, listing)

    @get("/{ref:str}/progress", opt={"roles": auth.STUDENT})
    async def progress(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[ProgressOut]:
        """Tell how far one is in a batch, and what is missing."""
        progress = await queries.progress_of(actor, parse_uuid(ref))
        return success("Progress fetched successfully", ProgressOut.of(progress))
