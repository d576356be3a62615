"""API clients. Ours, not the contract's."""

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.api_clients import ApiClientIn, ApiClientOut, SecretOut, UsedClientOut
from backend.domain.clients import commands as clients
from backend.domain.clients import queries

REVEALS = {"roles": auth.ADMIN, "no_idempotency": True}
"""What is kept for a request that is repeated would hold the secret."""


class ApiClients(Controller):
    """Programs that call for a partner."""

    path = "/admin/api-clients"
    tags = ("api clients",)

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(
        self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]
    ) -> ListEnvelope[ApiClientOut]:
        """List clients, revoked ones too."""
        paged = await queries.clients(actor, listing)
        return success_list("API clients fetched", [ApiClientOut.of(view) for view in paged.items], paged, listing)

    @get("/{ref:str}", opt={"roles": auth.ADMIN})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[UsedClientOut]:
        """Show a client with the last hundred lines of its activity log."""
        view = await queries.client(actor, parse_uuid(ref))
        uses = await queries.uses(actor, view.id)
        return success("API client fetched", UsedClientOut.used(view, uses))

    @post(opt=REVEALS)
    async def create(self, actor: NamedDependency[Actor], data: JSONBody[ApiClientIn]) -> Envelope[SecretOut]:
        """Make a client; its secret is shown this once."""
        made = await clients.create_client(actor, data.new())
        return success("API client created successfully", SecretOut.revealed(made))

    @post("/{ref:str}/rotate", status_code=200, opt=REVEALS)
    async def rotate(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[SecretOut]:
        """Give a client another secret, shown this once; the old one and its tokens end at once."""
        made = await clients.rotate_client(actor, parse_uuid(ref))
        return success("API client rotated successfully", SecretOut.revealed(made))

    @delete("/{ref:str}", status_code=200, opt={"roles": auth.ADMIN})
    async def revoke(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[ApiClientOut]:
        """Let a client call no more; it stays in the list."""
        view = await clients.revoke_client(actor, parse_uuid(ref))
        return success("API client revoked successfully", ApiClientOut.of(view))
