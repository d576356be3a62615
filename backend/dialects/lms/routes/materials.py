"""Materials of meetings. Source: contract section 2.13."""

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.materials import MaterialIn, MaterialOut, MaterialUpdateIn
from backend.domain.batches import material_commands as materials
from backend.domain.batches import meeting_queries
from backend.domain.enrolments import standing


class Materials(Controller):
    """What there is to read, hear and watch."""

    path = "/materials"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(
        self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]
    ) -> ListEnvelope[MaterialOut]:
        """List all materials."""
        paged = await meeting_queries.materials(listing)
        return success_list("Materials fetched", [MaterialOut.of(one, actor) for one in paged.items], paged, listing)

    @get("/{ref:str}", opt={"roles": auth.EVERYONE, "failure": "Material not found"})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[MaterialOut]:
        """Show a material; students see its content once the meeting is open."""
        material = await standing.readable_material(actor, parse_uuid(ref))
        return success("Material retrieved successfully", MaterialOut.of(material, actor))

    @patch("/{ref:str}", opt={"roles": auth.STAFF})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[MaterialUpdateIn]
    ) -> Envelope[MaterialOut]:
        """Change a material."""
        material = await materials.update_material(actor, parse_uuid(ref), data.changes())
        return success("Material updated successfully", MaterialOut.of(material, actor))

    @delete("/{ref:str}", status_code=200, opt={"roles": auth.STAFF})
    async def remove(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[None]:
        """Take a material away."""
        await materials.delete_material(actor, parse_uuid(ref))
        return success("Material deleted successfully", None)


class MeetingMaterials(Controller):
    """The materials of a meeting."""

    path = "/meetings/{ref:str}/materials"

    @get(opt={"roles": auth.STAFF})
    async def fetch_all(
        self, actor: NamedDependency[Actor], ref: FromPath[str], listing: NamedDependency[Listing]
    ) -> ListEnvelope[MaterialOut]:
        """List the materials of a meeting."""
        paged = await meeting_queries.materials_of(actor, parse_uuid(ref), listing)
        return success_list("Materials fetched", [MaterialOut.of(one, actor) for one in paged.items], paged, listing)

    @post(opt={"roles": auth.STAFF})
    async def create(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[MaterialIn]
    ) -> Envelope[MaterialOut]:
        """Give a meeting a material: an address, or a file that was uploaded before."""
        material = await materials.create_material(actor, parse_uuid(ref), data.new())
        return success("Material created successfully", MaterialOut.of(material, actor))
