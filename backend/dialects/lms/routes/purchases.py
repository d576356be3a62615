"""Purchases, for admins. Source: contract sections 2.6 and 2.9."""

from typing import Any

from litestar import Controller, HttpMethod, Request, Response, get, patch, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from backend.core.actor import Actor
from backend.core.ids import parse_uuid
from backend.core.paging import Listing
from backend.dialects.lms import auth
from backend.dialects.lms.envelope import Envelope, ListEnvelope, success, success_list
from backend.dialects.lms.wire.purchase_stories import PurchaseStoryOut, RefundIn
from backend.dialects.lms.wire.purchases import PurchaseOut, StatusIn
from backend.domain.purchases import commands as purchases
from backend.domain.purchases import queries, receipts
from backend.domain.purchases.receipts import StoredReceipt
from backend.http import shared
from backend.http.media import media_response
from backend.http.ranges import Resource

PLACE = "/api/v1/purchases"


class Purchases(Controller):
    """What was bought, by whom."""

    path = "/purchases"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(self, listing: NamedDependency[Listing]) -> ListEnvelope[PurchaseOut]:
        """List purchases; `q` finds an invoice number, an exact transfer amount, or a part of a name or e-mail."""
        paged = await queries.purchases(listing)
        return success_list("Purchases fetched", [PurchaseOut.of(view) for view in paged.items], paged, listing)

    @get("/{ref:str}", opt={"roles": auth.ADMIN})
    async def fetch(self, actor: NamedDependency[Actor], ref: FromPath[str]) -> Envelope[PurchaseStoryOut]:
        """Show a purchase with its buyer, batch and price, and what has happened to it."""
        story = await queries.story(actor, parse_uuid(ref))
        return success("Purchase fetched", PurchaseStoryOut.told(story, PLACE, names_people=True))

    @patch("/{ref:str}/status", opt={"roles": auth.ADMIN, "failure": "Gagal verifikasi pembayaran"})
    async def decide(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[StatusIn]
    ) -> Envelope[PurchaseOut]:
        """Confirm a payment, reject it, or take a paid one back with a reason."""
        purchase = await purchases.decide_purchase(actor, parse_uuid(ref), data.state, reason=data.reason)
        return success("Pembayaran berhasil diverifikasi", PurchaseOut.of(purchase))

    @post("/{ref:str}/refund", opt={"roles": auth.ADMIN, "failure": "Gagal mencatat pengembalian dana"})
    async def refund(
        self, actor: NamedDependency[Actor], ref: FromPath[str], data: JSONBody[RefundIn]
    ) -> Envelope[PurchaseOut]:
        """Record that a paid purchase's money was given back; the buyer leaves the batch. Ours."""
        purchase = await purchases.refund_purchase(actor, parse_uuid(ref), data.given())
        return success("Pengembalian dana berhasil dicatat", PurchaseOut.of(purchase))

    @route(
        "/{ref:str}/receipt",
        http_method=[HttpMethod.GET, HttpMethod.HEAD],
        opt={"roles": auth.ADMIN, "lane": None},
    )
    async def receipt(
        self, request: Request[Any, Any, Any], actor: NamedDependency[Actor], ref: FromPath[str]
    ) -> Response[None]:
        """Fetch the receipt of a paid purchase as a PDF. Ours."""
        return receipt_file(request, await receipts.receipt(actor, parse_uuid(ref)))


def receipt_file(request: Request[Any, Any, Any], receipt: StoredReceipt) -> Response[None]:
    """The file of a receipt, with ranges and validators."""
    resource = Resource(
        size_bytes=receipt.size_bytes,
        etag=receipt.sha256,
        modified_at=receipt.created_at,
        content_type="application/pdf",
    )
    return media_response(request, resource, shared.opener(receipt.object_key), filename=receipt.filename)


class BatchPurchases(Controller):
    """What was bought of a batch."""

    path = "/batches/{ref:str}/purchases"

    @get(opt={"roles": auth.ADMIN})
    async def fetch_all(self, ref: FromPath[str], listing: NamedDependency[Listing]) -> ListEnvelope[PurchaseOut]:
        """List the purchases of a batch by its slug."""
        paged = await queries.purchases_of_batch(ref, listing)
        return success_list("Purchases fetched", [PurchaseOut.of(view) for view in paged.items], paged, listing)
