"""A student's own purchases. Source: contract section 2.10."""

from typing import Any

from litestar import Controller, HttpMethod, Request, Response, get, patch, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.routes.purchases import receipt_file
from backend.dialects.lms.wire.purchase_stories import PurchaseStoryOut
from backend.dialects.lms.wire.purchases import PaymentIn, PurchaseIn, PurchaseOut
from backend.domain.purchases import commands as purchases
from backend.domain.purchases import queries, receipts

PLACE = "/api/v1/me/purchases"


class MyPurchases(Controller):
    """What I bought."""

    path = "/me/purchases"

    @get(opt={"roles": auth.STUDENT})
    async def fetch_all(
        self, actor: NamedDependency[Actor], listing: NamedDependency[Listing]
    ) -> ListEnvelope[PurchaseOut]:
        """List one's own purchases."""
        paged = await queries.purchases_of(actor.person_id, listing)
        return success_list("Purchases fetched", [PurchaseOut.of(view) for view in paged.items], paged, listing)

    @get("/{ref:str}", opt={"roles": auth.STUDENT})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[PurchaseStoryOut]:
        """Show a purchase of one's own, and what has happened to it."""
        story = await queries.story(actor, parse_uuid(ref))
        return success("Purchase fetched", PurchaseStoryOut.told(story, PLACE, names_people=False))

    @route(
        "/{ref:str}/receipt",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        opt={"roles": auth.STUDENT, "lane": None},
    )
    async def receipt(
        self, request: Request[Any, Any, Any], actor: NamedDependency[Actor], ref: FromPath[str]
    ) -> Response[None]:
        """Fetch the receipt of a purchase of one's own as a PDF. Ours."""
        return receipt_file(request, await receipts.receipt(actor, parse_uuid(ref)))

    @post(opt={"roles": auth.STUDENT, "failure": "Failed to create purchase"})
    async def create(self, actor: NamedDependency[Actor], data: JSONBody[PurchaseIn]) -> Envelope[PurchaseOut]:
        """Reserve a seat and an amount to transfer, for 24 hours."""
        purchase = await purchases.create_purchase(actor, data.batch_id)
        return success("Purchase created successfully", PurchaseOut.of(purchase))

    @patch("/{ref:str}/pay", opt={"roles": auth.STUDENT, "failure": "Failed to upload payment proof"})
    async def pay(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[PaymentIn]
    ) -> Envelope[PurchaseOut]:
        """Hand in the proof of a transfer."""
        purchase = await purchases.pay_purchase(actor, parse_uuid(ref), data.payment_proof_url, data.payer())
        return success("Payment proof uploaded successfully", PurchaseOut.of(purchase))

    @patch("/{ref:str}/cancel", opt={"roles": auth.STUDENT, "failure": "Gagal membatalkan pembelian"})
    async def cancel(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[PurchaseOut]:
        """Give up an open purchase."""
        purchase = await purchases.cancel_purchase(actor, parse_uuid(ref))
        return success("Pembelian berhasil dibatalkan", PurchaseOut.of(purchase))
