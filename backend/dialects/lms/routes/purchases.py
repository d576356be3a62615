"""Purchases, for admins. Source: contract sections 2.6 and 2.9."""

from litestar import Controller, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.purchases import PurchaseOut, StatusIn
from backend.domain.purchases import commands as purchases
from backend.domain.purchases import queries


class Purchases(Controller):
    """What was bought, by whom."""

    path = "/purchases"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[PurchaseOut]:
        """List purchases; `q` finds an invoice number, an exact transfer amount, or a part of a name or e-mail."""
        paged = await queries.purchases(listing)
        return success_list("Purchases fetched", [PurchaseOut.of(view) for view in paged.items], paged, listing)

    @get("/{ref:str}", opt={"roles": auth.ADMIN})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[PurchaseOut]:
        """Show a purchase with its buyer, batch and price."""
        purchase = await queries.purchase(actor, parse_uuid(ref))
        return success("Purchase fetched", PurchaseOut.of(purchase))

    @patch("/{ref:str}/status", opt={"roles": auth.ADMIN, "failure": "Gagal verifikasi pembayaran"})
    async def decide(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[StatusIn]
    ) -> Envelope[PurchaseOut]:
        """Confirm a payment, reject it, or take a paid one back with a reason."""
        purchase = await purchases.decide_purchase(actor, parse_uuid(ref), data.state, reason=data.reason)
        return success("Pembayaran berhasil diverifikasi", PurchaseOut.of(purchase))


class BatchPurchases(Controller):
    """What was bought of a batch."""

    path = "/batches/{ref:str}/purchases"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(self, ref: FromPath[str], listing: NamedDependency[Listing]) -> ListEnvelope[PurchaseOut]:
        """List the purchases of a batch by its slug."""
        paged = await queries.purchases_of_batch(ref, listing)
        return success_list("Purchases fetched", [PurchaseOut.of(view) for view in paged.items], paged, listing)
