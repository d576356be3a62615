"""Batches. Source: contract section 2.6; archiving is ours."""

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.batches import BatchIn, BatchOut, BatchUpdateIn, QuotaOut
from backend.domain.batches import commands as batches
from backend.domain.batches import queries
from backend.domain.courses import queries as courses
from backend.domain.enrolments import queries as enrolments


class Batches(Controller):
    """Cohorts of courses."""

    path = "/batches"

    @get(opt={"public": True})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[BatchOut]:
        """List batches; `sort=popular` brings the most wanted first, `archived=true` the archived ones."""
        paged = await queries.batches(listing)
        return success_list("Batches fetched", [BatchOut.of(batch) for batch in paged.items], paged, listing)

    @get("/{ref:str}", opt={"public": True, "failure": "Batch Doesn't Exist"})
    async def fetch(self, ref: FromPath[str]) -> Envelope[BatchOut]:
        """Show a batch by its slug."""
        batch = await queries.batch(ref)
        return success("Batch fetched", BatchOut.of(batch))

    @get("/{ref:str}/quota", opt={"public": True, "failure": "Failed to fetch batch quota"})
    async def quota(self, ref: FromPath[str]) -> Envelope[QuotaOut]:
        """Tell how many seats a batch has, and how many are left."""
        batch = await queries.batch(ref)
        enrolled = await enrolments.count_enrolled(batch.id)
        return success("Batch quota fetched", QuotaOut.of(batch, enrolled))

    @put("/{ref:str}", opt={"roles": auth.ADMIN, "failure": "Failed to update batch"})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[BatchUpdateIn]
    ) -> Envelope[BatchOut]:
        """Change a batch; its slug stays."""
        batch = await batches.update_batch(actor, parse_uuid(ref), data.changes())
        return success("Batch updated successfully", BatchOut.of(batch))

    @delete("/{ref:str}", status_code=200, opt={"roles": auth.ADMIN, "failure": "Failed to delete batch"})
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Remove a batch that nobody has bought, joined or worked in."""
        await batches.delete_batch(actor, parse_uuid(ref))
        return success("Batch deleted successfully", None)

    @post("/{ref:str}/archive", status_code=200, opt={"roles": auth.ADMIN})
    async def archive(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[BatchOut]:
        """Offer a batch no more."""
        batch = await batches.archive_batch(actor, parse_uuid(ref))
        return success("Batch archived successfully", BatchOut.of(batch))

    @delete("/{ref:str}/archive", status_code=200, opt={"roles": auth.ADMIN})
    async def restore(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[BatchOut]:
        """Offer an archived batch again."""
        batch = await batches.restore_batch(actor, parse_uuid(ref))
        return success("Batch restored successfully", BatchOut.of(batch))


class CourseBatches(Controller):
    """The batches of a course."""

    path = "/courses/{ref:str}/batches"

    @get(opt={"public": True})
    async def fetch_all(self, ref: FromPath[str], listing: NamedDependency[Listing]) -> ListEnvelope[BatchOut]:
        """List the batches of a course by its slug."""
        course = await courses.course(ref)
        paged = await queries.batches(listing, course_id=course.id)
        return success_list("Batches fetched", [BatchOut.of(batch) for batch in paged.items], paged, listing)

    @post(opt={"roles": auth.ADMIN, "failure": "Gagal membuat batch"})
    async def create(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[BatchIn]
    ) -> Envelope[BatchOut]:
        """Open a batch of a course."""
        batch = await batches.create_batch(actor, parse_uuid(ref), data.new())
        return success("Sukses membuat batch", BatchOut.of(batch))
