"""Groups and what they pay. Source: contract section 2.7; setting names and prices is ours."""

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.groups import GroupIn, GroupOut, GroupUpdateIn, group_ref
from backend.domain.purchases import price_commands as purchases
from backend.domain.purchases import queries


class Groups(Controller):
    """Who pays what."""

    path = "/groups"

    @get(opt={"public": True})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[GroupOut]:
        """List groups, the cheapest first."""
        paged = await queries.price_groups(listing)
        return success_list("Groups fetched", [GroupOut.of(group) for group in paged.items], paged, listing)

    @get("/{ref:str}", opt={"public": True})
    async def fetch(self, ref: FromPath[str]) -> Envelope[GroupOut]:
        """Show a group."""
        group = await queries.price_group(group_ref(ref))
        return success("Group fetched successfully", GroupOut.of(group))

    @post(opt={"roles": auth.ADMIN})
    async def create(self, actor: NamedDependency[Actor], data: JSONBody[GroupIn]) -> Envelope[GroupOut]:
        """Set the name and the price of a group that has none."""
        group = await purchases.create_price_group(actor, data.group_type.group, name=data.name, price=data.price)
        return success("Group created successfully", GroupOut.of(group))

    @put("/{ref:str}", opt={"roles": auth.ADMIN})
    async def update(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[GroupUpdateIn]
    ) -> Envelope[GroupOut]:
        """Change the name or the price of a group; purchases made before keep their price."""
        group = await purchases.change_price_group(actor, group_ref(ref), name=data.name, price=data.price)
        return success("Group updated successfully", GroupOut.of(group))
